"""Staff and purchases: found, moved on, refunded; names accepted, reviews hidden."""

import datetime as dt

import pytest
from django.contrib.auth.models import Permission

from participants.models import BalanceEntry
from tests.factories import (
    NOW,
    PurchaseFactory,
    ReviewFactory,
    UserFactory,
)
from trainings.models import Certificate, Purchase, Review, StaffStep, Stage

pytestmark = pytest.mark.django_db

LIST = "/admin/trainings/purchase/"
REASON = {"reason": "Laporan 123, kelas ditutup"}


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW + dt.timedelta(hours=8), tick=False)


@pytest.fixture
def staff():
    return UserFactory(superuser=True)


@pytest.fixture
def admin(client, staff):
    client.force_login(staff)
    return client


def address(row, part="change/"):
    return f"/admin/trainings/{row._meta.model_name}/{row.pk}/{part}"


def agent(*codenames):
    """Return staff who may see purchases and reviews, and do what is named."""
    user = UserFactory(staff=True)
    names = ["view_purchase", "view_review", *codenames]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    return user


# --- finding --------------------------------------------------------------------------


def test_voucher_leads_to_its_purchase(admin):
    purchase = PurchaseFactory()
    PurchaseFactory()

    html = admin.get(LIST, {"q": purchase.voucher.lower()}).text

    assert purchase.participant.user.email in html
    assert "1 pembelian" in html


def test_email_leads_to_the_purchase_without_standing_in_an_address(admin):
    purchase = PurchaseFactory()
    PurchaseFactory()

    response = admin.post(f"{LIST}cari/", {"q": purchase.participant.user.email})

    assert response.url == address(purchase)


@pytest.mark.parametrize("model", ["purchase", "certificate", "review"])
def test_what_identifies_a_person_is_searched_for_by_post(admin, model):
    html = admin.get(f"/admin/trainings/{model}/").text

    assert f'method="post" action="/admin/trainings/{model}/cari/"' in html


def test_person_leads_to_their_purchases_and_no_others(admin):
    purchase = PurchaseFactory()
    PurchaseFactory()
    person = purchase.participant
    theirs = f"{LIST}?participant__id__exact={person.pk}"

    page = admin.get(f"/admin/participants/participant/{person.pk}/change/").text
    html = admin.get(theirs).text

    assert f'href="{theirs}"' in page
    assert person.user.email in html
    assert "1 pembelian" in html


def test_late_reports_are_a_list_of_their_own(admin):
    late = PurchaseFactory(finished=True, paid_at=NOW - dt.timedelta(days=4))
    PurchaseFactory(finished=True)
    PurchaseFactory(at_office=True, paid_at=NOW - dt.timedelta(days=4))

    html = admin.get(LIST, {"laporan": "terlambat"}).text

    assert late.participant.user.email in html
    assert "1 pembelian" in html
    assert "terlambat" in html


def test_list_costs_the_same_queries_however_long(admin, django_assert_max_num_queries):
    for _ in range(5):
        PurchaseFactory()
    admin.get(LIST)

    with django_assert_max_num_queries(6):
        admin.get(LIST)


@pytest.mark.parametrize("stage", Stage)
def test_purchase_page_opens_in_every_stage(admin, stage):
    purchase = PurchaseFactory(stage=stage)

    html = admin.get(address(purchase)).text

    assert purchase.voucher in html
    assert "-Rp500.000" in html
    assert ("Majukan tahap" in html) == (
        stage not in {Stage.COMPLETED, Stage.CANCELLED}
    )


def test_certificate_is_found_by_its_number(admin):
    certificate = PurchaseFactory(completed=True).certificate

    html = admin.get(
        "/admin/trainings/certificate/", {"q": certificate.number.lower()}
    ).text

    assert certificate.holder_name in html
    assert admin.get(address(certificate)).status_code == 200


# --- refund ---------------------------------------------------------------------------


def test_refund_shows_the_amount_and_gives_it_back_with_a_reason(admin, staff):
    purchase = PurchaseFactory(price=500_000)

    assert "Rp500.000" in admin.get(address(purchase, "batalkan/")).text
    admin.post(address(purchase, "batalkan/"), REASON)

    purchase.refresh_from_db()
    assert purchase.stage == Stage.CANCELLED
    assert (purchase.cancelled_by, purchase.cancel_reason) == (
        staff,
        REASON["reason"],
    )
    assert purchase.refund.amount == 500_000


def test_refund_without_a_reason_gives_nothing_back(admin):
    purchase = PurchaseFactory()

    response = admin.post(address(purchase, "batalkan/"), {"reason": ""})

    assert response.status_code == 422
    assert not BalanceEntry.objects.filter(kind="refund").exists()


def test_refund_sent_twice_gives_back_once(admin):
    purchase = PurchaseFactory()

    for _ in range(2):
        response = admin.post(address(purchase, "batalkan/"), REASON, follow=True)

    assert "sudah" in response.text
    assert BalanceEntry.objects.filter(kind="refund").count() == 1


# --- stages and names -----------------------------------------------------------------


def test_staff_move_a_purchase_one_stage_on(admin, staff):
    purchase = PurchaseFactory()

    assert "Voucher ditukar" in admin.get(address(purchase, "majukan/")).text
    admin.post(address(purchase, "majukan/"), REASON | {"stage": "redeemed"})

    purchase.refresh_from_db()
    assert purchase.stage == Stage.REDEEMED
    assert StaffStep.objects.get().taken_by == staff


