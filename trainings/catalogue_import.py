"""Entering a file of the catalogue: first what it would do, then doing it.

A new code makes a training, a known one changes it where the file differs, none is ever
deleted. A file enters in one transaction; the same file again changes nothing, and so
does the file that was exported. Providers that are named in the file are made on the
way; platforms are partners under contract, so never. The address of a training is made
from its title when it is new, and stays.
"""

import datetime as dt
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from participants.importing.csv_rows import (
    EMPTY,
    BadLine,
    FileRefused,
    Problem,
    Values,
    read_rows,
)
from participants.models import User
from trainings.catalogue_file import FIELDS, NAMES, columns
from trainings.models import Platform, Provider, Training
from trainings.models.catalogue import RESERVED_SLUGS

# A file is held in memory and entered in one transaction.
MOST_ROWS = 20_000
OUTCOMES_MAX = Training._meta.get_field("outcomes").max_length or 0
BATCH = 1_000
UNKNOWN_PROVIDER = (
    "Belum ada lembaga dengan kode ini. Untuk membuatnya, isi juga provider_name dan "
    "provider_contact."
)
OTHER_PROVIDER = (
    "Berbeda dari yang tercatat untuk lembaga ini. Kosongkan, atau ubah lembaganya di "
    "halaman Lembaga pelatihan."
)


@dataclass(frozen=True)
class Change:
    """One training that differs: what it is now, and what the file says."""

    training: Training
    # Field → what is stored; the training holds the new values, ``platforms`` its own.
    before: dict[str, Any]
    platforms: list[Platform]

    def after(self, name: str) -> Any:
        return self.platforms if name == "platforms" else getattr(self.training, name)


@dataclass
class Plan:
    """What entering a file would do."""

    providers: dict[str, Provider] = field(default_factory=dict)  # new ones, by slug
    new: list[tuple[Training, list[Platform]]] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def bad(self) -> int:
        return len({problem.line for problem in self.problems})

    @property
    def has_work(self) -> bool:
        return bool(self.new or self.changed)


def plan(path: Path, *, relative_to: dt.date | None = None) -> Plan:
    """Compare a file with the catalogue. Raises FileRefused if it can't be read.

    ``relative_to`` is the day that H-30 and H+30 mean; without it only dates are taken.
    """
    planner = _Planner()
    for row in read_rows(path, columns(relative_to)):
        planner.take(row)
    return planner.plan


