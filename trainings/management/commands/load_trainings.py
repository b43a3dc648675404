"""Load the catalogue from a file: by default the invented one of the demo."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from participants.importing.csv_rows import FileRefused
from trainings.catalogue_import import Plan, enter, plan


class Command(BaseCommand):
    help = "Muat pelatihan dari berkas CSV; aman diulang. H-30 dan H+30 ialah hari."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "path",
            nargs="?",
            type=Path,
            default=settings.BASE_DIR / "data" / "trainings-demo.csv",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["path"]
        try:
            done = _load(path)
        except OSError as error:
            raise CommandError(
                f"{path} tidak bisa dibaca: {error.strerror}."
            ) from error
        except FileRefused as refusal:
            raise CommandError(f"{path.name} ditolak. {refusal.message}") from refusal
        if options["verbosity"]:
            self.stdout.write(
                f"{len(done.new)} baru, {len(done.changed)} diperbarui, "
                f"{done.unchanged} tetap."
            )


@transaction.atomic
def _load(path: Path) -> Plan:
    now = timezone.now()
    planned = plan(path, relative_to=timezone.localdate(now))
    if planned.problems:
        reasons = "\n".join(
            f"Baris {problem.line}: {problem.column}: {problem.reason}"
            for problem in planned.problems
        )
        raise CommandError(f"{path.name} ditolak, tidak ada yang diubah.\n{reasons}")
    enter(planned, by=None, at=now, reason=f"Dimuat dari {path.name}"[:100])
    return planned
