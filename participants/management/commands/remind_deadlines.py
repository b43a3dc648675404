from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from participants.reminding import remind


class Command(BaseCommand):
    help = "Kirim pengingat batas beli yang sudah waktunya; aman diulang."

    def handle(self, *args: Any, **options: Any) -> None:
        reminded = sum(remind(at=timezone.now()))
        self.stdout.write(f"{reminded} orang diingatkan.")