class _Planner:
    """Judges line after line against the catalogue as it is, read once."""

    def __init__(self) -> None:
        self.plan = Plan()
        every = Training.objects.select_related("provider")
        self._trainings = {t.code: t for t in every.prefetch_related("platforms")}
        self._slugs = {t.slug for t in self._trainings.values()} | RESERVED_SLUGS
        self._providers = {p.slug: p for p in Provider.objects.all()}
        self._platforms = {p.slug: p for p in Platform.objects.all()}
        self._lines: dict[str, int] = {}

    def take(self, row: Values | BadLine) -> None:
        if isinstance(row, BadLine):
            self.plan.problems += row.problems
            return
        cells = dict(zip(NAMES, row.cells, strict=True))
        cells["outcomes"] = "\n".join(cells["outcomes"])
        training, before = self._draft(cells)
        found = [*self._conflicts(row.line, cells), *_form_errors(training)]
        self._lines.setdefault(cells["code"], row.line)
        if len(self._lines) > MOST_ROWS:
            raise FileRefused(f"Lebih dari {MOST_ROWS} pelatihan. Bagi berkasnya.")
        if found:
            self.plan.problems += [Problem(row.line, *reason) for reason in found]
            return
        self._note(training, before, cells)

    def _draft(self, cells: dict[str, Any]) -> tuple[Training, dict[str, Any]]:
        """Return the training as the file wants it, and what is stored instead."""
        stored = self._trainings.get(cells["code"])
        training = copy(stored) if stored else Training(code=cells["code"])
        before = {}
        for name in FIELDS:
            old = getattr(training, name)
            if name == "outcomes" and training.outcome_list == cells[name].splitlines():
                continue
            if old != cells[name]:
                before[name] = old
                setattr(training, name, cells[name])
        return training, before

    def _conflicts(self, line: int, cells: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield each column that contradicts another, another line or the catalogue."""
        if first := self._lines.get(cells["code"]):
            yield "code", f"Kode ini sudah ada di baris {first}."
        until = cells["on_sale_until"]
        if until and until < cells["on_sale_from"]:
            yield "on_sale_until", "Lebih awal dari on_sale_from."
        if not cells["platforms"]:
            yield "platforms", EMPTY
        for slug in cells["platforms"]:
            if slug not in self._platforms:
                yield "platforms", f"Tidak ada platform dengan kode “{slug[:40]}”."
        yield from self._provider_conflicts(cells)

    def _provider_conflicts(self, cells: dict[str, Any]) -> Iterator[tuple[str, str]]:
        slug = cells["provider"]
        known = self._providers.get(slug) or self.plan.providers.get(slug)
        if known is None:
            if not (cells["provider_name"] and cells["provider_contact"]):
                yield "provider", UNKNOWN_PROVIDER
            return
        for column in ("name", "contact"):
            said = cells[f"provider_{column}"]
            if said and said != getattr(known, column):
                yield f"provider_{column}", OTHER_PROVIDER

    def _note(
        self, training: Training, before: dict[str, Any], cells: dict[str, Any]
    ) -> None:
        provider = self._provider(cells)
        platforms = [
            self._platforms[slug] for slug in dict.fromkeys(cells["platforms"])
        ]
        if training.pk is None:
            training.provider = provider
            training.slug = self._new_slug(training)
            self.plan.new.append((training, platforms))
            return
        if training.provider != provider:
            before["provider"] = training.provider
            training.provider = provider
        if set(stored := training.platforms.all()) != set(platforms):
            before["platforms"] = list(stored)
        if before:
            self.plan.changed.append(Change(training, before, platforms))
        else:
            self.plan.unchanged += 1

    def _provider(self, cells: dict[str, Any]) -> Provider:
        slug = cells["provider"]
        if known := self._providers.get(slug):
            return known
        new = Provider(
            slug=slug, name=cells["provider_name"], contact=cells["provider_contact"]
        )
        return self.plan.providers.setdefault(slug, new)

    def _new_slug(self, training: Training) -> str:
        title, code = slugify(training.title)[:110], slugify(training.code)
        slug = title if title and title not in self._slugs else f"{title}-{code}"
        self._slugs.add(slug)
        return slug


def _form_errors(training: Training) -> Iterator[tuple[str, str]]:
    """Yield each field that a form would refuse: too long, too small, not allowed."""
    if len(training.outcomes) > OUTCOMES_MAX:
        yield "outcomes", f"Lebih dari {OUTCOMES_MAX} huruf."
    try:
        training.clean_fields(exclude=["slug", "provider"])
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            yield name, " ".join(messages)


@transaction.atomic
def enter(plan: Plan, *, by: User | None, at: dt.datetime, reason: str) -> None:
    """Do what was planned, with a record in the history of every row that changes.

    The plan must have been made in the same transaction. ``reason`` stands in the
    history, at most 100 characters.
    """
    record = {
        "batch_size": BATCH,
        "default_user": by,
        "default_change_reason": reason,
        "default_date": at,
    }
    bulk_create_with_history(list(plan.providers.values()), Provider, **record)
    made = bulk_create_with_history([t for t, _ in plan.new], Training, **record)
    if plan.changed:
        bulk_update_with_history(
            [change.training for change in plan.changed],
            Training,
            {name for change in plan.changed for name in change.before} - {"platforms"},
            **record,
        )
    moved = [change for change in plan.changed if "platforms" in change.before]
    sold = Training.platforms.through.objects
    sold.filter(training__in=[change.training.pk for change in moved]).delete()
    platforms = [p for _, p in plan.new] + [change.platforms for change in moved]
    trainings = [*made, *(change.training for change in moved)]
    sold.bulk_create(
        (
            sold.model(training_id=training.pk, platform_id=platform.pk)
            for training, theirs in zip(trainings, platforms, strict=True)
            for platform in theirs
        ),
        batch_size=BATCH,
    )
