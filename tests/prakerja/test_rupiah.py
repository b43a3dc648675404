"""How amounts are written."""

import pytest

from prakerja.rupiah import rupiah


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "Rp0"),
        (50_000, "Rp50.000"),
        (1_000_000, "Rp1.000.000"),
        (9_520_000_000_000, "Rp9.520.000.000.000"),
        (-600_000, "-Rp600.000"),
    ],
)
def test_rupiah_has_dots_between_thousands_and_no_space(amount, words):
    assert rupiah(amount) == words
