"""Attacks on the videos, through HTTP: none earns what waiting would not."""

import datetime as dt

import pytest
from django.test import Client

from participants.models import OnboardingVideo, RevocationReason, VideoViewing
from participants.revoking import revoke
from tests.factories import NOW, ParticipantFactory, UserFactory

pytestmark = pytest.mark.django_db
LENGTH = 40.0


@pytest.fixture(autouse=True)
def clock(time_machine):
    OnboardingVideo.objects.update(duration=LENGTH)
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def participant():
    return ParticipantFactory()


@pytest.fixture
def client(participant):
    return browser_of(participant.user)


def browser_of(user, **options):
    client = Client(**options)
    client.force_login(user)
    client.get("/akun/")  # the first request of a session stamps it
    return client


def beat(client, position, *, video=1):
    return client.post(f"/video/{video}/detak/", {"position": position})


def credited(participant):
    """Return what the database believes, by video."""
    return dict(participant.viewings.values_list("video_id", "credited"))


def wait(clock, seconds):
    clock.shift(dt.timedelta(seconds=seconds))


def watch(client, clock, *, video=1, until=LENGTH):
    """Watch as the player does: open the page, a beat every ten seconds, then end."""
    client.get(f"/video/{video}/")
    position = 0
    while position < until:
        step = min(10, until - position)
        wait(clock, step)
        position += step
        response = beat(client, position, video=video)
    return response


# --- what must work ------------------------------------------------------------------


def test_honest_watching_completes_the_video_in_its_own_length(client, clock):
    response = watch(client, clock)

    assert response.json() == {
        "credited": 40.0,
        "duration": 40.0,
        "completed": True,
        "videos_completed": 1,
    }


def test_all_three_in_order_open_the_gate(client, clock, participant):
    for video in (1, 2, 3):
        answer = watch(client, clock, video=video).json()
        assert answer["videos_completed"] == video

    assert participant.visible_card_number(at=NOW)


def test_lost_beats_cost_nothing(client, clock, participant):
    client.get("/video/1/")
    beat(client, 0)

    wait(clock, 40)

    assert beat(client, 40).json()["completed"]


def test_reload_pause_sleep_and_second_device_cost_nobody_the_video(
    client, clock, participant
):
    """Ten seconds are lost on the way, all told: the reload came before their beat."""
    client.get("/video/1/")
    wait(clock, 10)
    beat(client, 10)
    wait(clock, 180)  # paused
    beat(client, 10)
    wait(clock, 9)
    client.get("/video/1/")  # reloaded at 19; the beat on leaving was lost
    wait(clock, 5)
    beat(client, 15)
    wait(clock, 3600 / 2)  # the phone slept, and goes on playing
    wait(clock, 10)
    beat(client, 25)
    tablet = browser_of(participant.user)
    tablet.get("/video/1/")
    wait(clock, 15)

    assert beat(tablet, 40).json()["completed"]


def test_the_way_without_javascript(client, clock, participant):
    client.get("/video/1/")
    client.post("/video/1/mulai/")
    wait(clock, LENGTH)

    response = client.post("/video/1/selesai/", follow=True)

    assert response.redirect_chain == [("/video/1/", 302)]
    assert participant.videos_completed == 1


def test_start_without_javascript_needs_no_page_before(client, clock, participant):
    client.post("/video/1/mulai/")
    wait(clock, LENGTH)
    client.post("/video/1/selesai/")

    assert participant.videos_completed == 1


# --- attacks -------------------------------------------------------------------------


def test_position_forged_to_the_end_earns_only_the_time_that_passed(
    client, clock, participant
):
    client.get("/video/1/")

    answer = beat(client, LENGTH).json()
    assert (answer["credited"], answer["completed"]) == (0, False)

    wait(clock, 4)
    answer = beat(client, LENGTH).json()
    assert (answer["credited"], answer["completed"]) == (4, False)
    assert credited(participant) == {1: 4}


@pytest.mark.parametrize(
    "position",
    ["-1", "-0.001", "nan", "inf", "-inf", "1e999", "99999", "", "ten", "1;2"],
)
def test_impossible_position_is_refused_and_earns_nothing(
    client, clock, participant, position
):
    client.get("/video/1/")
    wait(clock, LENGTH)

    response = beat(client, position)

    assert response.status_code == 400
    assert set(response.json()) == {"refused"}
    assert credited(participant) == {1: 0}


