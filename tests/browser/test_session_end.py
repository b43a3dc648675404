"""A session that is not used ends; the person is warned and can stay (WCAG 2.2.1)."""

import pytest
from playwright.sync_api import expect

from tests.browser.people import fill_in_login, passed
from tests.serving import serving

IDLE = 12  # seconds; the warning comes half-way


@pytest.fixture(scope="module")
def impatient_site(django_db_setup, static_folder, tmp_path_factory):
    """The same site, with sessions of a few seconds."""
    folder = tmp_path_factory.mktemp("impatient")
    environment = {"STATIC_ROOT": f"{static_folder}", "SESSION_IDLE": f"{IDLE}"}
    with serving(folder, **environment) as site:
        yield site


def log_in(page, site):
    page.goto(f"{site.address}/masuk/")
    fill_in_login(page, passed().user)
    page.wait_for_url("**/dashboard/")


def test_warning_comes_before_the_end_and_its_button_keeps_the_session(
    page, impatient_site
):
    log_in(page, impatient_site)
    stay = page.get_by_role("button", name="Tetap masuk")
    expect(stay).to_be_hidden()

    expect(stay).to_be_visible(timeout=IDLE * 1000)
    page.wait_for_timeout(2000)
    stay.click()

    warning = page.get_by_role("region", name="Sesi hampir berakhir")
    expect(warning).to_contain_text("sampai pukul")
    page.wait_for_timeout(IDLE / 2 * 1000)  # beyond the end that was
    page.get_by_role("link", name="Akun", exact=True).click()
    expect(page.get_by_role("heading", name="Akun", exact=True)).to_be_visible()


def test_session_that_is_let_go_leads_to_the_login_and_from_there_back(
    page, impatient_site
):
    log_in(page, impatient_site)
    page.get_by_role("link", name="Insentif").first.click()

    page.wait_for_url("**/masuk/?next=%2Finsentif%2F", timeout=2 * IDLE * 1000)

    expect(page.get_by_role("alert")).to_contain_text("Sesi berakhir")
    fill_in_login(page, passed().user)
    expect(page.get_by_role("heading", name="Insentif", exact=True)).to_be_visible()


def test_without_javascript_the_next_click_leads_to_the_login(
    without_javascript, impatient_site
):
    page = without_javascript.new_page()
    log_in(page, impatient_site)

    page.wait_for_timeout((IDLE + 1) * 1000)
    page.get_by_role("link", name="Akun", exact=True).click()

    page.wait_for_url("**/masuk/?next=/akun/")
    expect(page.get_by_role("alert")).to_contain_text("Sesi berakhir")
