"""Files of the catalogue, as staff would upload them."""

from pathlib import Path

from trainings.catalogue_file import NAMES

LINE = {
    "code": "RKD-001",
    "title": "Excel untuk Administrasi",
    "summary": "Mengolah data kantor dari lembar kosong.",
    "outcomes": "Memakai rumus | Membuat grafik",
    "category": "office",
    "mode": "online",
    "hours": "15",
    "price": "350000",
    "schedule": "Kapan saja",
    "on_sale_from": "2021-01-01",
    "on_sale_until": "",
    "provider": "ruang-karya",
    "provider_name": "Ruang Karya",
    "provider_contact": "halo@ruangkarya.test",
    "platforms": "tokopedia | pintaria",
}


def catalogue_text(*lines: dict[str, str], delimiter: str = ",") -> str:
    """Return a file of lines that differ from LINE as said."""
    rows = [NAMES, *([(LINE | line)[name] for name in NAMES] for line in lines)]
    return "".join(delimiter.join(row) + "\n" for row in rows)


def catalogue_file(folder: Path, *lines: dict[str, str]) -> Path:
    path = folder / "katalog.csv"
    path.write_text(catalogue_text(*(lines or ({},))))
    return path
