"""When two spellings of a name are one."""

import pytest

from trainings.names import same_name


@pytest.mark.parametrize(
    "spelled",
    [
        "sari dewi lestari",
        "SARI DEWI LESTARI",
        "  Sari   Dewi Lestari ",
        "Sari Dewilestari",
        "Sári Dewi-Lestari",
        "Sari Dewi Lestari, S.Kom.",
        "Sari Dewi Lestari, S. Kom., M.T.",
        "Sari Dewi Lestari S.Kom M.T",
        "Sari Dewi Lestari, SE, MM",
        "Sari Dewi Lestari, S.E. M.M.",
        "Dr. Sari Dewi Lestari",
        "Dra. Hj. Sari Dewi Lestari, Ph.D.",
    ],
)
def test_spelling_titles_and_degrees_do_not_make_another_name(spelled):
    assert same_name(spelled, "Sari Dewi Lestari")
    assert same_name("Sari Dewi Lestari", spelled)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sari Dewi", "Sari"),
        ("Sari Dewi", "Budi Santoso"),
        ("Muh. Ali", "Muhammad Ali"),
        ("Lina Ma", "Lina"),  # a name, not Magister
        ("Ali M. Ali", "Ali"),
        ("Sari S. Dewi", "Sari Dewi"),
        ("Sari, Budi", "Sari"),
        ("", ""),
        ("", "Sari"),
        ("...", "..."),
    ],
)
def test_anything_else_makes_another_name(one, other):
    assert not same_name(one, other)


def test_title_that_is_the_whole_name_is_a_name():
    assert same_name("Ibu", "ibu")
    assert not same_name("Ibu", "Ners")
