"""Each Idempotency-Key is answered once, whatever is repeated or cut off."""

import datetime as dt
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from participants.models import BalanceEntry
from tests.factories import NOW, ParticipantFactory, PlatformFactory
from tests.jobs.test_dying import database_url
from tests.trainings.shops import Shop, code_sent_to, work
from trainings import selling
from trainings.api.idempotency import DEAD_AFTER
from trainings.models import IdempotencyRecord, OrderRequest, Purchase
from trainings.work import ANSWERS_KEPT_FOR, forget_old

KEY = "kunci-ke-1"
ROOT = Path(__file__).parent.parent.parent
SECOND = dt.timedelta(seconds=1)


@pytest.mark.django_db
def test_the_same_key_and_body_get_the_same_answer_and_one_order(shop, sold, buyer):
    first = shop.start(sold, buyer.card_number, key=KEY)
    second = shop.start(sold, buyer.card_number, key=KEY)

    assert second.status_code == first.status_code == 201
    assert second.content == first.content
    assert second.headers["Idempotency-Replayed"] == "true"
    assert OrderRequest.objects.count() == 1


@pytest.mark.django_db
def test_a_no_is_kept_like_a_yes(shop, sold, buyer):
    order = shop.start(sold, buyer.card_number).json()["order"]
    first = shop.post(f"/orders/{order}/confirm", {"code": "000000"}, key=KEY)
    work()
    again = shop.post(f"/orders/{order}/confirm", {"code": "000000"}, key=KEY)

    assert again.status_code == first.status_code == 422
    assert again.content == first.content


@pytest.mark.django_db
def test_the_same_key_with_another_body_or_address_is_refused(shop, sold, buyer):
    order = shop.start(sold, buyer.card_number, key=KEY).json()["order"]

    other_body = shop.start(sold, "1" * 16, key=KEY)
    other_address = shop.post(f"/orders/{order}/redeemed", key=KEY)

    for answer in (other_body, other_address):
        assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")


@pytest.mark.django_db
def test_a_key_of_another_platform_is_another_key(client, shop, sold, buyer):
    other = Shop(client, PlatformFactory())
    sold.platforms.add(other.platform)

    shop.start(sold, buyer.card_number, key=KEY)
    other.start(sold, buyer.card_number, key=KEY)

    assert OrderRequest.objects.count() == 2


@pytest.mark.django_db
def test_while_a_request_runs_its_repeat_is_told_so(shop, sold, buyer, monkeypatch):
    answers = []
    real = selling.ask_order

    def repeat_meanwhile(*given, **more):
        answers.append(shop.start(sold, buyer.card_number, key=KEY))
        return real(*given, **more)

    with monkeypatch.context() as patch:
        patch.setattr(selling, "ask_order", repeat_meanwhile)
        shop.start(sold, buyer.card_number, key=KEY)

    assert answers[0].status_code == 409
    assert answers[0].json()["code"] == "still_running"
    assert OrderRequest.objects.count() == 1


@pytest.mark.django_db
def test_what_failed_by_our_fault_is_done_by_the_next_repeat(
    shop, sold, buyer, monkeypatch
):
    shop.client.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr(selling, "ask_order", lambda *given, **more: 1 / 0)
        failed = shop.start(sold, buyer.card_number, key=KEY)

    again = shop.start(sold, buyer.card_number, key=KEY)

    assert (failed.status_code, again.status_code) == (500, 201)


@pytest.mark.django_db
def test_too_many_is_not_kept_since_it_passes(shop, sold, buyer, time_machine):
    for _ in range(5):
        shop.start(sold, buyer.card_number)
    limited = shop.start(sold, buyer.card_number, key=KEY)
    time_machine.move_to(NOW + dt.timedelta(hours=1), tick=False)

    again = shop.start(sold, buyer.card_number, key=KEY)

    assert (limited.status_code, again.status_code) == (429, 201)


@pytest.mark.django_db
def test_without_a_key_nothing_is_done(shop, sold, buyer):
    answer = shop.start(sold, buyer.card_number, key=" ")

    assert answer.status_code == 422
    assert answer.json()["fields"] == {"Idempotency-Key": "string_pattern_mismatch"}
    assert not OrderRequest.objects.exists()


