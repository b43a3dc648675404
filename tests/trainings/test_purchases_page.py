"""Pelatihanmu: every purchase, what to do next, whom to ask; and the review's page."""

import datetime as dt

import pytest

from tests.factories import (
    NOW,
    OrderFactory,
    ParticipantFactory,
    PurchaseFactory,
    ReviewFactory,
    TrainingFactory,
    UserFactory,
)
from trainings.models import Purchase, Review, Stage

pytestmark = pytest.mark.django_db

WORDS = "Materinya jelas dan langsung bisa dipakai."


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW + dt.timedelta(hours=8), tick=False)
    return time_machine


def visit(client, purchase, part=""):
    client.force_login(purchase.participant.user)
    return client.get(f"/pembelian/{part}").text


def review_page(purchase):
    return f"/pembelian/{purchase.order.reference}/ulasan/"


def demo_page(purchase):
    return f"/pembelian/{purchase.order.reference}/maju/"


# --- the list -------------------------------------------------------------------------


def test_who_bought_nothing_is_led_to_the_catalogue(client):
    client.force_login(ParticipantFactory(videos_completed=3, funded=True).user)

    html = client.get("/pembelian/").text

    assert "Belum ada pelatihan" in html
    assert 'href="/pelatihan/"' in html


def test_revoked_without_a_purchase_are_not_told_to_buy(client):
    client.force_login(ParticipantFactory(revoked=True).user)

    assert "/bantuan/#keberatan" in client.get("/pembelian/").text


def test_who_is_no_participant_has_no_trainings(client):
    client.force_login(UserFactory())

    assert client.get("/pembelian/").status_code == 404


def test_paid_training_shows_its_voucher_and_where_to_give_it_in(client):
    purchase = PurchaseFactory(training__provider__contact="halo@terang.test")

    html = visit(client, purchase)

    assert purchase.voucher in html
    assert "halo@terang.test" in html
    assert "Sudah dibayar" in html


def test_report_on_its_way_shows_its_leg_and_the_day(client):
    html = visit(client, PurchaseFactory(finished=True))

    assert "Selesai belajar, laporan di lembaga" in html
    assert "paling lambat 11 Oktober 2021" in html


def test_report_on_its_way_says_who_has_it_and_whom_to_ask(client):
    html = visit(client, PurchaseFactory(at_platform=True))

    assert "<dt>Laporan ada di</dt><dd>Prakerja, sejak" in html
    assert "<dt>Kalau lewat, tanyakan ke</dt><dd>0800-150-3001" in html


def test_late_report_says_whom_to_ask(client, clock):
    purchase = PurchaseFactory(
        finished=True, training__provider__contact="halo@terang.test"
    )
    clock.shift(dt.timedelta(days=2))

    html = visit(client, purchase)

    assert "Terlambat" in html
    assert "halo@terang.test" in html


def test_name_that_differs_is_shown_with_both_names(client):
    purchase = PurchaseFactory(
        at_office=True, reported_name="Budi", participant__user__full_name="Sari Dewi"
    )

    html = visit(client, purchase)

    assert "Nama di laporan: Budi, di akunmu: Sari Dewi." in html


def test_completed_training_leads_to_certificate_and_review(client):
    purchase = PurchaseFactory(completed=True)

    html = visit(client, purchase)

    assert f"/pembelian/{purchase.order.reference}/sertifikat/" in html
    assert review_page(purchase) in html


def test_cancelled_training_says_why_and_that_the_money_is_back(client):
    html = visit(client, PurchaseFactory(cancelled=True, price=500_000))

    assert "Kelas dibatalkan lembaga" in html
    assert "Rp500.000 sudah kembali" in html


def test_order_not_paid_leads_back_to_it(client):
    order = OrderFactory(ordered_at=NOW + dt.timedelta(hours=7, minutes=45))
    client.force_login(order.participant.user)

    html = client.get("/pembelian/").text

    assert f"/pembelian/{order.reference}/" in html
    assert "pukul 18.15 WIB" in html


def test_order_that_ran_out_is_not_shown(client):
    order = OrderFactory()
    client.force_login(order.participant.user)

    assert str(order.reference) not in client.get("/pembelian/").text


def test_list_costs_the_same_queries_however_long(
    client, django_assert_max_num_queries
):
    purchase = PurchaseFactory(completed=True, price=100_000)
    for days in (1, 2, 3):
        PurchaseFactory(
            participant=purchase.participant,
            training=TrainingFactory(price=100_000),
            completed=True,
            paid_at=NOW - dt.timedelta(days=days),
        )
    visit(client, purchase)

    with django_assert_max_num_queries(4):
        client.get("/pembelian/")


