"""Wave managers: the list, the funnel, moving dates, announcing now."""

import datetime as dt

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from jobs.models import Job
from participants.models import Participant, Wave
from tests.factories import (
    ApplicationFactory,
    ParticipantFactory,
    UserFactory,
    WaveFactory,
    wib,
)

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)
LIST = "/admin/participants/wave/"


@pytest.fixture
def petugas(client):
    user = UserFactory(staff=True, full_name="Petugas Gelombang")
    user.groups.add(Group.objects.get(name="Petugas"))
    client.force_login(user)
    return user


def page_of(wave: Wave) -> str:
    return reverse("admin:participants_wave_change", args=[wave.pk])


def announce_page(wave: Wave) -> str:
    return reverse("admin:participants_wave_announce", args=[wave.pk])


def form_of(wave: Wave, **changes: object) -> dict[str, object]:
    """Return what the browser would send: instants as WIB days and hours."""
    values = {
        name: changes.get(name, getattr(wave, name))
        for name in (
            "number",
            "kind",
            "quota",
            "opens_at",
            "closes_at",
            "announced_at",
            "purchase_deadline",
            "balance_expires_on",
        )
    }
    data: dict[str, object] = {}
    for name, value in values.items():
        if name.endswith("_at"):
            local = value and timezone.localtime(value)
            data[f"{name}_0"] = f"{local:%d-%m-%Y}" if local else ""
            data[f"{name}_1"] = f"{local:%H.%M.%S}" if local else ""
        elif isinstance(value, dt.date):
            data[name] = f"{value:%d-%m-%Y}"
        else:
            data[name] = value or ""
    return data


def closed_wave(**fields: object) -> Wave:
    now = timezone.now()
    dates = {"opens_at": now - 5 * DAY, "closes_at": now - DAY, "announced_at": None}
    return WaveFactory(**dates | fields)


def running_wave(**fields: object) -> Wave:
    return WaveFactory(announced_at=timezone.now() - 20 * DAY, **fields)


# --- The list --------------------------------------------------------


def test_list_shows_dates_in_wib_and_the_state_in_words(client, petugas):
    WaveFactory(number=21)

    html = client.get(LIST).text

    assert "22 September 2021, 20.00" in html
    assert "Batas beli lewat" in html
    assert "21 Oktober 2021" in html


def test_list_counts_the_passed_beside_the_quota(client, petugas):
    wave = WaveFactory(quota=4)
    ParticipantFactory(wave=wave)

    assert "1 dari 4 (25%)" in client.get(LIST).text


def test_list_flags_a_wave_with_more_people_than_places(client, petugas):
    wave = WaveFactory(quota=1)
    ParticipantFactory.create_batch(2, wave=wave)

    assert "Melebihi kuota" in client.get(LIST).text


def test_list_says_how_many_days_are_left_while_the_deadline_runs(client, petugas):
    running_wave()

    assert "(sisa 9 hari)" in client.get(LIST).text


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("?keadaan=closed", ["Gelombang 31"]),
        ("?keadaan=deadline_passed", ["Gelombang 17", "Gelombang 21"]),
        ("?kind__exact=recovery", ["Gelombang 17"]),
        ("?q=21", ["Gelombang 21"]),
        ("?q=gelombang+21", ["Gelombang 21"]),
        ("?q=tujuh", []),
        ("?keadaan=apa-saja", ["Gelombang 17", "Gelombang 21", "Gelombang 31"]),
    ],
)
def test_waves_are_found_by_state_kind_and_number(client, petugas, question, found):
    WaveFactory(number=17, kind="recovery")
    WaveFactory(number=21)
    closed_wave(number=31)

    html = client.get(LIST + question).text

    assert [
        name for name in (f"Gelombang {n}" for n in (17, 21, 31)) if f">{name}<" in html
    ] == found


def test_list_asks_the_same_queries_for_2_waves_and_for_20(client, petugas):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(LIST)
        return len(captured)

    ParticipantFactory.create_batch(2)
    client.get(LIST)  # the first request also notes when the session was used
    few = queries()
    ParticipantFactory.create_batch(18)

    assert queries() == few


