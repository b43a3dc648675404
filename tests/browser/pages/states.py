"""Every page in every state, each as the function that leads a browser there."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.management import call_command
from django.template.loader import render_to_string
from django.test import override_settings
from django.utils import timezone
from playwright.sync_api import Page, expect

from jobs.models import Job
from jobs.running import run
from participants.funding import fund_next
from participants.models import User, Wave
from participants.reminding import remind
from tests.browser.people import enter, passed
from tests.factories import (
    ApplicationFactory,
    OrderFactory,
    PurchaseFactory,
    ReviewFactory,
    TrainingFactory,
    UserFactory,
    VideoViewingFactory,
    WaveFactory,
)
from tests.participants.people_files import csv_text, person
from tests.serving import Site
from tests.trainings.catalogue_files import catalogue_text
from trainings.models import Purchase, Stage, Training


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


def bought(stage: Stage, *, days_ago: float = 1, **changes: Any) -> Purchase:
    """Return a purchase of so many days ago that has come as far as ``stage``."""
    who = passed(days_ago=days_ago + 1, videos_completed=3, funded=True)
    paid_at = timezone.now() - dt.timedelta(days=days_ago)
    return PurchaseFactory(participant=who, stage=stage, paid_at=paid_at, **changes)


def reviewed(**changes: Any) -> Purchase:
    purchase = bought(Stage.COMPLETED)
    ReviewFactory(purchase=purchase, created_at=timezone.now(), **changes)
    return purchase


# Where a purchase can stand, as the dashboard and the list of purchases show it.
PURCHASES: dict[str, Callable[[], Purchase]] = {
    **{f"{stage}": lambda stage=stage: bought(stage) for stage in Stage},
    "late": lambda: bought(Stage.FINISHED, days_ago=20),
    "other_name": lambda: bought(Stage.AT_OFFICE, reported_name="Budi Santoso"),
    "reviewed": reviewed,
}


def purchase_pages(name: str, make: Callable[[], Purchase]) -> None:
    """Add the pages of a purchase; the address may hold its order's number."""

    def opens(path: str) -> State:
        def open_it(visit: Visit) -> None:
            purchase = make()
            user = purchase.participant.user
            visit.open(path.format(purchase.order.reference), user)

        return open_it

    STATES[f"dashboard_purchase_{name}"] = opens("/dashboard/")
    STATES[f"purchases_{name}"] = opens("/pembelian/")
    if name in {"completed", "reviewed"}:
        STATES[f"review_{name}"] = opens("/pembelian/{}/ulasan/")
        STATES[f"certificate_{name}"] = opens("/pembelian/{}/sertifikat/")


for name, make in PURCHASES.items():
    purchase_pages(name, make)


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
page("incentives", "/insentif/", ready)
page("account", "/akun/", ready)
page("sessions", "/akun/sesi/", ready)
page("logout", "/keluar/", ready)
page("password_change", "/akun/password/", ready)
page("reauthentication", "/akun/konfirmasi/", ready)


page("purchases_none", "/pembelian/", ready)
page("certificate_check_form", "/sertifikat/")


@state
def purchases_order_open(visit: Visit) -> None:
    who = passed(videos_completed=3, funded=True)
    order = OrderFactory(ordered_at=timezone.now(), participant=who)
    visit.open("/pembelian/", order.participant.user)


@state
def review_refused(visit: Visit) -> None:
    STATES["review_completed"](visit)
    with visit.page.expect_navigation():
        visit.press("Kirim ulasan")
    visit.expect_refusal(422)


@state
def review_hidden(visit: Visit) -> None:
    purchase = reviewed(hidden=True)
    address = f"/pembelian/{purchase.order.reference}/ulasan/"
    visit.open(address, purchase.participant.user)


@state
def certificate_valid(visit: Visit) -> None:
    code = bought(Stage.COMPLETED).certificate.check_code
    visit.open(f"/sertifikat/{code}/")


@state
def certificate_unknown(visit: Visit) -> None:
    visit.open("/sertifikat/ABCD2345EFGH6789/")
    visit.expect_refusal(404)


@state
def certificate_code_missing(visit: Visit) -> None:
    visit.open("/sertifikat/?kode=")
    visit.expect_refusal(422)


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


# --- The balance and the notices --------------------------------------------------

lost = participant(days_ago=40, funded=True, revoked=True)
page("balance_on_its_way", "/saldo/", participant())
page("balance_late", "/saldo/", participant(days_ago=9))
page("balance_untouched", "/saldo/", ready)
page("balance_lost", "/saldo/", lost)
page("notices_none", "/notifikasi/", ready)
page("dashboard_revoked_with_a_loss", "/dashboard/", lost)


@state
def balance_after_a_refund(visit: Visit) -> None:
    visit.open("/saldo/", bought(Stage.CANCELLED).participant.user)


@state
def notices_new_and_read(visit: Visit) -> None:
    who = passed(videos_completed=3)
    now = timezone.now()
    while fund_next(who.wave, after=0, at=now):
        pass
    who.notices.mark_read(at=now)
    who.wave.participants.update(purchase_deadline=timezone.localdate())
    assert sum(remind(at=now + dt.timedelta(seconds=1))) == 1
    visit.open("/notifikasi/", who.user)


@state
def dashboard_with_new_notices(visit: Visit) -> None:
    who = passed(videos_completed=3)
    fund_next(who.wave, after=0, at=timezone.now())
    visit.open("/dashboard/", who.user)


# --- The catalogue ----------------------------------------------------------------


