"""Files of people who passed, for the tests of the import."""

from itertools import chain
from pathlib import Path

COLUMNS = "email,full_name,nik,family_card_number,birth_date,phone,wave,pass_date"


def person(n: int, **changes: str) -> dict[str, str]:
    """Return the cells of one invented person who passed wave 21."""
    return {
        "email": f"lolos{n}@contoh.test",
        "full_name": f"Sari Contoh {n}",
        "nik": f"31740112{n:07d}1",
        "family_card_number": f"31740199{n:07d}1",
        "birth_date": "1998-04-17",
        "phone": f"0812{n:08d}",
        "wave": "21",
        "pass_date": "2021-09-22",
        **changes,
    }


def csv_text(*people: dict[str, str], delimiter: str = ",", newline: str = "\n") -> str:
    columns = list(dict.fromkeys([*COLUMNS.split(","), *chain(*people)]))
    lines = [
        columns,
        *([person.get(name, "") for name in columns] for person in people),
    ]
    return "".join(delimiter.join(cells) + newline for cells in lines)


def csv_file(folder: Path, *people: dict[str, str]) -> Path:
    path = folder / "people.csv"
    path.write_text(csv_text(*people))
    return path
