"""What a person is called by where only the first name is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from participants.models import User


def first_name(full_name):
    return User(full_name=full_name).first_name


@pytest.mark.parametrize(
    ("full_name", "expected"),
    [
        ("Sari Dewi Lestari", "Sari"),
        ("Sukarno", "Sukarno"),
        ("drg. Ratna Wati", "Ratna"),
        ("Tgk. Ismail", "Ismail"),
        ("Ir. H. Joko Susilo, M.T.", "Joko"),
        ("Prof. Dr. Hj. Siti Aminah", "Siti"),
        ("H Ahmad Fauzi", "Ahmad"),
        ("dr Budi Santoso", "Budi"),
        ("M. Rizky", "Rizky"),
        ("Agus, S.Kom.", "Agus"),
        ("H.", "H."),
        ("", ""),
    ],
)
def test_first_name_is_no_title(full_name, expected):
    assert first_name(full_name) == expected


NAMES = st.text("abcdefghijkl", min_size=4, max_size=9).map(str.title)


@given(
    titles=st.lists(st.sampled_from(["drg.", "Tgk.", "Ir.", "H.", "Hj", "dr", "R."])),
    name=NAMES,
    others=st.lists(NAMES),
)
def test_whatever_titles_stand_before_it_a_name_is_found(titles, name, others):
    assert first_name(" ".join([*titles, name, *others])) == name