def catalogue(
    name: str, path: str, who: Callable[[], User] = ready, **fields: Any
) -> None:
    """Add a page of the catalogue of the demo, with one training that differs."""

    def open_it(visit: Visit) -> None:
        call_command("load_trainings", verbosity=0)
        trainings = Training.objects.filter(code="SKA-002")
        trainings.update(rating_sum=58, rating_count=12, **fields)
        visit.open(path, who())

    STATES[name] = open_it


PYTHON = "/pelatihan/dasar-pemrograman-python/"
catalogue("trainings", "/pelatihan/")
catalogue("trainings_of_who_is_not_funded", "/pelatihan/", participant())
catalogue("trainings_filtered", "/pelatihan/?bidang=digital&saldo=1&platform=pintaria")
catalogue("trainings_corrected", "/pelatihan/?q=bariata+zzzzz")
catalogue("trainings_not_found", "/pelatihan/?q=sepeda+excel&bidang=craft")
catalogue("trainings_third_page", "/pelatihan/?hal=3")
catalogue("training", PYTHON)
catalogue("training_too_dear", PYTHON, price=1_200_000)
catalogue("training_before_the_videos", PYTHON, participant(funded=True))
catalogue("training_for_who_did_not_pass", PYTHON, UserFactory)
catalogue("training_ended", PYTHON, on_sale_until=in_days(-1).date())
catalogue("training_to_come", PYTHON, on_sale_from=dt.date(2100, 9, 1))
catalogue("how_to_buy", "/pelatihan/cara-membeli/")


@state
def training_reviewed(visit: Visit) -> None:
    training = TrainingFactory()
    for n in range(12):
        purchase = PurchaseFactory(training=training, completed=True)
        ReviewFactory(purchase=purchase, rating=1 + n % 5)
    visit.open(training.get_absolute_url(), ready())


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


def admin_trainings_page(
    name: str, path: str, make: Callable[[], Purchase] = reviewed
) -> None:
    """Add a page of staff about a purchase; {} are the keys of what belongs to it."""

    def open_it(visit: Visit) -> None:
        purchase = make()
        keys = {"purchase": purchase.pk}
        if purchase.is_completed:
            keys |= {"certificate": purchase.certificate.pk}
            keys |= {"review": purchase.review.pk}
        visit.open(f"/admin/trainings/{path.format(**keys)}", superuser())

    STATES[name] = open_it


admin_trainings_page("admin_purchases", "purchase/")
admin_trainings_page("admin_purchase", "purchase/{purchase}/change/")
admin_trainings_page(
    "admin_purchase_other_name", "purchase/{purchase}/change/", PURCHASES["other_name"]
)
admin_trainings_page(
    "admin_purchase_accept_name",
    "purchase/{purchase}/terima-nama/",
    PURCHASES["other_name"],
)
admin_trainings_page(
    "admin_purchase_advance", "purchase/{purchase}/majukan/", PURCHASES["in_progress"]
)
admin_trainings_page(
    "admin_purchase_refund", "purchase/{purchase}/batalkan/", PURCHASES["paid"]
)
admin_trainings_page("admin_certificates", "certificate/")
admin_trainings_page("admin_certificate", "certificate/{certificate}/change/")
admin_trainings_page("admin_reviews", "review/")
admin_trainings_page("admin_review", "review/{review}/change/")
admin_trainings_page("admin_review_hide", "review/{review}/sembunyikan/")


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
    expect(visit.page.get_by_text("Menunggu giliran").first).to_be_visible()
    with override_settings(DATA_DIR=visit.site.folder):
        run(Job.objects.get().pk, clock=timezone.now)
    visit.page.get_by_role("link", name="Kembali ke lolos.csv").click()
    heading = visit.page.get_by_role("heading", name="Impor selesai")
    expect(heading).to_be_visible()


# --- Staff and the catalogue ------------------------------------------------------

TRAININGS = "/admin/trainings/training/"
catalogue("admin_trainings", TRAININGS, superuser)
catalogue("admin_trainings_found", f"{TRAININGS}?q=kopi&keadaan=on_sale", superuser)
catalogue("admin_providers", "/admin/trainings/provider/", superuser)
catalogue("admin_platforms", "/admin/trainings/platform/", superuser)
catalogue("admin_new_training", f"{TRAININGS}add/", superuser)
catalogue("admin_import_of_trainings", f"{TRAININGS}impor/", superuser)


@state
def admin_training(visit: Visit) -> None:
    training = TrainingFactory()
    visit.open(f"{TRAININGS}{training.pk}/change/", superuser())


@state
def admin_training_history(visit: Visit) -> None:
    training = TrainingFactory()
    training.price = 600_000
    training.save()
    visit.open(f"{TRAININGS}{training.pk}/history/", superuser())


@state
def admin_training_refused(visit: Visit) -> None:
    admin_training(visit)
    visit.page.get_by_label("Harga").fill("gratis")
    with visit.page.expect_navigation():
        visit.page.get_by_role("button", name="Simpan", exact=True).click()


@state
def admin_trainings_report(visit: Visit) -> None:
    training = TrainingFactory()
    visit.open(f"{TRAININGS}impor/", superuser())
    provider = {
        "provider": training.provider.slug,
        "provider_name": "",
        "provider_contact": "",
    }
    text = catalogue_text(
        {"code": training.code, **provider}, {}, {"code": "B", "price": "gratis"}
    )
    file = {"name": "katalog.csv", "mimeType": "text/csv", "buffer": text.encode()}
    visit.page.get_by_label("Berkas CSV").set_input_files(file)
    with visit.page.expect_navigation():
        visit.press("Unggah dan periksa")
