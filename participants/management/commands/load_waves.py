"""Load waves and their dates from a file: by default the real ones of 2021."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from participants.models import Wave
from participants.waves_file import Loaded, WavesFileRefused, load_waves, read_waves


class Command(BaseCommand):
    help = "Muat gelombang dan tanggalnya dari berkas CSV; aman diulang."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "path",
            nargs="?",
            type=Path,
            default=settings.BASE_DIR / "data" / "waves-2021.csv",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["path"]
        try:
            loaded = load_waves(read_waves(path), at=timezone.now())
        except OSError as error:
            raise CommandError(
                f"{path} tidak bisa dibaca: {error.strerror}."
            ) from error
        except WavesFileRefused as refused:
            raise CommandError(
                f"{path.name} ditolak, tidak ada yang diubah.\n{refused}"
            ) from refused
        if not options["verbosity"]:
            return
        for line in loaded:
            self.stdout.write(f"{line.wave!s:<14}{outcome(line)}")
        new = sum(line.is_new for line in loaded)
        changed = sum(bool(line.changed) for line in loaded) - new
        if not new + changed:
            self.stdout.write("Tidak ada yang berubah.")
            return
        same = len(loaded) - new - changed
        self.stdout.write(f"{new} baru, {changed} diperbarui, {same} tetap.")


def outcome(line: Loaded) -> str:
    if line.is_new:
        return "baru"
    if not line.changed:
        return "tetap"
    fields = {field.name: field for field in Wave._meta.fields}
    names = [str(fields[name].verbose_name) for name in line.changed]
    moved = f"; {line.moved} peserta ikut pindah" if line.moved else ""
    return f"diperbarui: {', '.join(names)}{moved}"