# --- A wave's page ---------------------------------------------------


def test_page_shows_the_funnel_as_a_picture_and_as_a_table(client, petugas):
    wave = WaveFactory()
    for videos in (0, 1, 2, 3):
        ParticipantFactory(wave=wave, videos_completed=videos)
    ParticipantFactory(wave=wave, videos_completed=3, revoked=True)

    html = client.get(page_of(wave)).text

    assert '<svg class="funnel__picture"' in html
    assert '<th scope="row">Lolos</th><td>5</td><td>100%</td><td>–</td>' in html
    assert '<th scope="row">Video 1 selesai</th><td>4</td><td>80%</td>' in html
    assert '<th scope="row">Video 2 selesai</th><td>3</td><td>60%</td>' in html
    assert '<th scope="row">Video 3 selesai</th><td>2</td><td>40%</td>' in html
    assert (
        '<th scope="row">Nomor kartu terlihat</th><td>1</td><td>20%</td><td>50%</td>'
        in html
    )


def test_page_has_nothing_inline_that_the_policy_forbids(client, petugas):
    html = client.get(page_of(ParticipantFactory().wave)).text

    assert " style=" not in html
    assert "<style" not in html
    assert " onclick=" not in html


def test_funnel_of_an_empty_wave_is_all_zero(client, petugas):
    html = client.get(page_of(WaveFactory())).text

    assert '<th scope="row">Lolos</th><td>0</td><td>0%</td>' in html


def test_contradicting_dates_are_refused_beside_the_field(client, petugas):
    wave = WaveFactory()

    answer = client.post(page_of(wave), form_of(wave, closes_at=wave.opens_at - DAY))

    errors = answer.context["adminform"].form.errors
    assert errors == {"closes_at": ["Waktu tutup harus setelah waktu buka."]}


def test_new_wave_is_made(client, petugas):
    wave = WaveFactory.build(number=40)

    answer = client.post(reverse("admin:participants_wave_add"), form_of(wave))

    assert answer.status_code == 302
    assert Wave.objects.get().announced_at == wib(2021, 9, 22, 20)


def test_moving_the_announcement_moves_its_people_and_says_so(client, petugas):
    tomorrow = timezone.now().replace(microsecond=0) + DAY
    wave = closed_wave(announced_at=tomorrow)
    participant = ParticipantFactory(wave=wave)

    answer = client.post(
        page_of(wave), form_of(wave, announced_at=tomorrow + 2 * DAY), follow=True
    )

    participant.refresh_from_db()
    assert participant.pass_date == timezone.localdate(tomorrow + 2 * DAY)
    assert participant.purchase_deadline == participant.pass_date + 29 * DAY
    assert "Tanggal lolos dan batas beli 1 peserta ikut pindah." in answer.text


@pytest.mark.parametrize(
    ("days_later", "deadline_moves", "words"),
    [
        (0, True, "Batas beli 1 peserta ikut pindah."),
        (2, False, "Tanggal lolos 1 peserta ikut pindah."),
    ],
)
def test_message_names_only_the_dates_that_moved(
    client, petugas, days_later, deadline_moves, words
):
    tomorrow = timezone.now().replace(microsecond=0) + DAY
    day = timezone.localdate(tomorrow)
    wave = closed_wave(announced_at=tomorrow, purchase_deadline=day + 60 * DAY)
    ParticipantFactory(wave=wave)
    changes = {"announced_at": tomorrow + days_later * DAY}
    if deadline_moves:
        changes["purchase_deadline"] = day + 70 * DAY

    answer = client.post(page_of(wave), form_of(wave, **changes), follow=True)

    assert words in answer.text


def test_result_is_not_announced_by_typing_a_past_instant(client, petugas):
    wave = closed_wave()
    ParticipantFactory(wave=wave)
    hour_ago = timezone.now() - dt.timedelta(hours=1)

    answer = client.post(page_of(wave), form_of(wave, announced_at=hour_ago))

    errors = answer.context["adminform"].form.errors
    assert errors == {
        "announced_at": ["Untuk mengumumkan sekarang, pakai tombol “Umumkan sekarang”."]
    }
    wave.refresh_from_db()
    assert wave.announced_at is None


