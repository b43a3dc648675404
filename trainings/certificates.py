"""A certificate to look at, to print, and to check: its QR code and its PDF."""

import io
from dataclasses import dataclass

import segno
from django.utils import timezone
from django.utils.formats import date_format
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from trainings.models import Certificate

QUIET_ZONE = 4  # modules of white around a QR code: ISO/IEC 18004
NAVY, BLUE, INK, GREY = map(HexColor, ("#08295a", "#1160c2", "#13202f", "#4b5b6d"))


@dataclass(frozen=True)
class QrCode:
    """A QR code as squares of 1, for a picture ``size`` wide and high."""

    size: int
    rows: list[list[tuple[int, int]]]  # per row its runs of dark: left, length

    @property
    def path(self) -> str:
        """Return the dark parts as the ``d`` of an SVG path."""
        return "".join(
            f"M{left} {top}h{length}v1h-{length}z"
            for top, runs in enumerate(self.rows)
            for left, length in runs
        )


def qr_code(address: str) -> QrCode:
    """Return the QR code of an address."""
    matrix = list(segno.make_qr(address).matrix_iter(border=QUIET_ZONE))
    return QrCode(size=len(matrix), rows=[_runs(list(row)) for row in matrix])


def _runs(row: list[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for left, is_dark in enumerate(row):
        if not is_dark:
            continue
        if runs and sum(runs[-1]) == left:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((left, 1))
    return runs


def pdf(certificate: Certificate, *, address: str) -> bytes:
    """Return the certificate as one A4 page; the same certificate, the same bytes."""
    written = io.BytesIO()
    width, height = landscape(A4)
    canvas = Canvas(written, pagesize=(width, height), invariant=1, lang="id")
    canvas.setTitle(f"Sertifikat {certificate.number}")
    canvas.setAuthor("Kartu Prakerja")
    canvas.setCreator("Kartu Prakerja")
    canvas.setSubject(f"Sertifikat pelatihan {certificate.purchase.training}")
    # reportlab gives the moment in parts, which here are those of an invariant file.
    issued_at = timezone.localtime(certificate.issued_at)
    canvas.setDateFormatter(lambda *_: f"D:{issued_at:%Y%m%d%H%M%S}+07'00'")
    _frame(canvas, width, height)
    _words(canvas, certificate, width)
    _check(canvas, certificate, address, width)
    canvas.save()
    return written.getvalue()


def _frame(canvas: Canvas, width: float, height: float) -> None:
    canvas.setFillColor(NAVY)
    canvas.rect(0, height - 12 * mm, width, 12 * mm, stroke=0, fill=1)
    canvas.setFillColor(HexColor("#ffffff"))
    canvas.setFont("Helvetica-Bold", 12)
    canvas.drawString(22 * mm, height - 7.5 * mm, "Kartu Prakerja")
    canvas.setStrokeColor(BLUE)
    canvas.setLineWidth(1)
    canvas.rect(9 * mm, 9 * mm, width - 18 * mm, height - 28 * mm)
    canvas.setFillColor(BLUE)
    for left, tall in ((0, 6), (7, 12), (14, 18)):
        canvas.rect((22 + left) * mm, 168 * mm, 5 * mm, tall * mm, stroke=0, fill=1)


def _words(canvas: Canvas, certificate: Certificate, width: float) -> None:
    training = certificate.purchase.training
    issued = date_format(timezone.localdate(certificate.issued_at))
    room = width - 60 * mm
    for text, font, size, height, color in (
        ("SERTIFIKAT", "Helvetica-Bold", 34, 160, NAVY),
        (f"Nomor {certificate.number}", "Helvetica", 12, 151, GREY),
        ("diberikan kepada", "Helvetica", 13, 134, GREY),
        (certificate.holder_name, "Helvetica-Bold", 30, 119, INK),
        ("yang telah menyelesaikan pelatihan", "Helvetica", 13, 104, GREY),
        (training.title, "Helvetica-Bold", 20, 92, INK),
        (f"{training.hours} jam · {training.provider}", "Helvetica", 13, 82, INK),
        (f"Terbit {issued}", "Helvetica", 12, 70, GREY),
    ):
        # One line each, smaller if it would not fit.
        fitting = min(size, size * room / stringWidth(text, font, size))
        canvas.setFont(font, fitting)
        canvas.setFillColor(color)
        canvas.drawCentredString(width / 2, height * mm, text)


def _check(
    canvas: Canvas, certificate: Certificate, address: str, width: float
) -> None:
    qr = qr_code(address)
    side, left, bottom = 34 * mm, 20 * mm, 17 * mm
    module = side / qr.size
    canvas.setFillColor(HexColor("#000000"))
    for row, runs in enumerate(qr.rows):
        for run_left, length in runs:
            canvas.rect(
                left + run_left * module,
                bottom + side - (row + 1) * module,
                length * module,
                module,
                stroke=0,
                fill=1,
            )
    text = canvas.beginText(left + side + 6 * mm, bottom + 22 * mm)
    for words, font, size, color in (
        ("Periksa keasliannya", "Helvetica-Bold", 12, INK),
        ("Pindai kode di samping, atau buka alamat ini:", "Helvetica", 11, GREY),
        (address, "Courier", 11, INK),
        (f"Kode pemeriksaan: {certificate.check_code}", "Helvetica", 11, GREY),
    ):
        text.setFont(font, size, leading=size * 1.5)
        text.setFillColor(color)
        text.textLine(words)
    canvas.drawText(text)
