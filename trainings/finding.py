"""What somebody looks for in the catalogue, as the page's address says it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from prakerja.rupiah import rupiah
from trainings.models import Category, Mode, Platform, Sorting, Training
from trainings.models.catalogue import TrainingQuerySet
from trainings.spelling import LONGEST_SEARCH, Understood, understand

# As an address says it, and as a person reads it.
SORTINGS = {
    "sesuai": (Sorting.RELEVANCE, "Paling sesuai"),
    "bintang": (Sorting.RATING, "Bintang tertinggi"),
    "termurah": (Sorting.CHEAPEST, "Harga terendah"),
    "termahal": (Sorting.DEAREST, "Harga tertinggi"),
    "judul": (Sorting.TITLE, "Judul A–Z"),
}


@dataclass(frozen=True, kw_only=True)
class Wish:
    """Words, filters and order. What an address says wrongly is not in it."""

    today: dt.date
    text: str
    category: Category | None
    mode: Mode | None
    platform: Platform | None
    # The highest price, in rupiah, for who asks for what their balance can pay.
    balance: int | None
    sorting: str

    @property
    def understood(self) -> Understood:
        return self._result[0]

    def found(self) -> "TrainingQuerySet | Ranked":
        """Return what is on sale and wished for, to be shown in pages."""
        return self._result[1]

    @cached_property
    def _result(self) -> "tuple[Understood, TrainingQuerySet | Ranked]":
        """Return how the words were understood, and what they found.

        A guess that leaves nothing to show was wrong, so it is no guess any more.
        """
        understood = understand(self.text, today=self.today)
        if not understood.words:
            return understood, self._trainings(understood).for_list()
        found = Ranked(self._trainings(understood))
        less = understood.uncorrected()
        if understood.is_corrected and less.words and not len(found):
            return less, Ranked(self._trainings(less))
        return understood, found

    def _trainings(self, understood: Understood) -> TrainingQuerySet:
        words = understood.words
        if understood.unknown and not words:
            return Training.objects.none()
        found = Training.objects.on_sale(today=self.today).about(words)
        if self.category:
            found = found.filter(category=self.category)
        if self.mode:
            found = found.taught(self.mode)
        if self.platform:
            found = found.filter(platforms=self.platform)
        if self.balance is not None:
            found = found.filter(price__lte=self.balance)
        return found.in_order(SORTINGS[self.sorting][0], words=words)

    def filters(self) -> list[tuple[dict[str, None], str]]:
        """Return each filter: what an address without it lacks, and its words."""
        named = {
            "bidang": self.category and self.category.label,
            "cara": self.mode and self.mode.label,
            "platform": self.platform and self.platform.name,
            "saldo": self.balance is not None and f"Sampai {rupiah(self.balance)}",
        }
        return [
            ({name: None, "hal": None}, str(words))
            for name, words in named.items()
            if words
        ]


class Ranked:
    """What words have found: ranked once, then read page by page.

    Looking through all texts is what costs; a count beside it would do so twice.
    """

    def __init__(self, trainings: TrainingQuerySet) -> None:
        self._keys = list(trainings.values_list("pk", flat=True))

    def __len__(self) -> int:
        return len(self._keys)

    def __getitem__(self, part: slice) -> list[Training]:
        keys = self._keys[part]
        rows = Training.objects.for_list().in_bulk(keys)
        return [rows[key] for key in keys if key in rows]


def read_wish(
    address: Mapping[str, str],
    *,
    platforms: Sequence[Platform],
    balance: int | None,
    today: dt.date,
) -> Wish:
    """Return what a query string asks for; ``balance`` is what the person can spend."""
    category, mode = address.get("bidang"), address.get("cara")
    sorting = address.get("urut", "")
    return Wish(
        today=today,
        text=" ".join(address.get("q", "").replace("\0", "").split())[:LONGEST_SEARCH],
        category=Category(category) if category in Category.values else None,
        mode=Mode(mode) if mode in Mode.values else None,
        platform=next(
            (p for p in platforms if p.slug == address.get("platform")), None
        ),
        balance=balance if address.get("saldo") == "1" else None,
        sorting=sorting if sorting in SORTINGS else "sesuai",
    )
