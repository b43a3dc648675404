"""Every page in every state, each as the function that leads a browser there."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from playwright.sync_api import Page, expect

from participants.models import User, Wave
from tests.browser.people import enter, passed
from tests.factories import (
    ApplicationFactory,
    UserFactory,
    VideoViewingFactory,
    WaveFactory,
)
from tests.participants.people_files import csv_text, person
from tests.serving import Site


@dataclass
class Visit:
    page: Page
    site: Site
    problems: list[str]

    def open(self, path: str, user: User | None = None) -> None:
        if user:
            enter(self.page.context, self.site.address, user)
        self.page.goto(path)

    def press(self, name: str) -> None:
        self.page.get_by_role("main").get_by_role("button", name=name).click()

    def expect_refusal(self, status: int) -> None:
        """Take what the browser itself says about a refused page off the problems."""
        self.page.wait_for_load_state()
        [problem] = self.problems
        assert f"status of {status} " in problem
        self.problems.clear()


type State = Callable[[Visit], None]
STATES: dict[str, State] = {}


def state(function: State) -> State:
    STATES[function.__name__] = function
    return function


def page(name: str, path: str, who: Callable[[], User] | None = None) -> None:
    """Add a page that only has to be opened."""
    STATES[name] = lambda visit: visit.open(path, who() if who else None)


def participant(**options: Any) -> Callable[[], User]:
    return lambda: passed(**options).user


def superuser() -> User:
    return UserFactory(superuser=True)


def in_days(days: float) -> dt.datetime:
    return (timezone.now() + dt.timedelta(days=days)).replace(microsecond=0)


def wave(*, opens: float, closes: float, announced: float | None = None) -> Wave:
    """Return a wave whose dates are days from now."""
    return WaveFactory(
        opens_at=in_days(opens),
        closes_at=in_days(closes),
        announced_at=None if announced is None else in_days(announced),
    )


ready = participant(videos_completed=3, funded=True)

# --- Open to everybody ------------------------------------------------------------

page("home", "/")
page("home_of_who_is_logged_in", "/", ready)
page("help", "/bantuan/")
page("login", "/masuk/")
page("password_link", "/lupa-password/")
page("password_link_sent", "/lupa-password/terkirim/")
page("signup_closed", "/daftar/")


def log_in_wrongly(visit: Visit, times: int) -> None:
    visit.open("/masuk/")
    for _ in range(times):
        visit.problems.clear()
        visit.page.get_by_label("E-mail").fill("tidak.ada@contoh.test")
        visit.page.get_by_label("Kata sandi", exact=True).fill("salah")
        with visit.page.expect_navigation():
            visit.press("Masuk")


@state
def login_refused(visit: Visit) -> None:
    log_in_wrongly(visit, times=1)
    visit.expect_refusal(422)


@state
def login_closed_after_too_many_failures(visit: Visit) -> None:
    log_in_wrongly(visit, times=6)
    visit.expect_refusal(429)


@state
def password_link_refused(visit: Visit) -> None:
    visit.open("/lupa-password/")
    with visit.page.expect_navigation():
        visit.press("Kirim tautan")
    visit.expect_refusal(422)


@state
def password_link_void(visit: Visit) -> None:
    visit.open("/password-baru/1-abc-def/")
    visit.expect_refusal(410)


@state
def new_password(visit: Visit) -> None:
    user = passed().user
    visit.open("/lupa-password/")
    visit.page.get_by_label("E-mail").fill(user.email)
    visit.press("Kirim tautan")
    visit.page.wait_for_url("**/terkirim/")
    letter = visit.site.letter_to(user.email)
    visit.open(re.search(r"http://\S+/password-baru/\S+", letter)[0])


@state
def new_password_refused(visit: Visit) -> None:
    new_password(visit)
    with visit.page.expect_navigation():
        visit.press("Simpan")
    visit.expect_refusal(422)


# --- The dashboard ----------------------------------------------------------------

page("dashboard_just_passed", "/dashboard/", participant())
page("dashboard_1_video", "/dashboard/", participant(videos_completed=1))
page("dashboard_2_videos", "/dashboard/", participant(videos_completed=2))
page("dashboard_number_unfunded", "/dashboard/", participant(videos_completed=3))
page("dashboard_number", "/dashboard/", ready)
page("dashboard_3_days_left", "/dashboard/", participant(days_ago=26))
page("dashboard_last_day", "/dashboard/", participant(days_ago=29))
page("dashboard_deadline_passed", "/dashboard/", participant(days_ago=30))
page("dashboard_revoked", "/dashboard/", participant(days_ago=40, revoked=True))
page("dashboard_no_wave", "/dashboard/", UserFactory)
page("dashboard_staff", "/dashboard/", superuser)


@state
def dashboard_bought(visit: Visit) -> None:
    person = passed(videos_completed=3, funded=True, first_purchased_at=timezone.now())
    visit.open("/dashboard/", person.user)


@state
def dashboard_no_wave_but_one_open(visit: Visit) -> None:
    wave(opens=-1, closes=2)
    visit.open("/dashboard/", UserFactory())


def open_as_applicant(visit: Visit, wave: Wave, **outcome: bool) -> None:
    application = ApplicationFactory(wave=wave, **outcome)
    visit.open("/dashboard/", application.applicant.user)


@state
def dashboard_waiting_for_the_close(visit: Visit) -> None:
    open_as_applicant(visit, wave(opens=-1, closes=2))


@state
def dashboard_in_selection(visit: Visit) -> None:
    open_as_applicant(visit, wave(opens=-4, closes=-1, announced=2))


@state
def dashboard_not_passed(visit: Visit) -> None:
    open_as_applicant(visit, wave(opens=-6, closes=-3, announced=-1), not_passed=True)


@state
def session_ends_soon(visit: Visit) -> None:
    visit.page.clock.install()
    visit.open("/dashboard/", ready())
    visit.page.clock.fast_forward("58:30")
    expect(visit.page.get_by_role("button", name="Tetap masuk")).to_be_visible()


# --- The other pages of a participant ---------------------------------------------

page("video", "/video/1/", participant())
page("video_complete", "/video/1/", participant(videos_completed=1))
page("third_video_complete", "/video/3/", ready)
page("trainings", "/pelatihan/", ready)
page("incentives", "/insentif/", ready)
page("account", "/akun/", ready)
page("sessions", "/akun/sesi/", ready)
page("logout", "/keluar/", ready)
page("password_change", "/akun/password/", ready)
page("reauthentication", "/akun/konfirmasi/", ready)


@state
def video_half_way(visit: Visit) -> None:
    participant = passed()
    VideoViewingFactory(participant=participant, credited=21.5)
    visit.open("/video/1/", participant.user)


@state
def video_without_javascript_started(visit: Visit) -> None:
    participant = passed()
    VideoViewingFactory(participant=participant, started_at=timezone.now())
    visit.open("/video/1/", participant.user)


@state
def video_not_its_turn(visit: Visit) -> None:
    visit.open("/video/2/", passed().user)


@state
def password_change_refused(visit: Visit) -> None:
    visit.open("/akun/password/", ready())
    visit.page.get_by_label("Kata sandi sekarang").fill("salah")
    visit.page.get_by_label("Kata sandi baru", exact=True).fill("12345678")
    with visit.page.expect_navigation():
        visit.press("Simpan")
    visit.expect_refusal(422)


# --- Refusals ---------------------------------------------------------------------


@state
def not_found(visit: Visit) -> None:
    visit.open("/tidak-ada/")
    visit.expect_refusal(404)


@state
def permission_denied(visit: Visit) -> None:
    visit.open("/admin/", ready())
    visit.expect_refusal(403)


@state
def csrf_failure(visit: Visit) -> None:
    visit.open("/masuk/")
    visit.page.context.clear_cookies()
    visit.page.get_by_label("E-mail").fill("sari@contoh.test")
    visit.page.get_by_label("Kata sandi", exact=True).fill("kata-sandi")
    with visit.page.expect_navigation():
        visit.press("Masuk")
    visit.expect_refusal(403)


@state
def too_many_requests(visit: Visit) -> None:
    for _ in range(6):
        visit.problems.clear()
        visit.open("/lupa-password/")
        visit.page.get_by_label("E-mail").fill("tidak.ada@contoh.test")
        with visit.page.expect_navigation():
            visit.press("Kirim tautan")
    visit.expect_refusal(429)


def error_page(status: int) -> None:
    """Add a page that no request can be made to end in, as the site would write it."""

    def open_it(visit: Visit) -> None:
        html = render_to_string(f"{status}.html", {"reference": "9f1c2ab47d05"})
        visit.page.route(
            "**/dashboard/",
            lambda route: route.fulfill(
                status=status, body=html, content_type="text/html"
            ),
        )
        visit.open("/dashboard/")
        visit.expect_refusal(status)

    STATES[f"error_{status}"] = open_it


for status in (400, 500, 503):
    error_page(status)

# --- Staff ------------------------------------------------------------------------

page("admin_index", "/admin/", superuser)
page("admin_new_wave", "/admin/participants/wave/add/", superuser)
page("admin_new_user", "/admin/participants/user/add/", superuser)
page("admin_videos", "/admin/participants/onboardingvideo/", superuser)
page("admin_video", "/admin/participants/onboardingvideo/1/change/", superuser)
page("admin_import", "/admin/participants/participant/impor/", superuser)


def admin_page(name: str, path: str) -> None:
    """Add a page of staff about the people of a running wave; {} are their keys."""

    def open_it(visit: Visit) -> None:
        participant = people_in_a_wave()
        keys = {
            "wave": participant.wave_id,
            "participant": participant.pk,
            "user": participant.user_id,
            "applicant": participant.user.applicant.pk,
            "application": participant.user.applicant.applications.get().pk,
        }
        visit.open(f"/admin/participants/{path.format(**keys)}", superuser())

    STATES[name] = open_it


def people_in_a_wave() -> Any:
    """Return one of five people of the same wave, with a video on record."""
    first = passed(videos_completed=1)
    for videos in range(4):
        passed(wave=first.wave, videos_completed=videos)
    first.disclose_card_number(by=superuser(), reason="Laporan 12", at=timezone.now())
    return first


admin_page("admin_waves", "wave/")
admin_page("admin_wave", "wave/{wave}/change/")
admin_page("admin_wave_history", "wave/{wave}/history/")
admin_page("admin_participants", "participant/")
admin_page("admin_participants_found", "participant/?q=Sari")
admin_page("admin_participant", "participant/{participant}/change/")
admin_page("admin_card_number", "participant/{participant}/nomor-kartu/")
admin_page("admin_grant_video", "participant/{participant}/luluskan-video/")
admin_page("admin_users", "user/")
admin_page("admin_user", "user/{user}/change/")
admin_page("admin_applicants", "applicant/")
admin_page("admin_applicant", "applicant/{applicant}/change/")
admin_page("admin_applications", "application/")
admin_page("admin_application", "application/{application}/change/")
admin_page("admin_disclosures", "cardnumberdisclosure/")


@state
def admin_wave_with_contradicting_dates(visit: Visit) -> None:
    closed = wave(opens=-4, closes=-1)
    visit.open(f"/admin/participants/wave/{closed.pk}/change/", superuser())
    visit.page.get_by_label("Kuota").fill("0")
    with visit.page.expect_navigation():
        visit.page.get_by_role("button", name="Simpan", exact=True).click()


@state
def admin_announcement(visit: Visit) -> None:
    closed = wave(opens=-4, closes=-1)
    visit.open(f"/admin/participants/wave/{closed.pk}/umumkan/", superuser())


@state
def admin_card_number_refused(visit: Visit) -> None:
    STATES["admin_card_number"](visit)
    with visit.page.expect_navigation():
        visit.press("Tampilkan nomor kartu")
    visit.expect_refusal(422)


@state
def admin_card_number_shown(visit: Visit) -> None:
    STATES["admin_card_number"](visit)
    visit.page.get_by_label("Alasan").fill("Laporan 34")
    with visit.page.expect_navigation():
        visit.press("Tampilkan nomor kartu")


def upload(visit: Visit, content: str) -> None:
    visit.open("/admin/participants/participant/impor/", superuser())
    file = {"name": "lolos.csv", "mimeType": "text/csv", "buffer": content.encode()}
    visit.page.get_by_label("Berkas CSV").set_input_files(file)
    with visit.page.expect_navigation():
        visit.press("Unggah dan periksa")


@state
def admin_import_refused(visit: Visit) -> None:
    upload(visit, "bukan,kolom,kami\n1,2,3\n")
    visit.expect_refusal(422)


def upload_one_good_and_one_bad_row(visit: Visit) -> None:
    number = f"{wave(opens=-6, closes=-3, announced=-1).number}"
    day = f"{timezone.localdate()}"
    rows = [person(n, wave=number, pass_date=day) for n in (1, 2)]
    upload(visit, csv_text(rows[0], rows[1] | {"nik": "12"}))


@state
def admin_import_report(visit: Visit) -> None:
    upload_one_good_and_one_bad_row(visit)
    expect(visit.page.get_by_role("button", name="Terapkan")).to_be_visible()


@state
def admin_import_done(visit: Visit) -> None:
    upload_one_good_and_one_bad_row(visit)
    visit.page.get_by_role("checkbox").check()
    visit.press("Terapkan")
    heading = visit.page.get_by_role("heading", name="Impor selesai")
    expect(heading).to_be_visible()