def test_missing_position_is_refused_and_earns_nothing(client, clock, participant):
    client.get("/video/1/")
    wait(clock, LENGTH)

    response = client.post("/video/1/detak/", {"credited": 40, "completed": "true"})

    assert response.status_code == 400
    assert credited(participant) == {1: 0}


def test_ten_beats_in_one_second_earn_one_second(client, clock, participant):
    client.get("/video/1/")

    for _ in range(10):
        wait(clock, 0.1)
        beat(client, LENGTH)

    assert credited(participant)[1] == pytest.approx(1, abs=0.01)


def test_replayed_beats_earn_nothing(client, clock, participant):
    client.get("/video/1/")
    wait(clock, 10)

    for _ in range(5):
        beat(client, 10)
        wait(clock, 10)

    assert credited(participant) == {1: 10}


def test_two_tabs_earn_no_faster_than_one(client, clock, participant):
    client.get("/video/1/")
    client.get("/video/1/")

    for second in range(10, 30, 10):
        wait(clock, 10)
        beat(client, second)
        beat(client, second + 10)

    assert credited(participant) == {1: 20}


def test_two_browsers_earn_no_faster_than_one(client, clock, participant):
    other = browser_of(participant.user)
    client.get("/video/1/")
    other.get("/video/1/")

    wait(clock, 10)
    beat(client, 40)
    beat(other, 40)

    assert credited(participant) == {1: 10}


def test_two_videos_at_once_earn_only_the_one_that_is_open(client, clock, participant):
    watch(client, clock)
    client.get("/video/2/")

    wait(clock, 10)
    beat(client, 10, video=2)
    response = beat(client, 10, video=3)

    assert response.status_code == 409
    assert credited(participant) == {1: 40, 2: 10}


def test_a_complete_video_open_beside_it_earns_the_next_one_nothing(
    client, clock, participant
):
    watch(client, clock)
    client.get("/video/2/")
    client.get("/video/1/")

    wait(clock, 10)
    answer = beat(client, 40, video=1).json()

    assert (answer["completed"], answer["videos_completed"]) == (True, 1)
    assert credited(participant) == {1: 40, 2: 0}


def test_beats_without_having_opened_the_page_earn_nothing(client, clock, participant):
    for _ in range(5):
        wait(clock, 10)
        response = beat(client, 40)

    assert response.status_code == 409
    assert set(response.json()) == {"refused"}
    assert credited(participant) == {}


@pytest.mark.parametrize("video", [2, 3])
def test_later_video_is_not_opened_before_the_earlier(
    client, clock, participant, video
):
    response = client.get(f"/video/{video}/", follow=True)
    assert response.redirect_chain == [("/dashboard/", 302)]
    assert "Tonton dulu video sebelumnya" in response.text

    for step in ("mulai", "selesai"):
        client.post(f"/video/{video}/{step}/")
        wait(clock, LENGTH)
    assert beat(client, 40, video=video).status_code == 409
    assert credited(participant) == {}


def test_finishing_too_early_earns_nothing_and_says_how_long(
    client, clock, participant
):
    client.post("/video/1/mulai/")
    wait(clock, 30)

    response = client.post("/video/1/selesai/", follow=True)

    assert "Tonton 10 detik lagi" in response.text
    assert credited(participant) == {1: 0}


def test_finishing_without_a_start_earns_nothing(client, clock, participant):
    client.get("/video/1/")
    wait(clock, LENGTH)

    client.post("/video/1/selesai/")

    assert credited(participant) == {1: 0}


def test_two_clocks_without_javascript_never_run_at_once(client, clock, participant):
    client.post("/video/1/mulai/")
    client.post("/video/2/mulai/")
    client.post("/video/3/mulai/")
    wait(clock, LENGTH)

    for video in (1, 2, 3):
        client.post(f"/video/{video}/selesai/")

    assert credited(participant) == {1: 40}


def test_beats_and_the_clock_without_javascript_are_one_clock(
    client, clock, participant
):
    client.get("/video/1/")
    client.post("/video/1/mulai/")
    wait(clock, 20)
    beat(client, 40)

    client.post("/video/1/selesai/")

    assert credited(participant) == {1: 20}


def test_another_persons_session_earns_only_that_person(client, clock, participant):
    other = ParticipantFactory()
    client.get("/video/1/")
    wait(clock, 10)

    response = beat(browser_of(other.user), 10)

    assert response.status_code == 409
    assert credited(participant) == {1: 0}
    assert credited(other) == {}


