from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from prakerja.demo import load_demo
from prakerja.refusal import Refusal


class Command(BaseCommand):
    help = "Muat data peragaan: gelombang nyata, orang rekaan, dan akun untuk masuk."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            is_new = load_demo(at=timezone.now())
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(
            "Data peragaan dimuat." if is_new else "Data peragaan sudah ada."
        )
