"""Both groups see what partners are told and warned of; Pemeriksa make their secrets."""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations

BOTH = [
    "view_platformsecret",
    "view_outgoingevent",
    "view_platformwarning",
    "resend_event",
]
GROUPS = {
    "Petugas": BOTH,
    "Pemeriksa": [*BOTH, "add_platformsecret", "change_platformsecret"],
}


def allow(apps: Any, schema_editor: Any) -> None:
    # Permissions are made after the last migration, too late for a group to hold them.
    trainings = apps.get_app_config("trainings")
    trainings.models_module = True
    create_permissions(
        trainings, apps=apps, using=schema_editor.connection.alias, verbosity=0
    )
    trainings.models_module = None
    for group in apps.get_model("auth", "Group").objects.filter(name__in=GROUPS):
        group.permissions.add(*_permissions(apps, group.name))


def forbid(apps: Any, schema_editor: Any) -> None:
    for group in apps.get_model("auth", "Group").objects.filter(name__in=GROUPS):
        group.permissions.remove(*_permissions(apps, group.name))


def _permissions(apps: Any, group: str) -> Any:
    return apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="trainings", codename__in=GROUPS[group]
    )


class Migration(migrations.Migration):
    dependencies = [("trainings", "0009_catalogue_standing")]

    operations = [migrations.RunPython(allow, forbid)]