def test_wave_that_nobody_is_in_may_get_a_past_announcement(client, petugas):
    wave = closed_wave()
    hour_ago = timezone.now() - dt.timedelta(hours=1)

    client.post(page_of(wave), form_of(wave, announced_at=hour_ago))

    wave.refresh_from_db()
    assert wave.is_announced(at=timezone.now())


@pytest.mark.parametrize(("people", "number"), [(0, 41), (1, 40)])
def test_number_stays_once_a_wave_has_people(client, petugas, people, number):
    wave = closed_wave(number=40)
    ParticipantFactory.create_batch(people, wave=wave)

    client.post(page_of(wave), form_of(wave, number=41))

    wave.refresh_from_db()
    assert wave.number == number


def test_quota_below_who_passed_is_refused_beside_the_field(client, petugas):
    wave = closed_wave(quota=3)
    ParticipantFactory.create_batch(2, wave=wave)

    answer = client.post(page_of(wave), form_of(wave, quota=1))

    errors = answer.context["adminform"].form.errors
    assert list(errors) == ["quota"]
    assert "Sudah 2 orang lolos" in errors["quota"][0]


def test_other_fields_are_saved_while_too_many_passed(client, petugas):
    wave = closed_wave(quota=1)
    ParticipantFactory.create_batch(2, wave=wave)

    answer = client.post(page_of(wave), form_of(wave, kind="recovery"))

    assert answer.status_code == 302


def test_hiding_a_seen_result_is_refused_beside_the_field(client, petugas):
    wave = running_wave()
    ParticipantFactory(wave=wave)

    answer = client.post(
        page_of(wave), form_of(wave, announced_at=timezone.now() + DAY)
    )

    errors = answer.context["adminform"].form.errors
    assert list(errors) == ["announced_at"]
    wave.refresh_from_db()
    assert wave.is_announced(at=timezone.now())


def test_extending_a_deadline_is_asked_first(client, petugas):
    wave = running_wave()
    ParticipantFactory.create_batch(2, wave=wave)
    ParticipantFactory(wave=wave, first_purchased_at=wave.announced_at)
    later = wave.deadline + 7 * DAY

    html = client.post(page_of(wave), form_of(wave, purchase_deadline=later)).text

    assert "3 orang" in html
    assert "2 orang" in html
    for day in (wave.deadline, later):
        assert date_format(day) in html
    assert f'name="purchase_deadline" value="{later:%d-%m-%Y}"' in html
    assert not Job.objects.exists()
    wave.refresh_from_db()
    assert wave.purchase_deadline is None


def test_other_changes_of_a_running_wave_are_saved_at_once(client, petugas):
    wave = running_wave(quota=5)
    ParticipantFactory(wave=wave)

    client.post(page_of(wave), form_of(wave, quota=7))

    assert LogEntry.objects.get().get_change_message() == "Kuota: 5 → 7."


def test_extending_a_deadline_starts_telling_its_people(client, petugas):
    wave = running_wave()
    ParticipantFactory(wave=wave)
    later = wave.deadline + 7 * DAY

    answers = form_of(wave, purchase_deadline=later)
    client.post(page_of(wave), answers | {"confirmed": "yes"})

    assert LogEntry.objects.get().get_change_message() == (
        f"Batas beli ditetapkan: – → {date_format(later)}."
    )

    job = Job.objects.get()
    assert job.kind == "tell_extension"
    assert job.params == {"wave": wave.pk, "deadline": later.isoformat()}


def test_before_the_announcement_nobody_is_told_of_a_new_deadline(client, petugas):
    tomorrow = timezone.now().replace(microsecond=0) + DAY
    wave = closed_wave(announced_at=tomorrow)
    ParticipantFactory(wave=wave)
    later = wave.deadline + 7 * DAY

    client.post(page_of(wave), form_of(wave, purchase_deadline=later))

    assert not Job.objects.exists()


def test_extending_a_passed_deadline_is_refused_beside_the_field(client, petugas):
    wave = ParticipantFactory().wave

    answer = client.post(
        page_of(wave), form_of(wave, purchase_deadline=dt.date(2021, 12, 1))
    )

    errors = answer.context["adminform"].form.errors
    assert list(errors) == ["purchase_deadline"]
    assert "21 Oktober 2021" in errors["purchase_deadline"][0]


