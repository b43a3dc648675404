from typing import Any

from django.core.management.base import BaseCommand, CommandError

from trainings.reconciling import differences


class Command(BaseCommand):
    help = "Bandingkan saldo, mutasi, dan pembelian semua peserta; gagal kalau berbeda."

    def handle(self, *args: Any, **options: Any) -> None:
        found = differences()
        for difference in found:
            people = ", ".join(map(str, difference.participants))
            more = ", …" if difference.count > len(difference.participants) else ""
            self.stdout.write(
                f"{difference.rule}: {difference.count}. Peserta {people}{more}"
            )
        if found:
            raise CommandError("Ada yang tidak cocok.")
        self.stdout.write("Saldo, mutasi, dan pembelian semua peserta cocok.")
