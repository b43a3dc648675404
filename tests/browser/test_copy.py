"""`Salin Nomor Kartu`: the 16 digits get into the clipboard, and the person is told."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.people import card, enter, passed, read_clipboard

NUMBER = "8246105733916420"
COPIED = "Nomor kartu tersalin."
NO_CLIPBOARD_API = "delete Navigator.prototype.clipboard"
NOTHING_WORKS = f"{NO_CLIPBOARD_API}; document.execCommand = () => false"


@pytest.fixture
def reader(context, site):
    """Let somebody who may see the number be logged in."""
    enter(context, site.address, passed(card_number=NUMBER, videos_completed=3).user)


@pytest.fixture
def dashboard(page, reader):
    page.goto("/dashboard/")
    return page


def copy_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Salin Nomor Kartu")


def status(page: Page) -> Locator:
    return card(page).get_by_role("status")


def test_it_copies_the_16_digits_without_spaces(dashboard):
    copy_button(dashboard).click()

    expect(status(dashboard)).to_have_text(COPIED)
    assert read_clipboard(dashboard) == NUMBER


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_keyboard_alone_reaches_and_presses_the_button(dashboard, key):
    for _ in range(20):
        dashboard.keyboard.press("Tab")
        if copy_button(dashboard).evaluate("it => it === document.activeElement"):
            break
    dashboard.keyboard.press(key)

    expect(status(dashboard)).to_have_text(COPIED)
    expect(copy_button(dashboard)).to_be_focused()
    assert read_clipboard(dashboard) == NUMBER


def test_it_falls_back_where_the_clipboard_api_is_missing(page, reader):
    page.add_init_script(NO_CLIPBOARD_API)
    page.goto("/dashboard/")

    copy_button(page).click()

    expect(status(page)).to_have_text(COPIED)
    assert pasted(page) == NUMBER


def test_it_falls_back_on_plain_http(page, reader, site, problems):
    host = "http://prakerja.localtest"
    page.route(
        f"{host}/**",
        lambda route: route.fulfill(
            response=route.fetch(url=route.request.url.replace(host, site.address))
        ),
    )
    page.goto(f"{host}/dashboard/")
    assert page.evaluate("[isSecureContext, 'clipboard' in navigator]") == [False] * 2

    copy_button(page).click()

    expect(status(page)).to_have_text(COPIED)
    assert pasted(page) == NUMBER
    # The browser says that it minds this header only on https.
    problems[:] = [p for p in problems if "Cross-Origin-Opener-Policy" not in p]


def pasted(page: Page) -> str:
    page.goto("/lupa-password/")
    field = page.get_by_label("E-mail")
    field.press("Control+V")
    return field.input_value()


def test_it_says_so_when_nothing_works_and_leaves_the_digits_selected(page, reader):
    page.add_init_script(NOTHING_WORKS)
    page.goto("/dashboard/")

    copy_button(page).click()

    words = "Gagal menyalin. Tekan lama nomor untuk menyalin."
    expect(status(page)).to_have_text(words)
    assert page.evaluate("getSelection().toString()") == NUMBER


def test_what_is_said_stands_outside_the_button(dashboard):
    copy_button(dashboard).click()

    expect(status(dashboard)).to_have_text(COPIED)
    expect(copy_button(dashboard)).to_have_accessible_name("Salin Nomor Kartu")
    assert copy_button(dashboard).get_by_role("status").count() == 0


def test_copying_twice_is_announced_twice(dashboard):
    status(dashboard).evaluate(
        "it => { window.heard = []; new MutationObserver(() => heard.push("
        "it.textContent)).observe(it, {childList: true}); }"
    )

    for _ in range(2):
        copy_button(dashboard).click()
        expect(status(dashboard)).to_have_text(COPIED)
        dashboard.wait_for_timeout(500)

    assert [it for it in dashboard.evaluate("heard") if it] == [COPIED] * 2


def test_screen_reader_hears_the_number_digit_by_digit(dashboard):
    heard = card(dashboard).aria_snapshot()

    assert "8 2 4 6 , 1 0 5 7 , 3 3 9 1 , 6 4 2 0" in heard
    assert '- button "Salin Nomor Kartu"' in heard
    assert "- status" in heard


def test_number_selected_by_hand_is_16_digits_without_spaces(dashboard):
    number = card(dashboard).locator("[data-card-number]")

    number.dblclick()
    dashboard.keyboard.press("Control+C")

    assert read_clipboard(dashboard) == NUMBER