# --- the demo -------------------------------------------------------------------------


def test_demo_walks_the_whole_chain(client, settings):
    settings.DEMO = True
    purchase = PurchaseFactory()
    client.force_login(purchase.participant.user)

    for _ in range(6):
        assert "Peragaan: maju ke tahap berikutnya" in client.get("/pembelian/").text
        client.post(demo_page(purchase))

    assert Purchase.objects.get().stage == Stage.COMPLETED
    assert "Peragaan: maju" not in client.get("/pembelian/").text


def test_outside_the_demo_nobody_moves_their_own_purchase(client):
    purchase = PurchaseFactory()
    client.force_login(purchase.participant.user)

    assert client.post(demo_page(purchase)).status_code == 404
    assert Purchase.objects.get().stage == Stage.PAID
    assert "Peragaan: maju" not in client.get("/pembelian/").text


def test_demo_moves_nobody_elses_purchase(client, settings):
    settings.DEMO = True
    purchase = PurchaseFactory()
    client.force_login(ParticipantFactory().user)

    assert client.post(demo_page(purchase)).status_code == 404
    assert Purchase.objects.get().stage == Stage.PAID


# --- the review -----------------------------------------------------------------------


def write(client, purchase, **form):
    client.force_login(purchase.participant.user)
    return client.post(
        review_page(purchase), {"rating": "4", "text": WORDS} | form, follow=True
    )


def test_written_review_says_until_when_it_can_be_changed(client):
    purchase = PurchaseFactory(completed=True)

    html = write(client, purchase).text

    assert Review.objects.get().rating == 4
    assert "sampai 29 September 2021, 18.00 WIB" in html


def test_review_can_be_changed_on_its_page_for_a_day(client, clock):
    purchase = PurchaseFactory(completed=True)
    write(client, purchase)
    clock.shift(dt.timedelta(minutes=50))

    html = client.get(review_page(purchase)).text
    assert WORDS in html
    assert "Simpan perubahan" in html
    write(client, purchase, rating="2")

    assert Review.objects.get().rating == 2


def test_after_a_day_the_page_only_shows_the_review(client, clock):
    purchase = PurchaseFactory(completed=True)
    write(client, purchase)
    clock.shift(dt.timedelta(hours=25))
    client.logout()
    client.force_login(purchase.participant.user)

    html = client.get(review_page(purchase)).text

    assert WORDS in html
    assert "Simpan perubahan" not in html
    assert "sudah tidak bisa diubah" in write(client, purchase, rating="1").text


def test_writer_reads_why_a_review_was_hidden(client):
    review = ReviewFactory(purchase=PurchaseFactory(completed=True), hidden=True)
    client.force_login(review.purchase.participant.user)

    assert "Memuat nomor telepon" in client.get(review_page(review.purchase)).text


@pytest.mark.parametrize(
    "form",
    [
        {"rating": ""},
        {"rating": "0"},
        {"rating": "6"},
        {"text": ""},
        {"text": "Terlalu pendek."},
        {"text": "a" * 2001},
    ],
)
def test_review_without_stars_or_words_is_refused(client, form):
    response = write(client, PurchaseFactory(completed=True), **form)

    assert response.status_code == 422
    assert not Review.objects.exists()


@pytest.mark.parametrize(
    ("told", "what"),
    [
        ("0812-3456-7890", "Hapus nomor HP"),
        ("+62 812 3456 789", "Hapus nomor HP"),
        ("(021) 345 - 6789", "Hapus nomor HP"),
        ("0812.345.678", "Hapus nomor HP"),
        ("3174010101900001", "Hapus nomor HP"),
        ("sari.dewi@contoh.test", "Hapus alamat e-mailnya"),
    ],
)
def test_review_that_tells_how_to_reach_its_writer_is_refused(client, told, what):
    response = write(
        client, PurchaseFactory(completed=True), text=f"Bagus, tanya saya di {told} ya."
    )

    assert response.status_code == 422
    assert what in response.text
    assert not Review.objects.exists()


@pytest.mark.parametrize(
    "words",
    [
        "Belajar 12 jam pada 1-3 Oktober 2021, lulus ujian dengan nilai 95.",
        "Seharga Rp1.000.000 sudah dapat 24 modul dan 3 ujian.",
    ],
)
def test_review_may_have_numbers_that_reach_nobody(client, words):
    write(client, PurchaseFactory(completed=True), text=words)

    assert Review.objects.get().text == words


def test_training_not_completed_has_no_review_page_yet(client):
    purchase = PurchaseFactory(at_office=True)
    client.force_login(purchase.participant.user)

    response = client.get(review_page(purchase), follow=True)

    assert "setelah sertifikat pelatihan ini terbit" in response.text
