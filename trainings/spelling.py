"""Words that trainings are found by, and what somebody meant who typed another.

The words of everything on sale are kept in the cache. Their key is the last record of
the catalogue's history and the day, so that a change of the catalogue, or of what is on
sale, makes them anew. Nothing here knows a database's own ways of comparing words.
"""

import datetime as dt
import re
from collections import Counter
from dataclasses import dataclass, field

from django.core.cache import cache

from trainings.models import Category, Training
from trainings.models.catalogue import catalogue_version

WORD = re.compile(r"[^\W_]+")
# What is looked for: more is no search, and costs time.
LONGEST_SEARCH, MOST_WORDS = 80, 6
# Letters from which on a slip, one at the end of a longer word, and two are forgiven.
ONE_SLIP, ONE_SLIP_IN_PART, TWO_SLIPS = 3, 5, 8
KEPT_FOR = 24 * 60 * 60  # seconds; the next day has other words on sale

# Each known word: how often it occurs, and which letters it has, a bit each.
type Vocabulary = dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Understood:
    """What was looked for: known words, unknown ones, and what was made of which."""

    words: list[str]
    unknown: list[str]
    corrected: dict[str, str] = field(default_factory=dict)

    @property
    def is_corrected(self) -> bool:
        return bool(self.corrected)

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def uncorrected(self) -> "Understood":
        """Return the same with what was corrected counted as unknown."""
        guessed = self.corrected.values()
        return Understood(
            words=[word for word in self.words if word not in guessed],
            unknown=[*self.unknown, *self.corrected],
        )


def understand(text: str, *, today: dt.date) -> Understood:
    """Return the words of a search as the catalogue spells them.

    A word that occurs, if only as part of another, stays. Another is corrected to the
    nearest if one is near enough, or else is unknown.
    """
    typed = list(dict.fromkeys(WORD.findall(text[:LONGEST_SEARCH].lower())))
    if not typed:
        return Understood([], [])
    known = _vocabulary(today=today)
    every = "\n".join(known)
    meant = {
        word: word if word in every else _nearest(word, known)
        for word in typed[:MOST_WORDS]
    }
    words = list(dict.fromkeys(word for word in meant.values() if word))
    return Understood(
        words=words,
        unknown=[word for word, correct in meant.items() if correct is None],
        corrected={
            word: correct
            for word, correct in meant.items()
            if correct not in (None, word)
        },
    )


def _vocabulary(*, today: dt.date) -> Vocabulary:
    """Return the words of what is on sale, from the cache if nothing has changed."""
    key = f"catalogue-vocabulary:{catalogue_version()}:{today}"
    words: Vocabulary | None = cache.get(key)
    if words is None:
        counted = _count_words(today=today)
        words = {word: (count, _letters(word)) for word, count in counted.items()}
        cache.set(key, words, KEPT_FOR)
    return words


def _count_words(*, today: dt.date) -> "Counter[str]":
    counted: Counter[str] = Counter()
    rows = (
        Training.objects.on_sale(today=today)
        .order_by()
        .values_list("search_text", "provider__name", "category")
    )
    for text, provider, category in rows.iterator(2_000):
        field_words = Category(category).search_text
        counted.update(WORD.findall(f"{text} {provider} {field_words}".lower()))
    return counted


def _nearest(word: str, known: Vocabulary) -> str | None:
    """Return the known word that needs fewest slips to be typed like this, or None.

    A slip is a letter too many, missing, wrong, or swapped with the next. One is
    forgiven in a whole word; then one in the end of a longer word ("jahti" is meant for
    "menjahit"); then two in a whole word, if it is long. Not the first letter, unless
    swapped, of a short word: "masuk" is no slip of "rasuk".
    """
    if len(word) < ONE_SLIP:
        return None
    near = _near(word, known, slips=1)
    if not near and len(word) >= ONE_SLIP_IN_PART:
        near = _near(word, known, slips=1, is_part=True)
    if not near and len(word) >= TWO_SLIPS:
        near = _near(word, known, slips=2)
    return min(near)[-1] if near else None


def _near(
    word: str, known: Vocabulary, *, slips: int, is_part: bool = False
) -> list[tuple[int, bool, int, str]]:
    """Return the words within so many slips, each after what ranks it."""
    letters = _letters(word)
    found = []
    for other, (count, its_letters) in known.items():
        # Cheap to see, so seen first: a slip changes the length by one and takes or
        # adds at most one letter each.
        if (letters & ~its_letters).bit_count() > slips:
            continue
        if not is_part and (
            abs(len(other) - len(word)) > slips
            or (len(word) < TWO_SLIPS and word[0] not in other[:2])
        ):
            continue
        if is_part and len(other) - len(word) <= slips:
            continue
        needed = distance(word, other, is_part=is_part)
        if needed <= slips:
            found.append((needed, word[0] != other[0], -count, other))
    return found


def _letters(word: str) -> int:
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) & 63)
    return bits


def distance(one: str, other: str, *, is_part: bool = False) -> int:
    """Return how many slips make one word of the other (optimal string alignment).

    With ``is_part``, of the end of the other that needs fewest.
    """
    above: list[int] = []
    row = [0] * (len(other) + 1) if is_part else list(range(len(other) + 1))
    for i, letter in enumerate(one):
        before, above, row = above, row, [i + 1]
        for j, wanted in enumerate(other):
            slips = min(above[j + 1] + 1, row[j] + 1, above[j] + (letter != wanted))
            is_swap = i and j and (letter, one[i - 1]) == (other[j - 1], wanted)
            row.append(min(slips, before[j - 1] + 1) if is_swap else slips)
    return row[-1]