@pytest.mark.django_db
def test_what_was_asked_is_kept_by_a_hash_that_needs_our_key(
    shop, sold, buyer, settings
):
    shop.start(sold, buyer.card_number, key="key-12345678")
    settings.SECRET_KEY = "another key"

    answer = shop.start(sold, buyer.card_number, key="key-12345678")

    assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")


@pytest.mark.django_db
def test_answers_are_kept_for_a_week(shop, sold, buyer):
    shop.start(sold, buyer.card_number)

    forget_old(at=NOW + ANSWERS_KEPT_FOR)
    assert IdempotencyRecord.objects.exists()
    forget_old(at=NOW + ANSWERS_KEPT_FOR + SECOND)
    assert not IdempotencyRecord.objects.exists()


# Over the test database: children that send one request each, at NOW, and die before
# the statement that they are told; they say how many they got to.
DYING = """
    import json, os, signal, sys

    import django
    import time_machine

    django.setup()

    from django.db import connection
    from django.test import Client

    def send(asked):
        done = 0

        def count_and_die(execute, sql, params, many, context):
            nonlocal done
            if done == asked["dies_before"]:
                os.kill(os.getpid(), signal.SIGKILL)
            done += 1
            return execute(sql, params, many, context)

        with connection.execute_wrapper(count_and_die):
            answer = Client(SERVER_NAME="localhost").generic(
                "POST",
                asked["path"],
                asked["body"],
                content_type="application/json",
                headers=asked["headers"],
            )
        assert answer.status_code == 200, answer.text
        print(done, end=" ", flush=True)

    with time_machine.travel(sys.argv[1], tick=False):
        for line in sys.stdin:
            if (child := os.fork()) == 0:
                try:
                    send(json.loads(line))
                finally:
                    os._exit(0)
            status = os.waitpid(child, 0)[1]
            print("killed" if os.WIFSIGNALED(status) else "ended", flush=True)
"""


class Children:
    def __init__(self, shop, process):
        self.shop = shop
        self.process = process

    def post(self, path, data, *, dies_before=None):
        """Send a request from a child; return what it says at its end."""
        path, body = f"/api/v1{path}", json.dumps(data)
        headers = self.shop.headers("POST", path, body.encode())
        asked = {
            "path": path,
            "body": body,
            "headers": headers | {"Idempotency-Key": KEY + path},
            "dies_before": dies_before,
        }
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()


@pytest.fixture
def children(shop, tmp_path):
    environment = {
        "DJANGO_SETTINGS_MODULE": "prakerja.settings",
        "DATABASE_URL": database_url(),
        "DATA_DIR": f"{tmp_path}",
    }
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(DYING), NOW.isoformat()],
            cwd=ROOT,
            env=os.environ | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        yield Children(shop, process)
        process.stdin.close()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.xdist_group("workers")
def test_killed_before_any_statement_a_payment_is_made_once_by_its_repeat(
    shop, sold, buyer, children, time_machine
):
    def order_of(participant):
        order = shop.start(sold, participant.card_number).json()["order"]
        work()
        return f"/orders/{order}/confirm", {"code": code_sent_to(participant)}

    statements = int(children.post(*order_of(buyer)).removesuffix(" ended"))
    assert statements > 15
    cut_off = []
    for number in range(statements):
        participant = ParticipantFactory(
            funded=True, videos_completed=3, wave=buyer.wave
        )
        path, data = order_of(participant)
        assert children.post(path, data, dies_before=number) == "killed"
        cut_off.append((participant, path, data))
    time_machine.move_to(NOW + DEAD_AFTER, tick=False)
    for participant, path, data in cut_off:
        answer = shop.post(path, data, key=f"{KEY}/api/v1{path}")
        assert answer.status_code == 200, answer.text
        assert answer.json()["state"] == "paid"
        assert Purchase.objects.filter(participant=participant).count() == 1
        spent = BalanceEntry.objects.filter(participant=participant, kind="purchase")
        assert spent.count() == 1
