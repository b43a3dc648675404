"""The import of people who passed: check a file, then apply it.

``check`` says what a file would do and changes nothing; ``apply`` does it. Both read
the file in chunks, a transaction each, through the same rules. A chunk enters whole
people or nobody, and a file applied again enters only who is missing, so whatever
stopped an import half-way, applying the same file again completes it.

Nothing is sent to anybody: until the wave is announced nobody may learn the result.
"""

from participants.importing.applying import (
    BadRows,
    EnteredMeanwhile,
    FileChanged,
    OverQuota,
    Report,
    apply,
    check,
    sha256_of,
)
from participants.importing.csv_rows import FileRefused, Problem

__all__ = [
    "BadRows",
    "EnteredMeanwhile",
    "FileChanged",
    "FileRefused",
    "OverQuota",
    "Problem",
    "Report",
    "apply",
    "check",
    "sha256_of",
]
