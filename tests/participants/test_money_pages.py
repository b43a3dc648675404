"""What a participant reads of their money, and of what happened."""

import datetime as dt

import pytest
import time_machine

from participants.models.balance import spend
from participants.revoking import revoke_next
from tests.factories import NOW, ParticipantFactory, UserFactory, wib

pytestmark = pytest.mark.django_db


def page(client, user, address, *, at=NOW):
    with time_machine.travel(at, tick=False):
        client.force_login(user)
        response = client.get(address)
    assert response.status_code == 200
    return response.text


def tell(person, number, *, read_at=None):
    return person.notices.create(
        event=f"event {number}",
        title=f"Kabar ke-{number}",
        body="Isi kabar.",
        address="/saldo/",
        made_at=NOW + dt.timedelta(minutes=number),
        read_at=read_at,
    )


def test_ledger_shows_each_change_newest_first_with_what_was_left(client):
    person = ParticipantFactory(funded=True)
    spend(person, amount=300_000, reference="order:1", description="Barista", at=NOW)

    html = page(client, person.user, "/saldo/")

    rows = html[html.index("<tbody>") :]
    assert rows.index("Beli pelatihan") < rows.index("Saldo masuk")
    assert rows.index("Barista") < rows.index("-Rp300.000") < rows.index("Rp700.000")
    assert "+Rp1.000.000" in rows


def test_ledger_says_until_when_the_balance_can_be_used(client):
    person = ParticipantFactory(
        funded=True, wave__balance_expires_on=dt.date(2021, 11, 30)
    )

    assert "30 November 2021" in page(client, person.user, "/saldo/")
    html = page(client, person.user, "/saldo/", at=wib(2021, 12, 1, 8))
    assert "sisanya hangus" in html


def test_ledger_says_so_if_the_balance_has_no_last_day(client):
    person = ParticipantFactory(funded=True, wave__balance_expires_on=None)

    assert "Belum ada tanggal terakhirnya" in page(client, person.user, "/saldo/")


def test_before_the_balance_comes_the_ledger_says_when(client):
    person = ParticipantFactory()

    html = page(client, person.user, "/saldo/")

    assert "paling lama 7x24 jam" in html
    assert "29 September 2021" in html
    assert "Belum ada perubahan saldo" in html


def test_when_the_balance_is_late_the_ledger_says_whom_to_call(client):
    person = ParticipantFactory()

    html = page(client, person.user, "/saldo/", at=wib(2021, 9, 30, 8))

    assert "0800-150-3001" in html


def test_ledger_of_the_revoked_shows_the_loss_and_where_to_object(client):
    person = ParticipantFactory(funded=True)
    revoke_next(after=0, at=wib(2021, 11, 1, 9))

    html = page(client, person.user, "/saldo/", at=wib(2021, 11, 2, 9))

    assert "Saldo hangus" in html
    assert "-Rp1.000.000" in html
    assert "/bantuan/#keberatan" in html


def test_ledger_takes_as_many_queries_however_long_it_is(
    client, django_assert_max_num_queries
):
    person = ParticipantFactory(funded=True)
    for number in range(10):
        spend(
            person,
            amount=50_000,
            reference=f"order:{number}",
            description="Barista",
            at=NOW,
        )
    client.force_login(person.user)
    client.get("/saldo/")

    with django_assert_max_num_queries(3):
        client.get("/saldo/")


def test_inbox_shows_newest_first_and_what_is_new(client):
    person = ParticipantFactory()
    tell(person, 1, read_at=NOW)
    tell(person, 2)

    html = page(client, person.user, "/notifikasi/")

    assert html.index("Kabar ke-2") < html.index("Kabar ke-1")
    assert html.count(">Baru</span>") == 1
    assert "1 kabar belum dibaca" in html


def test_all_can_be_marked_read_at_once(client):
    person = ParticipantFactory()
    tell(person, 1)
    tell(person, 2)
    client.force_login(person.user)

    response = client.post("/notifikasi/dibaca/")

    assert response.url == "/notifikasi/"
    assert not person.notices.unread().exists()
    assert "belum dibaca" not in client.get("/notifikasi/").text


def test_marking_read_leaves_everybody_elses_alone(client):
    other = tell(ParticipantFactory(), 1)
    client.force_login(ParticipantFactory().user)

    client.post("/notifikasi/dibaca/")

    other.refresh_from_db()
    assert other.read_at is None


def test_nothing_is_marked_read_by_looking(client):
    person = ParticipantFactory()
    tell(person, 1)

    page(client, person.user, "/notifikasi/")

    assert person.notices.unread().exists()


def test_long_inbox_has_pages(client):
    person = ParticipantFactory()
    for number in range(25):
        tell(person, number)

    assert "Kabar ke-4<" not in page(client, person.user, "/notifikasi/")
    assert "Kabar ke-4 " in page(client, person.user, "/notifikasi/?hal=2")


def test_empty_inbox_says_what_will_be_there(client):
    assert "Belum ada kabar" in page(client, ParticipantFactory().user, "/notifikasi/")


@pytest.mark.parametrize("address", ["/saldo/", "/notifikasi/"])
def test_who_is_no_participant_finds_nothing(client, address):
    for user in (UserFactory(), ParticipantFactory(wave__unannounced=True).user):
        client.force_login(user)
        assert client.get(address).status_code == 404


def test_dashboard_tells_of_new_notices_and_leads_to_them(client):
    person = ParticipantFactory()
    tell(person, 1)
    tell(person, 2)

    html = page(client, person.user, "/dashboard/")

    assert "2 kabar baru" in html
    assert 'href="/notifikasi/"' in html


def test_dashboard_of_the_revoked_tells_what_is_lost(client):
    person = ParticipantFactory(funded=True, videos_completed=3)
    revoke_next(after=0, at=wib(2021, 11, 1, 9))

    html = page(client, person.user, "/dashboard/", at=wib(2021, 11, 2, 9))

    assert "Rp1.000.000 hangus" in html
    assert "1 November 2021, 09.00 WIB" in html
    assert 'href="/saldo/"' in html
    assert "/bantuan/#keberatan" in html
