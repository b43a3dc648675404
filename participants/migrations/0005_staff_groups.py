"""The two groups that staff work in: Petugas, and Pemeriksa who may see more."""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations

PETUGAS = [
    "view_wave",
    "add_wave",
    "change_wave",
    "view_user",
    "view_applicant",
    "view_application",
    "view_participant",
    "import_participants",
    "view_onboardingvideo",
    "view_videoviewing",
    "change_videoviewing",
]
GROUPS = {
    "Petugas": PETUGAS,
    "Pemeriksa": [
        *PETUGAS,
        "view_card_number",
        "view_identity_numbers",
        "view_cardnumberdisclosure",
    ],
}


def add_groups(apps: Any, schema_editor: Any) -> None:
    # Permissions are made after the last migration, too late for a group to hold them.
    participants = apps.get_app_config("participants")
    participants.models_module = True
    create_permissions(
        participants, apps=apps, using=schema_editor.connection.alias, verbosity=0
    )
    participants.models_module = None
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    for name, codenames in GROUPS.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.add(
            *Permission.objects.filter(
                content_type__app_label="participants", codename__in=codenames
            )
        )


def remove_groups(apps: Any, schema_editor: Any) -> None:
    apps.get_model("auth", "Group").objects.filter(name__in=GROUPS).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0004_staff_permissions"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(add_groups, remove_groups)]