def test_who_may_only_look_changes_nothing(client):
    client.force_login(UserFactory(staff=True))

    assert client.get(LIST).status_code == 403


# --- Announcing now --------------------------------------------------


def test_confirmation_tells_what_will_happen(client, petugas):
    wave = closed_wave(quota=1)
    ParticipantFactory.create_batch(2, wave=wave)
    ApplicationFactory.create_batch(3, wave=wave, not_passed=True)
    ApplicationFactory(wave=wave)

    html = client.get(announce_page(wave)).text

    assert "2 orang" in html
    assert "3 orang" in html
    assert "1 pendaftar belum punya hasil" in html
    assert "melebihi kuota sebanyak 1 orang" in html
    wave.refresh_from_db()
    assert wave.announced_at is None


def test_button_is_offered_only_for_a_closed_wave(client, petugas):
    closed, running = closed_wave(), running_wave()

    assert announce_page(closed) in client.get(page_of(closed)).text
    assert announce_page(running) not in client.get(page_of(running)).text


def test_import_is_offered_while_the_result_is_awaited(client, petugas):
    closed, running = closed_wave(), running_wave()
    address = f'href="{reverse("admin:participants_import")}"'

    assert address in client.get(page_of(closed)).text
    assert address not in client.get(page_of(running)).text


def test_announcing_now_shows_everybody_their_result(client, petugas):
    wave = closed_wave()
    participant = ParticipantFactory(wave=wave, pass_date=dt.date(2021, 9, 22))

    answer = client.post(announce_page(wave), follow=True)

    wave.refresh_from_db()
    participant.refresh_from_db()
    assert wave.is_announced(at=timezone.now())
    assert participant.pass_date == wave.announced_on
    assert "sudah diumumkan" in answer.text
    assert LogEntry.objects.get().get_change_message() == "Mengumumkan hasil gelombang."


@pytest.mark.parametrize("method", ["get", "post"])
def test_announcing_is_refused_while_the_wave_is_open(client, petugas, method):
    wave = closed_wave(closes_at=timezone.now() + DAY)

    answer = getattr(client, method)(announce_page(wave), follow=True)

    assert "Gelombang ini belum ditutup" in answer.text
    wave.refresh_from_db()
    assert wave.announced_at is None


def test_announcing_is_refused_when_the_balance_would_end_too_early(client, petugas):
    wave = closed_wave(balance_expires_on=timezone.localdate() + 10 * DAY)

    for ask in (client.get, client.post):
        answer = ask(announce_page(wave), follow=True)
        assert "Saldo tidak boleh hangus sebelum batas beli" in answer.text

    wave.refresh_from_db()
    assert wave.announced_at is None


def test_announcing_twice_is_refused(client, petugas):
    wave = closed_wave()
    client.post(announce_page(wave))

    answer = client.post(announce_page(wave), follow=True)

    assert "Gelombang ini sudah diumumkan." in answer.text


def test_announcing_needs_the_right_to_change_waves(client):
    user = UserFactory(staff=True)
    client.force_login(user)
    wave = closed_wave()

    assert client.post(announce_page(wave)).status_code == 403
    wave.refresh_from_db()
    assert wave.announced_at is None


# --- Deleting --------------------------------------------------------


def test_wave_with_people_is_not_deleted_and_says_why(admin_client):
    wave = ParticipantFactory().wave

    address = reverse("admin:participants_wave_delete", args=[wave.pk])
    answer = admin_client.post(address, {"post": "yes"}, follow=True)

    assert "tidak bisa dihapus: sudah ada pendaftar atau pesertanya" in answer.text
    assert Wave.objects.filter(pk=wave.pk).exists()
    assert Participant.objects.exists()


def test_wave_made_by_mistake_can_be_deleted(admin_client):
    wave = WaveFactory()

    address = reverse("admin:participants_wave_delete", args=[wave.pk])
    admin_client.post(address, {"post": "yes"})

    assert not Wave.objects.exists()
