"""The dashboard, in every state a person can be in."""

import datetime as dt

import pytest
import time_machine

from participants.models import RejectionReason
from prakerja.dashboard import rejection_advice
from tests.factories import (
    ANNOUNCED_AT,
    NOW,
    ApplicationFactory,
    ParticipantFactory,
    PurchaseFactory,
    ReviewFactory,
    TrainingFactory,
    UserFactory,
    WaveFactory,
)

pytestmark = pytest.mark.django_db

JUST_BEFORE = ANNOUNCED_AT - dt.timedelta(seconds=1)


def page(client, user, *, at=NOW):
    client.force_login(user)
    with time_machine.travel(at, tick=False):
        # A session of its own moment: nobody stays logged in for years.
        client.force_login(user)
        response = client.get("/dashboard/")
    assert response.status_code == 200
    return response.text


def test_anonymous_is_sent_to_log_in(client):
    response = client.get("/dashboard/")

    assert response.status_code == 302
    assert response.url == "/masuk/?next=/dashboard/"


def test_just_passed_sees_no_number_and_the_way_to_video_1(client):
    participant = ParticipantFactory(card_number="8246105733916420")

    html = page(client, participant.user)

    assert "No Kartu Prakerja" in html
    assert "0 dari 3 video selesai" in html
    assert 'href="/video/1/"' in html
    assert "data-card-number" not in html
    assert "Salin Nomor Kartu" not in html
    assert "Saldo pelatihan sedang dikirim bertahap" in html


@pytest.mark.parametrize("watched", [1, 2])
def test_some_videos_watched_leads_to_the_next(client, watched):
    participant = ParticipantFactory(videos_completed=watched)

    html = page(client, participant.user)

    assert f"{watched} dari 3 video selesai" in html
    assert f'href="/video/{watched + 1}/"' in html
    assert "data-card-number" not in html


@pytest.mark.parametrize("watched", [0, 1, 2])
def test_before_the_gate_no_part_of_the_number_is_in_the_response(client, watched):
    participant = ParticipantFactory(
        card_number="8246105733916420", videos_completed=watched
    )

    html = page(client, participant.user)

    for start in range(0, 16, 4):
        assert participant.card_number[start : start + 4] not in html


def test_number_is_shown_after_three_videos(client):
    participant = ParticipantFactory(
        card_number="8246105733916420", videos_completed=3, funded=True
    )

    html = page(client, participant.user)

    assert "data-card-number" in html
    assert "Salin Nomor Kartu" in html
    assert "Rp1.000.000" in html
    for group in ("8246", "1057", "3391", "6420"):
        assert group in html


def test_late_balance_says_whom_to_call(client):
    participant = ParticipantFactory()

    html = page(client, participant.user, at=NOW.replace(day=30))

    assert "Seharusnya sudah masuk" in html


@pytest.mark.parametrize("address", ["/pelatihan/cara-membeli/", "/insentif/"])
def test_pages_about_money_tell_the_revoked_the_truth(client, address):
    client.force_login(ParticipantFactory(revoked=True).user)

    assert "dicabut" in client.get(address).text
    assert "/bantuan/#keberatan" in client.get(address).text


def test_deadline_shows_date_hour_and_days_left(client):
    participant = ParticipantFactory(videos_completed=3)

    html = page(client, participant.user)

    assert "21 Oktober 2021" in html
    assert "23.59 WIB" in html
    assert "Tersisa 23 hari" in html


def test_three_days_before_the_deadline_the_page_says_so(client):
    participant = ParticipantFactory(videos_completed=3)

    html = page(client, participant.user, at=NOW.replace(month=10, day=18))

    assert "Tersisa 3 hari" in html


def test_last_day_is_called_the_last_day(client):
    participant = ParticipantFactory(videos_completed=3)

    html = page(client, participant.user, at=NOW.replace(month=10, day=21))

    assert "Hari terakhir" in html


def test_bought_in_time_needs_no_deadline_any_more(client):
    participant = ParticipantFactory(
        videos_completed=3, funded=True, first_purchased_at=NOW
    )

    html = page(client, participant.user)

    assert "Sudah terpenuhi" in html


def test_training_under_way_is_shown_with_its_leg_and_day(client):
    purchase = PurchaseFactory(finished=True, training__title="Menjahit Kebaya")

    html = page(client, purchase.participant.user)

    assert "Pelatihanmu" in html
    assert "Menjahit Kebaya" in html
    assert "29 September 2021" in html


def test_without_a_training_there_is_no_card_for_it(client):
    html = page(client, ParticipantFactory(videos_completed=3).user)

    assert "Pelatihanmu" not in html


@pytest.mark.parametrize(("reviewed", "ticks"), [(False, 4), (True, 5)])
def test_certificate_and_review_are_ticked(client, reviewed, ticks):
    purchase = PurchaseFactory(completed=True)
    if reviewed:
        ReviewFactory(purchase=purchase)

    html = page(client, purchase.participant.user)

    assert html.count('class="step--done"') == ticks


def test_dashboard_costs_six_queries_at_most_whatever_was_bought(
    client, django_assert_max_num_queries
):
    first = PurchaseFactory(completed=True, price=100_000)
    ReviewFactory(purchase=first)
    for days in (1, 2, 3):
        PurchaseFactory(
            participant=first.participant,
            training=TrainingFactory(price=100_000),
            completed=True,
            paid_at=NOW - dt.timedelta(days=days),
        )
    page(client, first.participant.user)

    with time_machine.travel(NOW, tick=False), django_assert_max_num_queries(6):
        client.get("/dashboard/")