@pytest.mark.parametrize("step", ["detak", "mulai", "selesai"])
def test_get_changes_nothing(client, clock, participant, step):
    client.get("/video/1/")
    client.post("/video/1/mulai/")
    wait(clock, LENGTH)

    response = client.get(f"/video/1/{step}/", {"position": 40})

    assert response.status_code == 405
    assert credited(participant) == {1: 0}


@pytest.mark.parametrize("step", ["detak", "mulai", "selesai"])
def test_request_without_csrf_token_changes_nothing(clock, participant, step):
    strict = browser_of(participant.user, enforce_csrf_checks=True)
    strict.get("/video/1/")
    wait(clock, LENGTH)

    response = strict.post(f"/video/1/{step}/", {"position": 40})

    assert response.status_code == 403
    assert credited(participant) == {1: 0}
    assert not participant.viewings.exclude(started_at=None).exists()


def test_token_of_the_page_is_good_for_beats(clock, participant):
    strict = browser_of(participant.user, enforce_csrf_checks=True)
    page = strict.get("/video/1/")
    token = page.text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    wait(clock, 10)

    response = strict.post(
        "/video/1/detak/", {"position": 10, "csrfmiddlewaretoken": token}
    )

    assert response.json()["credited"] == 10


def attempts(client):
    return [
        client.get("/video/1/"),
        client.post("/video/1/detak/", {"position": 40}),
        client.post("/video/1/mulai/"),
        client.post("/video/1/selesai/"),
    ]


def test_before_the_announcement_there_is_no_video():
    participant = ParticipantFactory(wave__unannounced=True)

    statuses = {r.status_code for r in attempts(browser_of(participant.user))}

    assert statuses == {404}
    assert credited(participant) == {}


def test_staff_without_a_participant_have_no_video():
    staff = browser_of(UserFactory(staff=True))

    assert {r.status_code for r in attempts(staff)} == {404}


def test_who_is_not_logged_in_earns_nothing(participant, clock):
    responses = attempts(Client())

    assert all(r.status_code == 302 and "/masuk/" in r.url for r in responses)
    assert credited(participant) == {}


def test_beat_of_a_script_whose_session_is_over_is_answered_401(participant):
    response = Client().post(
        "/video/1/detak/", {"position": 1}, headers={"sec-fetch-dest": "empty"}
    )

    assert response.status_code == 401


def test_participant_revoked_half_way_earns_no_more(client, clock, participant):
    client.get("/video/1/")
    client.post("/video/1/mulai/")
    revoke(participant, reason=RevocationReason.FRAUD, at=NOW)
    wait(clock, LENGTH)

    page, of_beat, start, finish = attempts(client)

    assert of_beat.status_code == 409
    assert {page.url, start.url, finish.url} == {"/dashboard/"}
    assert credited(participant) == {1: 0}


@pytest.mark.parametrize("video", [0, 4, 10**30])
def test_there_is_no_other_video(client, participant, video):
    assert client.get(f"/video/{video}/").status_code == 404
    assert client.post(f"/video/{video}/mulai/").status_code == 404
    assert beat(client, 1, video=video).status_code == 409
    assert not VideoViewing.objects.exists()


def test_clock_of_the_server_stepping_back_earns_nothing_and_locks_nobody_out(
    client, clock, participant
):
    client.get("/video/1/")
    wait(clock, 10)
    beat(client, 10)

    wait(clock, -600)
    assert beat(client, 20).json()["credited"] == 10

    wait(clock, 10)
    assert beat(client, 20).json()["credited"] == 20


# --- what a beat costs ---------------------------------------------------------------


def test_beat_costs_three_queries(client, clock, django_assert_num_queries):
    client.get("/video/1/")
    wait(clock, 10)

    with django_assert_num_queries(3):
        beat(client, 10)


def test_beat_that_completes_costs_three_queries(
    client, clock, django_assert_num_queries
):
    client.get("/video/1/")
    wait(clock, 45)

    with django_assert_num_queries(3):
        assert beat(client, 40).json()["completed"]


def test_no_beat_costs_more(client, clock, django_assert_max_num_queries):
    watch(client, clock)
    client.get("/video/2/")

    for video, position in [(1, 40), (2, 40), (3, 1), (2, "nan")]:
        with django_assert_max_num_queries(3):
            beat(client, position, video=video)
    watch(client, clock, video=2)
    for video in (1, 2):
        with django_assert_max_num_queries(3):
            assert beat(client, 40, video=video).json()["videos_completed"] == 2
