"""Contact-centre agents: finding people, masked numbers, help that leaves a record."""

import datetime as dt
import logging
import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from participants.admin import large_lists
from participants.models import (
    Applicant,
    Application,
    CardNumberDisclosure,
    User,
)
from participants.models.video import MembershipRevoked
from tests.factories import (
    ApplicantFactory,
    ParticipantFactory,
    UserFactory,
    WaveFactory,
    wib,
)

pytestmark = pytest.mark.django_db

LIST = "/admin/participants/participant/"
FIND = "/admin/participants/participant/cari/"
AT = wib(2021, 10, 1, 9)
DISCLOSURES = "/admin/participants/cardnumberdisclosure/"
MASKED = "•••• •••• •••• "


def staff(client, group: str) -> User:
    user = UserFactory(staff=True, full_name=f"Staf {group}")
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)
    return user


@pytest.fixture
def petugas(client):
    return staff(client, "Petugas")


@pytest.fixture
def pemeriksa(client):
    return staff(client, "Pemeriksa")


def page(row: object, name: str = "change") -> str:
    opts = row._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_{name}", args=[row.pk])


# --- Groups ----------------------------------------------------------


# What is done to people's money and purchases: supervisors read it afterwards.
DONE_BY_AGENTS_ONLY = {
    "fund_wave",
    "revoke_overdue",
    "refund_purchase",
    "change_purchase",
    "hide_review",
}


def test_supervisors_see_all_and_numbers_and_leave_money_to_agents():
    def rights(group: str) -> set[str]:
        permissions = Group.objects.get(name=group).permissions
        return set(permissions.values_list("codename", flat=True))

    agents = rights("Petugas")
    assert {
        "view_wave",
        "add_wave",
        "change_wave",
        "view_participant",
        "import_participants",
        "change_videoviewing",
    } <= agents
    assert not agents & {"view_card_number", "view_identity_numbers", "change_user"}
    assert agents - rights("Pemeriksa") == DONE_BY_AGENTS_ONLY
    assert {
        "view_card_number",
        "view_identity_numbers",
        "view_cardnumberdisclosure",
        "reinstate",
    } <= rights("Pemeriksa") - agents


def test_import_is_offered_to_who_may_import(client, petugas):
    address = reverse("admin:participants_import")
    assert address in client.get(LIST).text

    right = Group.objects.get(name="Petugas").permissions
    right.remove(right.get(codename="import_participants"))
    assert address not in client.get(LIST).text


def test_first_page_leads_to_what_staff_may_do(client, petugas):
    right = Group.objects.get(name="Petugas").permissions
    right.remove(right.get(codename="import_participants"))

    tasks = (
        client.get("/admin/").text.partition('class="tasks"')[2].partition("<table")[0]
    )

    assert f'href="{LIST}">Cari peserta' in tasks
    assert ">Gelombang</a>" in tasks
    assert "Impor peserta" not in tasks


# --- Numbers are masked ----------------------------------------------


@pytest.mark.parametrize("group", ["Petugas", "Pemeriksa"])
def test_no_admin_page_shows_the_digits(client, group, caplog):
    user = staff(client, group)
    participant = ParticipantFactory(videos_completed=2)
    applicant = participant.user.applicant
    participant.disclose_card_number(by=user, reason="Uji", at=timezone.now())
    application = applicant.applications.get()
    caplog.set_level(logging.DEBUG)

    for address in [
        "/admin/",
        "/admin/participants/",
        *(
            reverse(f"admin:participants_{name}_changelist")
            for name in ("wave", "user", "applicant", "application", "participant")
        ),
        *(
            page(row, view)
            for row in (
                participant.wave,
                participant,
                participant.user,
                applicant,
                application,
            )
            for view in ("change", "history")
        ),
        page(participant, "card_number"),
        page(participant, "grant_video"),
    ]:
        answer = client.get(address)

        assert participant.card_number not in answer.text, address
        assert f"{participant.card_number[:4]} {participant.card_number[4:8]}" not in (
            answer.text
        )
        if group == "Petugas":
            assert applicant.nik not in answer.text, address
            assert applicant.family_card_number not in answer.text, address
    assert participant.card_number not in caplog.text


def test_list_and_page_show_the_last_four_digits(client, petugas):
    participant = ParticipantFactory(card_number="1234567890121234")

    assert f"{MASKED}1234" in client.get(LIST).text
    assert f"{MASKED}1234" in client.get(page(participant)).text


