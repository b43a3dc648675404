"""Who visits the site in these tests, and how they get in."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import BrowserContext, Locator, Page

from participants.models import Participant, User
from tests.factories import PASSWORD, ParticipantFactory, WaveFactory


def passed(*, days_ago: float = 1, **changes: Any) -> Participant:
    """Return somebody whose wave was announced so many days ago, by the real clock."""
    announced_at = timezone.now() - dt.timedelta(days=days_ago)
    changes.setdefault(
        "wave", WaveFactory(announced_at=announced_at.replace(microsecond=0))
    )
    return ParticipantFactory(**changes)


def fill_in_login(page: Page, user: User) -> None:
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Kata sandi", exact=True).fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Masuk").click()


def log_in(page: Page, user: User) -> None:
    """Log in as a person would, through the form."""
    page.goto("/masuk/")
    fill_in_login(page, user)
    page.wait_for_url("**/dashboard/")


def enter(context: BrowserContext, address: str, user: User) -> None:
    """Be logged in at once, by the session's cookie."""
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    value = client.cookies[name].value
    context.add_cookies([{"name": name, "value": value, "url": address}])


def card(page: Page) -> Locator:
    """Return the blue card of the dashboard."""
    return page.get_by_role("region", name="No Kartu Prakerja")


def read_clipboard(page: Page) -> str:
    page.context.grant_permissions(["clipboard-read"])
    return page.evaluate("navigator.clipboard.readText()")
