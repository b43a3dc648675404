"""Staff of both groups keep the catalogue; platforms are partners under contract."""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations

MODELS = ["platform", "provider", "training"]
CODENAMES = [
    *(f"view_{model}" for model in MODELS),
    "add_provider",
    "change_provider",
    "add_training",
    "change_training",
]
GROUPS = ["Petugas", "Pemeriksa"]


def allow(apps: Any, schema_editor: Any) -> None:
    # Permissions are made after the last migration, too late for a group to hold them.
    trainings = apps.get_app_config("trainings")
    trainings.models_module = True
    create_permissions(
        trainings, apps=apps, using=schema_editor.connection.alias, verbosity=0
    )
    trainings.models_module = None
    for group in apps.get_model("auth", "Group").objects.filter(name__in=GROUPS):
        group.permissions.add(*_permissions(apps))


def forbid(apps: Any, schema_editor: Any) -> None:
    for group in apps.get_model("auth", "Group").objects.filter(name__in=GROUPS):
        group.permissions.remove(*_permissions(apps))


def _permissions(apps: Any) -> Any:
    return apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="trainings", codename__in=CODENAMES
    )


class Migration(migrations.Migration):
    dependencies = [
        ("trainings", "0004_platforms_of_2021"),
        ("participants", "0005_staff_groups"),
    ]

    operations = [migrations.RunPython(allow, forbid)]