def test_nik_and_family_card_are_masked_for_agents(client, petugas):
    applicant = ApplicantFactory(
        nik="3273011200000001", family_card_number="3273019900000002"
    )

    html = client.get(page(applicant)).text

    assert f"{MASKED}0001" in html
    assert f"{MASKED}0002" in html
    assert not LogEntry.objects.exists()


def test_supervisor_sees_nik_and_family_card_on_record(client, pemeriksa):
    applicant = ApplicantFactory()

    html = client.get(page(applicant)).text

    assert applicant.nik in html
    assert applicant.family_card_number in html
    entry = LogEntry.objects.get()
    assert entry.user_id == pemeriksa.pk
    assert entry.get_change_message() == "Melihat NIK dan nomor KK lengkap."


# --- Opening a card number -------------------------------------------


def test_opening_asks_for_a_reason_first(client, pemeriksa):
    participant = ParticipantFactory()
    address = page(participant, "card_number")

    asked = client.get(address)
    answer = client.post(address, {"reason": "  "})

    assert asked.status_code == 200
    assert answer.status_code == 422
    assert "Bidang ini tidak boleh kosong" in answer.text
    assert participant.card_number[:12] not in answer.text
    assert not CardNumberDisclosure.objects.exists()


def test_opening_shows_the_number_once_and_records_it(client, pemeriksa, caplog):
    participant = ParticipantFactory(card_number="1234567890129876")
    caplog.set_level(logging.DEBUG)

    answer = client.post(page(participant, "card_number"), {"reason": "Laporan 12"})

    groups = re.findall(r"<span>(\d{4})</span>", answer.text)
    assert groups == ["1234", "5678", "9012", "9876"]
    assert "no-store" in answer.headers["Cache-Control"]
    recorded = CardNumberDisclosure.objects.get()
    assert recorded.disclosed_to == pemeriksa
    assert recorded.reason == "Laporan 12"
    again = client.get(page(participant, "card_number")).text
    assert "5678" not in again


def test_digits_reach_no_title_message_log_or_history(client, pemeriksa, caplog):
    participant = ParticipantFactory(card_number="1234567890129876")
    caplog.set_level(logging.DEBUG)

    answer = client.post(page(participant, "card_number"), {"reason": "Laporan 12"})

    title = re.search("<title>(.*?)</title>", answer.text, re.DOTALL)[1]
    assert "9012" not in title
    assert "9012" not in page(participant, "card_number")
    assert "9012" not in client.get(page(participant, "history")).text
    assert "9012" not in client.get(page(participant)).text
    entry = LogEntry.objects.get()
    assert entry.get_change_message() == "Membuka nomor kartu."
    assert "9012" not in f"{entry.object_repr}{entry.change_message}"
    assert "56789012" not in caplog.text


@pytest.mark.parametrize("view", ["card_number", "grant_video"])
def test_reason_is_more_than_a_word(client, pemeriksa, view):
    participant = ParticipantFactory()

    answer = client.post(page(participant, view), {"video": "1", "reason": "Ya"})

    assert answer.status_code == 422
    assert "paling sedikit 10 huruf" in answer.text
    assert 'autocomplete="off"' in answer.text
    assert not CardNumberDisclosure.objects.exists()
    assert not participant.viewings.exists()


def test_openings_are_listed_for_supervisors_newest_first(client, pemeriksa):
    first, second = ParticipantFactory.create_batch(2)
    for participant in (first, second):
        participant.disclose_card_number(
            by=pemeriksa, reason="Laporan 12", at=timezone.now()
        )

    answer = client.get(DISCLOSURES)

    people = [row.participant for row in answer.context["cl"].result_list]
    assert people == [second, first]
    assert "Laporan 12" in answer.text
    assert page(first) in answer.text
    assert str(pemeriksa) in answer.text


def test_openings_are_not_listed_for_agents(client, petugas):
    assert client.get(DISCLOSURES).status_code == 403


@pytest.mark.parametrize("method", ["get", "post"])
def test_opening_is_forbidden_without_the_permission(client, petugas, method):
    participant = ParticipantFactory()

    answer = getattr(client, method)(
        page(participant, "card_number"), {"reason": "Ingin tahu"}
    )

    assert answer.status_code == 403
    assert participant.card_number[-4:] not in answer.text
    assert not CardNumberDisclosure.objects.exists()
    assert page(participant, "card_number") not in client.get(page(participant)).text


