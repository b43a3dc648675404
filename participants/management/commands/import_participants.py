"""Import people who passed from a CSV: the same act as in the admin, from a shell."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from participants import importing
from participants.models import User
from prakerja.refusal import Refusal


class Command(BaseCommand):
    help = "Periksa berkas CSV peserta yang lolos; dengan --apply, masukkan."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--apply", action="store_true", help="masukkan orangnya")
        parser.add_argument(
            "--by", help="e-mail petugas yang dicatat; wajib untuk --apply"
        )
        parser.add_argument(
            "--good-rows-only", action="store_true", help="lewati baris yang salah"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            sha256 = importing.sha256_of(path)
            report = importing.check(path, at=timezone.now(), on_problem=self._tell)
            self._count("Pemeriksaan", report)
            if options["apply"]:
                self._refuse(report, good_rows_only=options["good_rows_only"])
                report = importing.apply(
                    path,
                    sha256=sha256,
                    by=self._staff(options["by"]),
                    at=timezone.now(),
                    on_problem=lambda _: None,
                    good_rows_only=options["good_rows_only"],
                )
                self._count("Diterapkan", report)
        except OSError as error:
            raise CommandError(
                f"Berkas tidak bisa dibaca: {error.strerror}."
            ) from error
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal

    def _refuse(self, report: importing.Report, *, good_rows_only: bool) -> None:
        if report.refusals:
            raise CommandError(" ".join(report.refusals))
        if report.bad and not good_rows_only:
            raise CommandError("Ada baris yang salah: perbaiki, atau --good-rows-only.")

    def _staff(self, email: str | None) -> User:
        user = User.objects.filter(email=email or "", is_staff=True).first()
        if user is None:
            raise CommandError("--by harus e-mail petugas.")
        return user

    def _tell(self, problem: importing.Problem) -> None:
        self.stdout.write(f"baris {problem.line} {problem.column}: {problem.reason}")

    def _count(self, heading: str, report: importing.Report) -> None:
        self.stdout.write(
            f"{heading}: {report.new.total()} baru, {report.unchanged} sudah ada, "
            f"{report.bad} baris salah."
        )
        for refusal in report.refusals:
            self.stdout.write(refusal)
