"""A search forgives slips, and says what it took them for."""

import datetime as dt

import pytest
from django.core.cache import cache
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import ProviderFactory, TrainingFactory
from trainings.models import Category, Training
from trainings.spelling import LONGEST_SEARCH, distance, understand
from trainings.synonyms import SYNONYMS

pytestmark = pytest.mark.django_db

TODAY = dt.date(2021, 9, 28)


@pytest.fixture(autouse=True)
def _empty_cache():
    cache.clear()


@pytest.fixture
def catalogue():
    for title in ["Barista Kopi Susu", "Menjahit Kemeja", "Akuntansi Dasar"]:
        TrainingFactory(title=title, provider=ProviderFactory(name="Ruang Karya"))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("barista", "barista"),
        ("BARISTA", "barista"),
        ("barist", "barist"),  # part of a word finds the whole
        ("arist", "arist"),
        ("brista", "barista"),  # a letter is missing
        ("barrista", "barista"),  # doubled
        ("bariata", "barista"),  # wrong
        ("abrista", "barista"),  # swapped
        ("kpoi", "kopi"),
        ("jahti", "menjahit"),  # a slip in a part of a word
        ("akuntanis", "akuntansi"),
        ("akutanci", "akuntansi"),  # two slips in a long word
        ("karia", "karya"),  # of the provider
    ],
)
def test_slip_of_the_finger_is_forgiven(catalogue, typed, meant):
    understood = understand(typed, today=TODAY)

    assert understood.words == [meant]
    assert understood.is_corrected == (meant != typed.lower())


@pytest.mark.parametrize("typed", ["xx", "qqqqqq", "bxryszta", "ksx"])
def test_word_that_is_like_none_is_unknown(catalogue, typed):
    understood = understand(typed, today=TODAY)

    assert (understood.words, understood.unknown) == ([], [typed])


@pytest.fixture
def kitchen():
    TrainingFactory(
        title="Sambal Siap Pakai", category=Category.CULINARY, summary="Bumbu halus."
    )
    TrainingFactory(
        title="Presentasi dan Memasang AC",
        category=Category.CRAFT,
        summary="Mudah, dari awal masuk.",
    )


@pytest.mark.parametrize(
    "typed", ["masak", "memasak", "resep", "makanan", "minuman", "dapur"]
)
def test_words_of_participants_for_a_field_are_words_of_the_catalogue(kitchen, typed):
    understood = understand(typed, today=TODAY)

    assert (understood.words, understood.is_corrected) == ([typed], False)
    assert [t.title for t in Training.objects.about([typed])] == ["Sambal Siap Pakai"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("memask", "memasak"),
        ("masaak", "masak"),
        ("masakk", "masak"),
        ("rsep", "resep"),
        ("kulinr", "kuliner"),
        ("makann", "makan"),
    ],
)
def test_slip_in_words_of_participants_is_forgiven_too(kitchen, typed, meant):
    assert understand(typed, today=TODAY).words[0].startswith(meant)


@pytest.mark.parametrize("typed", ["resep", "memasak", "memask", "rasuk"])
def test_another_word_is_not_taken_for_a_slip(typed):
    TrainingFactory(
        title="Presentasi dan Memasang AC",
        category=Category.FINANCE,
        summary="Mudah, dari awal masuk.",
    )

    assert understand(typed, today=TODAY).unknown == [typed]


def test_every_field_has_words_of_participants():
    assert set(SYNONYMS) == set(Category.values)


def test_unknown_words_leave_the_others(catalogue):
    understood = understand("barista qqqqqq kemeja", today=TODAY)

    assert understood.text == "barista kemeja"
    assert understood.unknown == ["qqqqqq"]


def test_search_for_nothing_is_no_search(catalogue, django_assert_num_queries):
    with django_assert_num_queries(0):
        understood = understand(" … ", today=TODAY)

    assert understood.words == []


def test_words_of_a_new_training_are_known_at_once(catalogue):
    assert understand("hidroponik", today=TODAY).unknown

    TrainingFactory(title="Hidroponik")

    assert understand("hidroponik", today=TODAY).words == ["hidroponik"]


def test_words_of_a_renamed_provider_are_known_at_once(catalogue):
    provider = ProviderFactory(name="Lama")
    TrainingFactory(provider=provider)
    understand("lama", today=TODAY)

    provider.name = "Sejahtera"
    provider.save()

    assert understand("sejahtera", today=TODAY).words == ["sejahtera"]


def test_only_words_of_what_is_on_sale_are_known():
    TrainingFactory(title="Hidroponik", ended=True)

    assert understand("hidroponik", today=TODAY).unknown == ["hidroponik"]


def test_known_words_are_kept_between_searches(catalogue, django_assert_num_queries):
    understand("barista", today=TODAY)

    with django_assert_num_queries(2):  # the version of the catalogue, and the cache
        understand("kopi", today=TODAY)


def test_very_long_search_is_cut():
    TrainingFactory(title="Kopi")

    understood = understand("kopi " * 1000 + "teh" * 1000, today=TODAY)

    assert understood.words == ["kopi"]
    assert LONGEST_SEARCH < 100


WORDS = st.text("abcd", min_size=1, max_size=8)


@given(one=WORDS, other=WORDS)
def test_distance_is_the_same_both_ways(one, other):
    assert distance(one, other) == distance(other, one)


@given(word=WORDS, at=st.integers(0, 7), letter=st.sampled_from("abcd"))
def test_one_letter_too_many_is_one_slip(word, at, letter):
    at = min(at, len(word))

    assert distance(word[:at] + letter + word[at:], word) == 1


@given(before=WORDS, word=WORDS)
def test_end_of_a_word_is_at_no_distance(before, word):
    assert distance(word, before + word, is_part=True) == 0