def test_participants_reach_no_staff_page(client):
    participant = ParticipantFactory(videos_completed=3)
    client.force_login(participant.user)

    for address in (LIST, page(participant), page(participant, "card_number")):
        answer = client.get(address)
        assert answer.status_code in {302, 403}
    assert client.post(FIND, {"q": participant.user.email}).status_code in {302, 403}


# --- Finding people --------------------------------------------------


@pytest.fixture
def sari():
    return ParticipantFactory(
        user__email="sari@contoh.test",
        user__full_name="Sari Dewi Lestari",
        card_number="1234567890129876",
    )


@pytest.fixture
def sari_applicant(sari):
    applicant = sari.user.applicant
    applicant.nik, applicant.phone = "3273011204980001", "081211112222"
    applicant.save()
    ParticipantFactory.create_batch(3)
    return applicant


@pytest.mark.parametrize(
    "term",
    [
        "sari@contoh.test",
        "SARI@contoh.test",
        "3273011204980001",
        "3273 0112 0498 0001",
        "081211112222",
        "0812-1111-2222",
        "+62 812 1111 2222",
    ],
)
def test_identifier_leads_straight_to_the_person(
    client, petugas, sari, sari_applicant, term
):
    answer = client.post(FIND, {"q": term})

    assert answer.status_code == 302
    assert answer.url == page(sari)


@pytest.mark.parametrize("term", ["Sari", "sari dewi", "  SARI   DEWI LES "])
def test_name_is_found_by_its_beginning(client, petugas, sari, sari_applicant, term):
    answer = client.post(FIND, {"q": term}, follow=True)

    rows = answer.context["cl"].result_list
    assert sari in rows
    assert all(row.user.full_name.startswith("Sari") for row in rows)
    assert ("Dewi" in term.title()) == (len(rows) == 1)


def test_name_is_not_found_by_its_middle(client, petugas, sari, sari_applicant):
    answer = client.get(f"{LIST}?q=Lestari")

    assert not answer.context["cl"].result_list


@pytest.mark.parametrize("term", ["Sari 100%", "S_ri", "", "'"])
def test_search_takes_signs_as_signs(client, petugas, sari, sari_applicant, term):
    answer = client.post(FIND, {"q": term}, follow=True)

    assert (sari in answer.context["cl"].result_list) == (term == "")


def test_full_card_number_is_found_by_supervisors_only(client, sari, sari_applicant):
    staff(client, "Petugas")
    refused = client.post(FIND, {"q": "1234 5678 9012 9876"})
    staff(client, "Pemeriksa")
    found = client.post(FIND, {"q": "1234 5678 9012 9876"})

    assert refused.url == LIST
    assert found.url == page(sari)


def test_card_number_in_an_address_finds_nobody(
    client, pemeriksa, sari, sari_applicant
):
    answer = client.get(f"{LIST}?q=1234567890129876")

    assert not answer.context["cl"].result_list


def test_what_was_not_found_is_not_repeated(client, petugas, sari_applicant):
    answer = client.post(FIND, {"q": "3273011204989999"}, follow=True)

    assert "Tidak ada peserta dengan e-mail atau nomor itu." in answer.text
    assert "3273011204989999" not in answer.text


def test_staff_without_the_right_find_nobody(client, sari):
    client.force_login(UserFactory(staff=True))

    assert client.post(FIND, {"q": sari.user.email}).status_code == 403


def test_phone_of_a_family_lists_all_of_them_without_the_number(
    client, petugas, sari, sari_applicant
):
    brother = ParticipantFactory()
    Applicant.objects.filter(user=brother.user).update(phone=sari_applicant.phone)

    answer = client.post(FIND, {"q": sari_applicant.phone}, follow=True)

    assert set(answer.context["cl"].result_list) == {sari, brother}
    assert sari_applicant.phone not in answer.redirect_chain[-1][0]


def test_search_form_posts_so_that_addresses_hold_no_identifiers(client, petugas):
    html = client.get(LIST).text

    assert f'method="post" action="{FIND}"' in html


@pytest.mark.parametrize(
    "question",
    [
        "card_number__startswith=1",
        "card_number=1234567890129876",
        "user__applicant__nik__startswith=3",
        "user__password__startswith=a",
    ],
)
def test_numbers_cannot_be_guessed_digit_by_digit(
    client, pemeriksa, sari, question, caplog
):
    answer = client.get(f"{LIST}?{question}")

    assert answer.status_code == 400


