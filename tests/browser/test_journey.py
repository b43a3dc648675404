"""From login to the card number, as a participant goes it."""

import re

from playwright.sync_api import Page, expect

from participants.models import User
from tests.browser.people import (
    card,
    enter,
    fill_in_login,
    log_in,
    passed,
    read_clipboard,
)
from tests.factories import PASSWORD
from tests.serving import Site

VIDEOS = (1, 2, 3)


def press_play_or_pause(page: Page) -> None:
    page.locator("video").press("Space")


def play_until(page: Page, second: float) -> None:
    """Play, and pause at a second of the film; the beat of the pause has arrived."""
    press_play_or_pause(page)
    while page.locator("video").evaluate("video => video.currentTime") < second:
        page.wait_for_timeout(200)
    with page.expect_response("**/detak/"):
        press_play_or_pause(page)


def play_to_the_end(page: Page, position: int, *, seconds: float = 30) -> None:
    press_play_or_pause(page)
    done = page.get_by_text(f"Video {position} selesai", exact=True)
    expect(done).to_be_visible(timeout=seconds * 1000)


def go_on(page: Page, position: int) -> None:
    name = "Lihat nomor kartumu" if position == 3 else f"Lanjut ke video {position + 1}"
    page.get_by_role("link", name=name).click()


def set_password_by_mail(page: Page, site: Site, user: User) -> str:
    """Go from the login page over the mail to a password; return the mail's link."""
    page.goto("/masuk/")
    page.get_by_role("link", name="Buat kata sandi lewat e-mail").click()
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_role("button", name="Kirim tautan").click()
    page.wait_for_url("**/terkirim/")
    link = re.search(r"http://\S+/password-baru/\S+", site.letter_to(user.email))[0]
    page.goto(link)
    page.get_by_label("Kata sandi baru", exact=True).fill(PASSWORD)
    page.get_by_label("Ulangi kata sandi baru").fill(PASSWORD)
    page.get_by_role("button", name="Simpan").click()
    page.wait_for_url("**/masuk/")
    return link


def test_from_login_over_three_videos_to_the_copied_number(page, short_films):
    participant = passed(card_number="8246105733916420")

    log_in(page, participant.user)
    expect(card(page)).to_contain_text("0 dari 3 video selesai")
    page.get_by_role("link", name="Tonton video 1").click()
    for position in VIDEOS:
        play_to_the_end(page, position)
        go_on(page, position)
    page.get_by_role("button", name="Salin Nomor Kartu").click()

    status = card(page).get_by_role("status")
    expect(status).to_have_text("Nomor kartu tersalin.")
    expect(page.get_by_role("button", name="Salin Nomor Kartu")).to_be_visible()
    assert read_clipboard(page) == "8246105733916420"


def test_without_javascript_the_servers_clock_leads_to_the_number(
    without_javascript, short_films
):
    participant = passed(card_number="8246105733916420")
    page = without_javascript.new_page()

    log_in(page, participant.user)
    page.get_by_role("link", name="Tonton video 1").click()
    for position in VIDEOS:
        page.get_by_role("button", name="Mulai menonton").click()
        finished = page.get_by_role("button", name="Saya sudah selesai menonton")
        finished.click()
        too_early = page.get_by_role("alert")
        expect(too_early).to_contain_text(re.compile(r"Tonton \d detik lagi"))
        page.wait_for_timeout(4000)
        finished.click()
        go_on(page, position)

    expect(card(page).locator("[data-card-number]")).to_be_visible()
    expect(card(page)).to_contain_text(re.compile(r"8246\s?1057\s?3391\s?6420"))
    expect(page.get_by_role("button", name="Salin Nomor Kartu")).to_have_count(0)


def test_shipped_film_played_to_its_end_is_complete_on_the_server(page, site):
    participant = passed()
    enter(page.context, site.address, participant.user)

    page.goto("/video/1/")
    play_to_the_end(page, 1, seconds=75)

    viewing = participant.viewings.get()
    assert viewing.is_complete
    assert viewing.credited > viewing.duration - 1


def test_what_was_watched_on_one_device_counts_on_another(new_context, site):
    participant = passed()
    phone, computer = new_context(), new_context()
    for device in (phone, computer):
        enter(device, site.address, participant.user)

    page = phone.new_page()
    page.goto("/video/1/")
    play_until(page, 6)
    phone.close()
    watched = participant.viewings.get().credited
    page = computer.new_page()
    page.goto("/video/1/")
    expect(page.get_by_text(f"Sudah dihitung {int(watched)} dari 44")).to_be_visible()
    play_until(page, 8)

    assert watched > 5
    assert participant.viewings.get().credited > watched + 1


def test_who_has_no_password_sets_one_by_the_link_in_the_mail(page, site):
    user = passed(user__password="!").user

    set_password_by_mail(page, site, user)
    fill_in_login(page, user)

    expect(page.get_by_role("heading", name=f"Halo, {user.full_name}")).to_be_visible()


def test_servers_log_tells_no_secret_of_a_journey(page, site):
    participant = passed(card_number="8246105733916420", videos_completed=3)

    link = set_password_by_mail(page, site, participant.user)
    fill_in_login(page, participant.user)
    expect(card(page)).to_contain_text("6420")
    page.request.get("/tidak-ada/8246105733916420/")

    cookies = {it["name"]: it["value"] for it in page.context.cookies()}
    secrets = [link.split("/")[-2], cookies["session"], cookies["csrf"]]
    log = site.log
    assert "/dashboard/" in log
    assert not re.search(r"\d{16}|[^\s\"]+@[^\s\"]+", log)
    assert not any(secret in log for secret in secrets)
