"""The warning before a session ends, and the way to stay."""

import re
import time

import pytest
from django.conf import settings
from playwright.sync_api import expect

from participants.session_limits import COOKIE
from tests.browser.people import enter
from tests.factories import UserFactory

WARNING = "[data-session]"


@pytest.fixture
def page(page, site):
    """A page of somebody who is logged in, and staff, to see both looks."""
    enter(page.context, site.address, UserFactory(superuser=True))
    return page


def session_ends_in(page, site, seconds):
    """Make the browser believe it; the server knows better, and says so when asked."""
    end = str(int(time.time()) + seconds)
    cookie = {"name": COOKIE, "value": end, "url": site.address}
    page.context.add_cookies([cookie])


def test_shortly_before_the_end_a_page_warns_and_offers_to_stay(page, site):
    page.goto("/akun/")
    expect(page.locator(WARNING)).to_be_hidden()

    session_ends_in(page, site, 100)
    warning = page.get_by_role("alert")
    expect(warning).to_contain_text(
        re.compile(r"berakhir sendiri pukul \d\d\.\d\d WIB")
    )
    stay = page.get_by_role("button", name="Tetap masuk")
    expect(stay).to_be_focused()
    stay.press("Enter")

    expect(warning).to_contain_text(
        re.compile(r"diperpanjang sampai pukul \d\d\.\d\d WIB")
    )
    expect(page.locator(WARNING)).to_be_hidden(timeout=12_000)


def test_who_is_typing_is_not_interrupted(page, site):
    page.goto("/akun/password/")
    field = page.get_by_label("Kata sandi sekarang")
    field.press_sequentially("rahasia")

    session_ends_in(page, site, 100)
    expect(page.locator(WARNING)).to_be_visible()
    page.keyboard.type("-ku")

    expect(field).to_have_value("rahasia-ku")


def test_staying_in_one_tab_is_enough_for_all(page, site):
    page.goto("/akun/")
    other = page.context.new_page()
    other.goto("/admin/")
    session_ends_in(page, site, 100)
    expect(page.locator(WARNING)).to_be_visible()
    expect(other.locator(WARNING)).to_be_visible()

    other.get_by_role("button", name="Tetap masuk").click()

    expect(page.locator(WARNING)).to_be_hidden()


def test_at_the_end_the_page_goes_away_with_what_it_shows(page, site):
    page.goto("/akun/")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)

    session_ends_in(page, site, 0)

    page.wait_for_url("**/masuk/?next=%2Fakun%2F")