@pytest.mark.parametrize("model", ["applicant", "application", "user"])
def test_other_lists_are_searched_alike(client, petugas, sari, sari_applicant, model):
    address = f"/admin/participants/{model}/"
    by_nik = client.post(f"{address}cari/", {"q": sari_applicant.nik})
    by_name = client.get(f"{address}?q=sari dewi")

    assert "/change/" in by_nik.url
    assert len(by_name.context["cl"].result_list) == 1


@pytest.mark.parametrize(
    ("standing", "found"),
    [
        ("belum-beli", "waiting"),
        ("lewat", "late"),
        ("sudah-beli", "bought"),
        ("dicabut", "revoked"),
    ],
)
def test_people_are_filtered_by_how_they_stand(client, petugas, standing, found):
    running = WaveFactory(announced_at=timezone.now() - dt.timedelta(days=3))
    people = {
        "waiting": ParticipantFactory(wave=running),
        "late": ParticipantFactory(),
        "bought": ParticipantFactory(first_purchased_at=timezone.now()),
        "revoked": ParticipantFactory(revoked=True),
    }

    answer = client.get(f"{LIST}?keadaan={standing}")

    assert list(answer.context["cl"].result_list) == [people[found]]


# --- Lists over millions ---------------------------------------------


def queries(client, address: str) -> int:
    client.get(address)  # the first request also notes when the session was used
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    return len(captured)


@pytest.mark.parametrize("model", ["participant", "applicant", "application", "user"])
def test_list_asks_the_same_queries_for_2_people_and_for_20(client, petugas, model):
    address = f"/admin/participants/{model}/"
    wave = WaveFactory()
    ParticipantFactory.create_batch(2, wave=wave)
    few = queries(client, address)
    ParticipantFactory.create_batch(18, wave=wave)

    assert queries(client, address) == few


def test_person_page_asks_the_same_queries_whatever_was_watched(client, petugas):
    wave = WaveFactory()
    fresh = ParticipantFactory(wave=wave, videos_completed=1)
    done = ParticipantFactory(wave=wave, videos_completed=3)

    assert queries(client, page(fresh)) == queries(client, page(done))


def test_large_lists_are_counted_up_to_a_limit(client, petugas, monkeypatch):
    monkeypatch.setattr(large_lists, "COUNTED", 3)
    ParticipantFactory.create_batch(5)

    html = client.get(f"{LIST}?wave__id__exact={WaveFactory().pk}").text
    whole = client.get(LIST).context["cl"]

    assert "0 peserta" in html
    assert whole.result_count == 3
    assert whole.paginator.size_in_words == "lebih dari 3"


def test_list_of_just_as_many_as_are_counted_is_counted_exactly(
    client, petugas, monkeypatch
):
    monkeypatch.setattr(large_lists, "COUNTED", 3)
    ParticipantFactory.create_batch(3)

    assert client.get(LIST).context["cl"].paginator.size_in_words == "3"


def test_whole_table_is_estimated_on_postgresql(client, petugas, monkeypatch):
    monkeypatch.setattr(large_lists, "COUNTED", 3)
    ParticipantFactory.create_batch(5)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

    words = client.get(LIST).context["cl"].paginator.size_in_words

    expected = {"postgresql": "sekitar 5", "sqlite": "lebih dari 3"}
    assert words == expected[connection.vendor]


@pytest.mark.parametrize(
    ("rows", "index"),
    [
        (
            User.objects.filter(full_name__istartswith="Sari D"),
            "user_full_name_prefix",
        ),
        (Applicant.objects.filter(phone="081211112222"), "applicant_phone"),
    ],
)
def test_search_is_answered_by_an_index_on_postgresql(rows, index):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        plan = rows.explain()

    # SQLite is for small sites: its LIKE uses no index on UPPER().
    if connection.vendor == "postgresql" or index == "applicant_phone":
        assert index in plan


def test_list_of_openings_asks_the_same_queries_for_2_and_for_20(client, pemeriksa):
    def open_numbers(count: int) -> None:
        for participant in ParticipantFactory.create_batch(count):
            participant.disclose_card_number(
                by=pemeriksa, reason="Laporan 12", at=timezone.now()
            )

    open_numbers(2)
    few = queries(client, DISCLOSURES)
    open_numbers(18)

    assert queries(client, DISCLOSURES) == few


