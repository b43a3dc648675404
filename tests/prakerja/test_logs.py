import json
import logging
import sys

import pytest
from django.urls import reverse

from prakerja.headers import current_request_id
from prakerja.logs import JsonFormatter, without_personal_data


def logged(message, *args, **extra):
    record = logging.makeLogRecord(
        {"msg": message, "args": args, "name": "uji", "levelname": "INFO"} | extra
    )
    return JsonFormatter().format(record)


def test_an_event_is_one_line_of_json_with_the_request_id():
    current_request_id.set("permintaan-1")

    event = json.loads(logged("halo %s", "dunia"))

    assert event["message"] == "halo dunia"
    assert event["request_id"] == "permintaan-1"
    assert event["level"] == "INFO"
    assert event["time"].endswith("+00:00")


def test_what_somebody_typed_cannot_forge_a_line():
    line = logged('Not Found: /x\n{"level": "INFO", "message": "semua baik"}')

    assert "\n" not in line
    assert json.loads(line)["level"] == "INFO"


@pytest.mark.parametrize(
    "secret",
    [
        "8110123412341234",
        "8110 1234 1234 1234",
        "8110-1234-1234-1234",
        "081234567890",
        "0812-3456-7890",
        "sari.wulandari+kartu@contoh.test",
    ],
)
def test_numbers_and_addresses_of_people_are_masked(secret):
    assert without_personal_data(f"untuk ({secret}) ya") == "untuk (•••) ya"


@pytest.mark.parametrize(
    "harmless", ["2021-09-22 20:00", "127.0.0.1:8000", "Rp3.550.000", "line 1234"]
)
def test_other_numbers_stay(harmless):
    assert without_personal_data(harmless) == harmless


def test_the_key_of_a_password_link_is_masked():
    path = reverse(
        "account_reset_password_from_key", kwargs={"uidb36": "3d", "key": "cx7-0a1b2c"}
    )

    assert without_personal_data(f"GET {path} 200") == "GET /password-baru/•••/ 200"


def test_an_exception_is_logged_without_the_data_in_it():
    try:
        raise ValueError(
            'duplicate key\nDETAIL:  Failing row contains (7, Sari Wulandari, "x").\n'
            "Key (email)=(sari@contoh.test) exists."
        )
    except ValueError:
        event = json.loads(logged("gagal", exc_info=sys.exc_info()))

    assert "ValueError: duplicate key" in event["exception"]
    assert "test_logs.py" in event["exception"]
    assert "Sari" not in event["exception"]
    assert "sari" not in event["exception"]


def test_an_event_may_carry_more_than_its_message():
    event = json.loads(logged("request", event={"status": 200}))

    assert event["status"] == 200