def test_revoked_sees_what_happened_and_no_number(client):
    participant = ParticipantFactory(
        card_number="8246105733916420", videos_completed=3, revoked=True
    )

    html = page(client, participant.user, at=NOW.replace(month=11))

    assert "Kepesertaan" in html
    assert "dicabut" in html
    assert "tidak membeli pelatihan pertama" in html
    assert "data-card-number" not in html
    assert "6420" not in html


def test_incentive_summary_is_honestly_empty(client):
    html = page(client, ParticipantFactory().user)

    assert "Rp2.550.000" in html


def test_until_the_announcement_who_passed_reads_what_everyone_reads(client):
    wave = WaveFactory()
    passed = ParticipantFactory(wave=wave, user__full_name="Sari")
    failed = ApplicationFactory(
        wave=wave, not_passed=True, applicant__user__full_name="Sari"
    )
    undecided = ApplicationFactory(wave=wave, applicant__user__full_name="Sari")
    people = [passed.user, failed.applicant.user, undecided.applicant.user]

    pages = [_without_tokens(page(client, user, at=JUST_BEFORE)) for user in people]

    assert "Dalam proses seleksi" in pages[0]
    assert pages[0] == pages[1] == pages[2]


def test_from_the_instant_of_the_announcement_everyone_sees_theirs(client):
    wave = WaveFactory()
    passed = ParticipantFactory(wave=wave)
    failed = ApplicationFactory(wave=wave, not_passed=True)

    assert "No Kartu Prakerja" in page(client, passed.user, at=ANNOUNCED_AT)
    html = page(client, failed.applicant.user, at=ANNOUNCED_AT)
    assert "Kamu Belum Berhasil" in html


@pytest.mark.parametrize("address", ["/video/1/", "/video/3/"])
def test_before_the_announcement_a_video_is_as_absent_as_for_anybody(client, address):
    passed = ParticipantFactory(wave__unannounced=True).user
    nobody = UserFactory()

    answers = []
    for user in (passed, nobody):
        client.force_login(user)
        answers.append(client.get(address).status_code)

    assert answers == [404, 404]


def test_until_the_announcement_passing_costs_the_same_queries(
    client, django_assert_num_queries
):
    wave = WaveFactory(unannounced=True)
    people = [
        ParticipantFactory(wave=wave).user,
        ApplicationFactory(wave=wave, not_passed=True).applicant.user,
    ]
    for user in people:
        client.force_login(user)
        client.get("/dashboard/")
        with django_assert_num_queries(3):
            client.get("/dashboard/")


@pytest.mark.parametrize("reason", RejectionReason)
def test_who_did_not_pass_is_told_why(client, reason):
    application = ApplicationFactory(not_passed=True, rejection_reason=reason)

    html = page(client, application.applicant.user)

    assert "Kamu Belum Berhasil" in html
    assert reason.label in html


def test_applicant_of_an_open_wave_waits_for_it_to_close(client):
    application = ApplicationFactory(wave__announced_at=NOW + dt.timedelta(days=4))

    html = page(client, application.applicant.user)

    assert "Menunggu gelombang ditutup" in html


def test_the_latest_wave_counts(client):
    application = ApplicationFactory(not_passed=True)
    ApplicationFactory(
        applicant=application.applicant, wave__announced_at=NOW + dt.timedelta(days=4)
    )

    html = page(client, application.applicant.user)

    assert "Menunggu gelombang ditutup" in html


def test_without_any_open_wave_none_is_found(client):
    assert "Gelombang Tidak Ditemukan" in page(client, UserFactory())


def test_who_joined_nothing_is_told_of_the_open_wave(client):
    wave = WaveFactory(announced_at=NOW + dt.timedelta(days=4))

    assert f"Gelombang {wave.number} sedang dibuka" in page(client, UserFactory())


def test_staff_without_a_membership_are_told_so(client):
    assert "Akun petugas" in page(client, UserFactory(staff=True))


@pytest.mark.parametrize("watched", [0, 1, 3])
def test_dashboard_takes_at_most_six_queries(
    client, django_assert_max_num_queries, watched
):
    participant = ParticipantFactory(videos_completed=watched)
    client.force_login(participant.user)
    client.get("/dashboard/")

    with django_assert_max_num_queries(6):
        client.get("/dashboard/")


def test_journey_of_who_was_revoked_says_what_was_missed(client):
    participant = ParticipantFactory(videos_completed=3, revoked=True)

    html = page(client, participant.user, at=NOW.replace(month=11))

    assert "Terlewat" in html


@pytest.mark.parametrize("address", ["/", "/bantuan/"])
def test_public_pages_say_that_this_is_not_the_official_site(client, address):
    html = client.get(address).text

    assert "prakerja.go.id" in html
    assert "0800-150-3001" in html


@pytest.mark.parametrize("address", ["/pelatihan/", "/insentif/"])
def test_pages_the_dashboard_leads_to_exist(client, address):
    client.force_login(UserFactory())

    assert client.get(address).status_code == 200


def _without_tokens(html):
    """Blank what differs between any two requests: CSRF tokens."""
    lines = html.splitlines()
    return "\n".join(line for line in lines if "csrfmiddlewaretoken" not in line)


def test_who_is_listed_for_social_aid_by_mistake_is_told_whom_to_ask():
    assert "www.lapor.go.id" in rejection_advice(RejectionReason.SOCIAL_AID)


def test_a_former_recipient_is_not_invited_to_try_again():
    assert "sekali seumur hidup" in rejection_advice(RejectionReason.FORMER_RECIPIENT)
    assert "gelombang berikutnya" not in rejection_advice(
        RejectionReason.FORMER_RECIPIENT
    )