def test_openings_are_neither_added_changed_nor_deleted(admin_client, admin_user):
    ParticipantFactory().disclose_card_number(
        by=admin_user, reason="Laporan 12", at=timezone.now()
    )
    row = CardNumberDisclosure.objects.get()

    assert admin_client.get(page(row)).status_code == 200
    for address in (f"{DISCLOSURES}add/", page(row), page(row, "delete")):
        assert admin_client.post(address, {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("model", ["participant", "applicant", "application"])
def test_people_are_neither_added_changed_nor_deleted(admin_client, model):
    row = ParticipantFactory()
    row = {
        "participant": row,
        "applicant": row.user.applicant,
        "application": Application.objects.get(),
    }[model]

    for name, args in (("add", []), ("delete", [row.pk])):
        address = reverse(f"admin:participants_{model}_{name}", args=args)
        assert admin_client.post(address, {"post": "yes"}).status_code == 403
    assert admin_client.post(page(row), {}).status_code == 403


@pytest.mark.parametrize(
    ("traits", "words"),
    [
        ({}, "Video 1 (0 dari 3 selesai)"),
        ({"videos_completed": 2}, "Video 3 (2 dari 3 selesai)"),
        ({"videos_completed": 3, "funded_at": None}, "Menunggu saldo"),
        ({"videos_completed": 3, "funded_at": AT}, "Belum membeli"),
        ({"videos_completed": 3, "first_purchased_at": AT}, "–"),
        ({"revoked": True}, "Dicabut"),
        ({"wave__unannounced": True}, "Menunggu pengumuman"),
    ],
)
def test_page_says_where_a_person_stopped(client, petugas, traits, words):
    html = client.get(page(ParticipantFactory(**traits))).text

    shown = re.search('field-stopped_at">.*?"readonly">(.*?)</div>', html, re.DOTALL)
    assert shown[1] == words


# --- Passing a video by staff's word ---------------------------------


def test_agent_passes_the_next_video_with_a_reason_on_record(client, petugas):
    participant = ParticipantFactory(videos_completed=1)

    answer = client.post(
        page(participant, "grant_video"),
        {"video": "2", "reason": "Laporan 12, video macet"},
        follow=True,
    )

    viewing = participant.viewings.get(video_id=2)
    assert viewing.is_complete
    assert viewing.granted_by == petugas
    assert viewing.grant_reason == "Laporan 12, video macet"
    assert "Video 2 diluluskan." in answer.text
    assert "Laporan 12, video macet" in answer.text
    assert LogEntry.objects.get().get_change_message() == "Meluluskan video 2."


def test_passing_a_video_needs_a_reason(client, petugas):
    participant = ParticipantFactory()

    answer = client.post(page(participant, "grant_video"), {"video": "1"})

    assert answer.status_code == 422
    assert not participant.viewings.exists()


def test_stale_page_passes_no_other_video(client, petugas):
    participant = ParticipantFactory(videos_completed=1)

    answer = client.post(
        page(participant, "grant_video"),
        {"video": "1", "reason": "Laporan 12"},
        follow=True,
    )

    assert "Video itu sudah selesai." in answer.text
    assert participant.viewings.complete().count() == 1
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize(
    ("traits", "sentence"),
    [
        ({"revoked": True}, "Kepesertaan ini sudah dicabut."),
        ({"videos_completed": 3}, "Ketiga video sudah selesai."),
    ],
)
def test_there_may_be_no_video_to_pass(client, petugas, traits, sentence):
    participant = ParticipantFactory(**traits)

    answer = client.get(page(participant, "grant_video"), follow=True)

    assert sentence in answer.text
    assert page(participant, "grant_video") not in client.get(page(participant)).text


def test_refusal_is_shown_to_staff(client, petugas, monkeypatch):
    participant = ParticipantFactory()

    def revoked_meanwhile(**_):
        raise MembershipRevoked

    monkeypatch.setattr("participants.admin.people.grant_video", revoked_meanwhile)
    answer = client.post(
        page(participant, "grant_video"),
        {"video": "1", "reason": "Laporan 12"},
        follow=True,
    )

    assert MembershipRevoked.message in answer.text
    assert not LogEntry.objects.exists()


def test_passing_a_video_is_forbidden_without_the_permission(client, petugas):
    Group.objects.get(name="Petugas").permissions.filter(
        codename="change_videoviewing"
    ).delete()
    participant = ParticipantFactory()

    answer = client.post(
        page(participant, "grant_video"), {"video": "1", "reason": "Laporan 12"}
    )

    assert answer.status_code == 403
    assert not participant.viewings.exists()


# --- Accounts --------------------------------------------------------


def send_links(client, *users: User, address: str = "/admin/participants/user/"):
    return client.post(
        address,
        {
            "action": "send_password_links",
            "_selected_action": [user.pk for user in users],
            "index": "0",
        },
        follow=True,
    )


def test_people_are_mailed_the_link_by_which_they_set_a_password(client, petugas):
    participant = ParticipantFactory()

    answer = send_links(client, participant.user)

    assert "Tautan dikirim ke 1 orang." in answer.text
    assert mail.outbox[0].to == [participant.user.email]
    assert "/password-baru/" in mail.outbox[0].body


def test_nobody_of_an_unannounced_wave_is_mailed(client, petugas):
    waiting = ParticipantFactory(wave__unannounced=True)
    told = ParticipantFactory()
    closed = UserFactory(is_active=False)

    answer = send_links(client, waiting.user, told.user, closed)

    assert [message.to for message in mail.outbox] == [[told.user.email]]
    assert "2 orang dilewati" in answer.text


def test_link_can_be_sent_from_the_participants_page(client, petugas):
    participant = ParticipantFactory()

    answer = client.post(
        page(participant),
        {
            "CHANGE_FORM-action": "send_password_links",
            "_selected_action": participant.pk,
        },
        follow=True,
    )

    assert "Tautan dikirim ke 1 orang." in answer.text
    assert mail.outbox[0].to == [participant.user.email]


def test_links_are_sent_to_100_people_at_once_and_no_more(client, petugas, monkeypatch):
    monkeypatch.setattr("participants.admin.users.PASSWORD_LINKS", 1)
    first, second = UserFactory.create_batch(2)

    answer = send_links(client, first, second)

    assert "Paling banyak 1 orang sekali kirim." in answer.text
    assert not mail.outbox


def test_staff_account_is_made_in_a_group_and_without_a_password(admin_client):
    answer = admin_client.post(
        reverse("admin:participants_user_add"),
        {
            "full_name": "Rina Petugas",
            "email": "Rina@Contoh.test",
            "is_staff": "on",
            "groups": Group.objects.get(name="Petugas").pk,
        },
    )

    assert answer.status_code == 302
    user = User.objects.get(email="rina@contoh.test")
    assert user.is_staff
    assert not user.has_usable_password()
    assert user.groups.get().name == "Petugas"


# Django's own page of an account asks for a variable that it gives a default to.
@pytest.mark.ignore_template_errors
@pytest.mark.parametrize("view", ["add", "change"])
def test_group_without_entry_to_the_staff_pages_is_refused(admin_client, view):
    args = [UserFactory(email="rina@contoh.test").pk] if view == "change" else []

    answer = admin_client.post(
        reverse(f"admin:participants_user_{view}", args=args),
        {
            "full_name": "Rina Petugas",
            "email": "rina@contoh.test",
            "groups": Group.objects.get(name="Petugas").pk,
        },
    )

    errors = answer.context["adminform"].form.errors
    assert list(errors) == ["is_staff"]
    assert "Boleh masuk halaman petugas" in answer.text


def test_administrator_sets_a_password_and_closes_an_account(admin_client):
    user = UserFactory(staff=True)
    password = reverse("admin:auth_user_password_change", args=[user.pk])

    admin_client.post(
        password,
        {
            "usable_password": "true",
            "password1": "lima-ekor-kuda-hijau",
            "password2": "lima-ekor-kuda-hijau",
        },
    )
    admin_client.post(
        page(user), {"full_name": user.full_name, "email": user.email, "is_staff": "on"}
    )

    user.refresh_from_db()
    assert user.check_password("lima-ekor-kuda-hijau")
    assert not user.is_active


def test_agents_change_no_account(client, petugas):
    user = UserFactory()

    answer = client.post(page(user), {"full_name": "Lain", "is_superuser": "on"})

    assert answer.status_code == 403
    user.refresh_from_db()
    assert not user.is_superuser


def test_tables_of_the_login_library_are_not_for_staff(admin_client):
    assert admin_client.get("/admin/usersessions/").status_code == 404
    assert admin_client.get("/admin/account/").status_code == 404
