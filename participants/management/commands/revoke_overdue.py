from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from participants.revoking import overdue_by_wave, revoke_next


class Command(BaseCommand):
    help = "Hitung yang lewat batas beli per gelombang; dengan --apply, cabut mereka."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--apply", action="store_true", help="cabut mereka")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        counts = overdue_by_wave(at=now)
        for row in counts:
            self.stdout.write(
                f"Gelombang {row.number}: {row.people} orang lewat batas beli, "
                f"{row.never_funded} di antaranya belum pernah mendapat saldo."
            )
        if not counts:
            self.stdout.write("Tidak ada yang lewat batas beli.")
        elif options["apply"]:
            self._revoke()
        else:
            self.stdout.write("Belum ada yang dicabut. Untuk mencabut: --apply")

    def _revoke(self) -> None:
        after = revoked = 0
        while chunk := revoke_next(after=after, at=timezone.now()):
            after = chunk[-1]
            revoked += len(chunk)
        self.stdout.write(f"{revoked} orang dicabut.")
