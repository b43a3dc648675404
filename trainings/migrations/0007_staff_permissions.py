"""What both groups of staff see and do about money, purchases and jobs."""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations

VIEW = {
    "participants": ["balanceentry", "notice", "reinstatement"],
    "trainings": ["order", "purchase", "staffstep", "certificate", "review"],
    "jobs": ["job", "joberror"],
}
DO = {
    "Petugas": {
        "participants": ["fund_wave", "revoke_overdue"],
        "trainings": ["change_purchase", "refund_purchase", "hide_review"],
    },
    # A revocation is taken back by somebody else than who revokes.
    "Pemeriksa": {"participants": ["reinstate"]},
}


def allow(apps: Any, schema_editor: Any) -> None:
    # Permissions are made after the last migration, too late for a group to hold them.
    for label in VIEW:
        app = apps.get_app_config(label)
        app.models_module = True
        create_permissions(
            app, apps=apps, using=schema_editor.connection.alias, verbosity=0
        )
        app.models_module = None
    for group in apps.get_model("auth", "Group").objects.filter(name__in=DO):
        group.permissions.add(*_permissions(apps, group.name))


def forbid(apps: Any, schema_editor: Any) -> None:
    for group in apps.get_model("auth", "Group").objects.filter(name__in=DO):
        group.permissions.remove(*_permissions(apps, group.name))


def _permissions(apps: Any, group: str) -> list[Any]:
    permissions = apps.get_model("auth", "Permission").objects
    return [
        permissions.get(content_type__app_label=label, codename=codename)
        for label, models in VIEW.items()
        for codename in [
            *(f"view_{model}" for model in models),
            *DO[group].get(label, []),
        ]
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("trainings", "0006_partners_api"),
        ("participants", "0014_money_permissions"),
        ("jobs", "0001_initial"),
    ]

    operations = [migrations.RunPython(allow, forbid)]
