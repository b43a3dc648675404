"""From the dashboard to a paid training, as a participant goes it."""

import datetime as dt
import json
import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from participants.models import Participant
from tests.browser.people import card, enter, passed, read_clipboard
from tests.factories import TrainingFactory
from tests.serving import Site
from trainings.models import Training

TITLE = "Membuat Roti Rumahan"


@pytest.fixture
def participant(transactional_db) -> Participant:
    return passed(videos_completed=3, funded=True, card_number="8246105733916420")


@pytest.fixture
def training(transactional_db) -> Training:
    today = timezone.localdate()
    return TrainingFactory(
        title=TITLE,
        price=400_000,
        on_sale_from=today - dt.timedelta(days=1),
    )


def code_from_sms(site: Site) -> str:
    newest = max((site.folder / "sms").glob("*.json"))
    return re.search(r"\b\d{6}\b", json.loads(newest.read_text())["text"])[0]


def buy(page: Page, site: Site, number: str) -> None:
    page.get_by_role("link", name="Cari pelatihan", exact=True).click()
    page.get_by_role("searchbox").fill("roti rumhan")
    page.get_by_role("button", name="Cari", exact=True).click()
    page.get_by_role("link", name=TITLE).click()
    page.get_by_label("Nomor Kartu Prakerja").fill(number)
    page.get_by_role("button", name="Beli Sekarang").click()
    expect(page.get_by_text("Saldo setelah membeli")).to_be_visible()
    expect(page.get_by_text("Rp600.000")).to_be_visible()
    page.get_by_role("button", name="Kirim OTP").click()
    page.get_by_role("textbox", name="Kode OTP").fill(code_from_sms(site))
    page.get_by_role("button", name="Bayar Rp400.000").click()


def test_copied_number_and_code_buy_the_training_found_by_a_misspelled_word(
    page, site, participant, training
):
    enter(page.context, site.address, participant.user)
    page.goto("/dashboard/")
    page.get_by_role("button", name="Salin Nomor Kartu").click()
    expect(card(page).get_by_role("status")).to_have_text("Nomor kartu tersalin.")

    buy(page, site, read_clipboard(page))

    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Pembayaran Berhasil")
    expect(page.locator("[data-voucher]")).to_have_text(re.compile(r"[A-Z0-9]{12}"))
    page.goto("/dashboard/")
    expect(page.get_by_text("Rp600.000").first).to_be_visible()
    expect(page.get_by_text(TITLE).first).to_be_visible()


def test_without_javascript_a_training_is_bought_all_the_same(
    without_javascript, site, participant, training
):
    enter(without_javascript, site.address, participant.user)
    page = without_javascript.new_page()
    page.goto("/dashboard/")

    buy(page, site, "8246 1057 3391 6420")

    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Pembayaran Berhasil")


def test_neither_number_nor_code_is_in_the_log_or_an_address(
    page, site, participant, training
):
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    enter(page.context, site.address, participant.user)
    page.goto("/dashboard/")

    buy(page, site, "8246105733916420")

    code = code_from_sms(site)
    assert "8246105733916420" not in site.log
    assert f'"{code}"' not in site.log
    assert not [url for url in addresses if "82461057" in url or f"={code}" in url]
