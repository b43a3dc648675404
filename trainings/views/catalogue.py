"""The catalogue: all trainings on sale, one training, and how to buy."""

from functools import lru_cache
from typing import cast

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from participants.models import Participant, User
from trainings.finding import SORTINGS, read_wish
from trainings.forms import CardNumberForm
from trainings.models import Category, Mode, Platform, Purchase, Training
from trainings.purchasing import PriceAboveBalance, why_not

TRAININGS_A_PAGE, REVIEWS_A_PAGE = 20, 10
CATEGORIES = (("", "Semua bidang"), *Category.choices)
MODES = (
    ("", "Daring atau tatap muka"),
    *((str(mode), str(mode.label)) for mode in (Mode.ONLINE, Mode.OFFLINE)),
)
ORDERS = tuple((name, words) for name, (_, words) in SORTINGS.items())


@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    participant = cast(User, request.user).announced_participant(at=now)
    balance = _balance(participant)
    platforms = list(Platform.objects.all())
    wish = read_wish(
        request.GET.dict(),
        platforms=platforms,
        balance=balance,
        today=timezone.localdate(now),
    )
    # Ranked can't be iterated over, which no paginator does.
    paginator = Paginator(wish.found(), TRAININGS_A_PAGE)  # type: ignore[arg-type]
    page = paginator.get_page(request.GET.get("hal"))
    context = {
        "wish": wish,
        "filters": wish.filters(),
        "page": page,
        "pages": paginator.get_elided_page_range(
            page.number, on_each_side=1, on_ends=1
        ),
        "balance": balance,
        "categories": _options(CATEGORIES, wish.category or ""),
        "modes": _options(MODES, wish.mode or ""),
        "platforms": _options(
            (("", "Semua platform"), *((p.slug, p.name) for p in platforms)),
            wish.platform.slug if wish.platform else "",
        ),
        "sortings": _options(ORDERS, wish.sorting),
    }
    return render(request, "trainings/catalogue.html", context)


@lru_cache(maxsize=256)
def _options(choices: tuple[tuple[str, str], ...], chosen: str) -> SafeString:
    """Return the options of a select: always the same few, and half of the page."""
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        (
            (value, mark_safe(" selected") if value == chosen else "", words)
            for value, words in choices
        ),
    )


@require_safe
def detail(request: HttpRequest, slug: str) -> HttpResponse:
    now = timezone.now()
    participant = cast(User, request.user).announced_participant(at=now)
    every = Training.objects.select_related("provider").prefetch_related("platforms")
    training = get_object_or_404(every, slug=slug)
    reviews = training.reviews.filter(hidden_at=None).select_related(
        "purchase__participant__user"
    )
    balance = _balance(participant)
    after = None if balance is None else balance - training.price
    state = training.sale_state(today=timezone.localdate(now))
    live = Purchase.objects.filter(participant=participant).live()
    bought = list(live.select_related("training")) if participant else []
    refusal = participant and why_not(participant, training, bought=bought, at=now)
    is_only_price = refusal is None or isinstance(refusal, PriceAboveBalance)
    context = {
        "training": training,
        "state": state,
        "participant": participant,
        "balance": balance,
        "after": after,
        "missing": after and -after,
        "shows_sums": balance is not None and state == "on_sale" and is_only_price,
        "bought": bought,
        "refusal": refusal,
        "form": CardNumberForm(),
        "reviews": Paginator(reviews, REVIEWS_A_PAGE).get_page(request.GET.get("hal")),
    }
    return render(request, "trainings/detail.html", context)


@require_safe
def how_to_buy(request: HttpRequest) -> HttpResponse:
    participant = cast(User, request.user).announced_participant(at=timezone.now())
    context = {"participant": participant, "platforms": Platform.objects.all()}
    return render(request, "trainings/how_to_buy.html", context)


def _balance(participant: Participant | None) -> int | None:
    """Return what the person can spend, or None if there is no balance to speak of."""
    if participant is None or participant.is_revoked or not participant.is_funded:
        return None
    return participant.training_balance
