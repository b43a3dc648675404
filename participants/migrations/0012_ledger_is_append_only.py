"""The database itself refuses to change or delete a row of the ledger.

SQLite forgets a table's triggers when Django makes the table anew to alter it, so a
later migration that alters ``balanceentry`` has to make them again; a test looks.
"""

from typing import Any

from django.db import migrations

SQLITE = {
    "ledger_refuses_update": "UPDATE",
    "ledger_refuses_delete": "DELETE",
}
SQLITE_TRIGGER = """
CREATE TRIGGER {name} BEFORE {act} ON participants_balanceentry
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
"""
POSTGRESQL = """
CREATE FUNCTION participants_ledger_is_append_only() RETURNS trigger
LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'the ledger is append-only'
    USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER ledger_refuses_change
BEFORE UPDATE OR DELETE ON participants_balanceentry
FOR EACH ROW EXECUTE FUNCTION participants_ledger_is_append_only();
CREATE TRIGGER ledger_refuses_truncate
BEFORE TRUNCATE ON participants_balanceentry
FOR EACH STATEMENT EXECUTE FUNCTION participants_ledger_is_append_only();
"""
POSTGRESQL_BACK = """
DROP TRIGGER ledger_refuses_change ON participants_balanceentry;
DROP TRIGGER ledger_refuses_truncate ON participants_balanceentry;
DROP FUNCTION participants_ledger_is_append_only();
"""


def add_triggers(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL, params=None)
        return
    for name, act in SQLITE.items():
        schema_editor.execute(SQLITE_TRIGGER.format(name=name, act=act))


def remove_triggers(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL_BACK, params=None)
        return
    for name in SQLITE:
        schema_editor.execute(f"DROP TRIGGER {name}")


class Migration(migrations.Migration):
    dependencies = [("participants", "0011_one_time_codes")]

    operations = [migrations.RunPython(add_triggers, remove_triggers)]
