"""Names are searched by how they begin, in any case: UPPER(full_name) LIKE 'SARI%'."""

from typing import Any

from django.db import migrations, models
from django.db.models.functions import Upper

INDEX = models.Index(Upper("full_name"), name="user_full_name_prefix")


def add_index(apps: Any, schema_editor: Any) -> None:
    User = apps.get_model("participants", "User")
    if schema_editor.connection.vendor != "postgresql":
        schema_editor.add_index(User, INDEX)
        return
    # Django's OpClass would say this in the model, but can't be created on SQLite.
    schema_editor.execute(
        "CREATE INDEX user_full_name_prefix"
        " ON participants_user (UPPER(full_name) varchar_pattern_ops)"
    )


def remove_index(apps: Any, schema_editor: Any) -> None:
    schema_editor.remove_index(apps.get_model("participants", "User"), INDEX)


class Migration(migrations.Migration):
    dependencies = [("participants", "0005_staff_groups")]

    operations = [
        migrations.RemoveIndex(model_name="user", name="user_full_name_prefix"),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(add_index, remove_index)],
            state_operations=[migrations.AddIndex(model_name="user", index=INDEX)],
        ),
    ]