def test_stale_page_moves_nothing(admin):
    purchase = PurchaseFactory(in_progress=True)

    response = admin.post(
        address(purchase, "majukan/"), REASON | {"stage": "redeemed"}, follow=True
    )

    assert "sudah bergerak" in response.text
    assert Purchase.objects.get().stage == Stage.IN_PROGRESS


@pytest.mark.parametrize(("name", "told"), [("Budi", True), ("", False)])
def test_differing_name_is_told_as_soon_as_it_is_typed(admin, name, told):
    purchase = PurchaseFactory(in_progress=True)
    own = purchase.participant.user.full_name
    form = REASON | {"stage": Stage.FINISHED, "reported_name": name or own}

    page = admin.post(address(purchase, "majukan/"), form, follow=True).text

    assert ("Sertifikat belum bisa terbit" in page) is told


def test_end_of_learning_asks_for_the_reported_name(admin):
    purchase = PurchaseFactory(in_progress=True)
    form = REASON | {"stage": "finished"}

    assert admin.post(address(purchase, "majukan/"), form).status_code == 422
    admin.post(address(purchase, "majukan/"), form | {"reported_name": "Sari"})

    purchase.refresh_from_db()
    assert (purchase.stage, purchase.reported_name) == (Stage.FINISHED, "Sari")


def test_completed_purchase_has_no_next_stage(admin):
    purchase = PurchaseFactory(completed=True)

    response = admin.get(address(purchase, "majukan/"), follow=True)

    assert "sudah bergerak" in response.text


def test_another_name_is_accepted_by_staff_with_a_reason(admin):
    purchase = PurchaseFactory(at_office=True, reported_name="Muh. Ali")

    html = admin.get(address(purchase)).text
    assert "Terima nama" in html
    assert "Majukan tahap" not in html
    assert "Muh. Ali" in admin.get(address(purchase, "terima-nama/")).text
    admin.post(address(purchase, "terima-nama/"), REASON)

    assert Certificate.objects.get().purchase == purchase
    assert StaffStep.objects.get().accepts_name


def test_reports_are_verified_together_and_other_names_held(admin):
    good = PurchaseFactory(at_office=True)
    held = PurchaseFactory(at_office=True, reported_name="Budi")
    early = PurchaseFactory(finished=True)

    html = admin.post(
        LIST,
        {
            "action": "verify_selected",
            "_selected_action": [good.pk, held.pk, early.pk],
        },
        follow=True,
    ).text

    assert "1 sertifikat terbit" in html
    assert "Nama di laporan: Budi" in html
    assert Certificate.objects.get().purchase == good


@pytest.mark.parametrize(
    ("part", "permission"),
    [
        ("batalkan/", "refund_purchase"),
        ("majukan/", "change_purchase"),
        ("terima-nama/", "change_purchase"),
    ],
)
def test_each_act_needs_its_own_permission(client, part, permission):
    purchase = PurchaseFactory(at_office=True, reported_name="Budi")
    every = {"refund_purchase", "change_purchase", "hide_review"}

    client.force_login(agent(*every - {permission}))
    assert client.post(address(purchase, part), REASON).status_code == 403
    assert address(purchase, part) not in client.get(address(purchase)).text

    client.force_login(agent(permission))
    assert client.get(address(purchase, part)).status_code == 200


# --- reviews --------------------------------------------------------------------------


def test_review_is_hidden_and_shown_again_with_a_reason(admin, staff):
    review = ReviewFactory(purchase=PurchaseFactory(completed=True))
    form = {"reason": "Memuat nomor telepon"}

    admin.post(address(review, "sembunyikan/"), form | {"hide": "1"})
    review.refresh_from_db()
    assert (review.hidden_by, review.hidden_reason) == (staff, form["reason"])
    assert "Disembunyikan" in admin.get("/admin/trainings/review/").text

    admin.post(address(review, "sembunyikan/"), form | {"show": "1"})
    assert not Review.objects.get().is_hidden
    assert "Memuat nomor telepon" in admin.get(address(review, "history/")).text


def test_hiding_what_is_hidden_changes_nothing(admin):
    review = ReviewFactory(purchase=PurchaseFactory(completed=True), hidden=True)

    response = admin.post(
        address(review, "sembunyikan/"),
        {"reason": "Memuat nomor telepon", "hide": "1"},
        follow=True,
    )

    assert "Tidak ada yang berubah" in response.text


def test_hidden_reviews_are_a_list_of_their_own(admin):
    hidden = ReviewFactory(purchase=PurchaseFactory(completed=True), hidden=True)
    shown = ReviewFactory(purchase=PurchaseFactory(completed=True))

    html = admin.get("/admin/trainings/review/", {"keadaan": "tersembunyi"}).text

    assert hidden.training.title in html
    assert shown.training.title not in html


def test_hiding_needs_its_permission_and_a_reason(client):
    review = ReviewFactory(purchase=PurchaseFactory(completed=True))
    page = address(review, "sembunyikan/")

    client.force_login(agent("change_purchase"))
    assert client.get(page).status_code == 403

    client.force_login(agent("hide_review"))
    assert client.post(page, {"reason": "", "hide": "1"}).status_code == 422


def test_reviews_list_costs_the_same_queries_however_long(
    admin, django_assert_max_num_queries
):
    for _ in range(4):
        ReviewFactory(purchase=PurchaseFactory(completed=True))
    admin.get("/admin/trainings/review/")

    with django_assert_max_num_queries(6):
        admin.get("/admin/trainings/review/")
