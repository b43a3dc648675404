"""Make the table of the database cache, so that `migrate` is all a new site needs."""

from typing import Any

from django.core.management import call_command
from django.db import migrations


def create_cache_table(apps: Any, schema_editor: Any) -> None:
    """Do nothing where CACHE_URL names another cache, or where the table exists."""
    call_command(
        "createcachetable", database=schema_editor.connection.alias, verbosity=0
    )


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [
        migrations.RunPython(create_cache_table, migrations.RunPython.noop),
    ]
