"""SMS: one method, and three ways to do it, chosen by SMS_GATEWAY.

``console`` prints, ``file`` writes to DATA_DIR/sms (what the demo's inbox shows), an
``https://`` address gets each message as JSON. No text and no number is ever logged:
a message holds a code.
"""

import datetime as dt
import json
import logging
import secrets
import sys
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django.core.checks import Error, Tags, register
from django.utils import timezone

from prakerja.refusal import Refusal

logger = logging.getLogger(__name__)

TIMEOUT = 5  # seconds; a person waits for it


class SmsNotSent(Refusal):
    message = (
        "SMS belum bisa dikirim sekarang. Coba lagi beberapa menit lagi. Saldomu belum "
        "berkurang."
    )


@dataclass(frozen=True)
class Sms:
    to: str
    text: str
    sent_at: str


class Gateway(Protocol):
    def send(self, phone: str, text: str) -> None:
        """Hand a message over for delivery, or raise SmsNotSent."""


class ConsoleGateway:
    def send(self, phone: str, text: str) -> None:
        sys.stdout.write(f"SMS {phone}: {text}\n")
        sys.stdout.flush()


class FileGateway:
    def send(self, phone: str, text: str) -> None:
        folder = _folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        now = timezone.now()
        draft = folder / f".{secrets.token_hex(8)}"
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(asdict(Sms(phone, text, now.isoformat()))))
        # Named when whole: the inbox never reads half a message.
        draft.rename(folder / f"{now:%Y%m%d%H%M%S%f}-{draft.name[1:]}.json")


class HttpGateway:
    def send(self, phone: str, text: str) -> None:
        body = json.dumps({"to": phone, "text": text}).encode()
        headers = {"Content-Type": "application/json"}
        if settings.SMS_TOKEN:
            headers["Authorization"] = f"Bearer {settings.SMS_TOKEN}"
        request = urllib.request.Request(  # noqa: S310 - an address of the settings
            settings.SMS_GATEWAY, data=body, headers=headers
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT):  # noqa: S310
                return
        except (OSError, urllib.error.URLError) as error:
            logger.warning("SMS not handed over: %s", type(error).__name__)
            raise SmsNotSent from None


def gateway() -> Gateway:
    """Return the gateway that SMS_GATEWAY names."""
    match settings.SMS_GATEWAY:
        case "console":
            return ConsoleGateway()
        case "file":
            return FileGateway()
        case _:
            return HttpGateway()


def send_sms(phone: str, text: str) -> None:
    """Send one message to a number like 0812…; raise SmsNotSent if it can't be."""
    gateway().send(phone, text)


def sent_to(phone: str, *, newest: int) -> list[tuple[dt.datetime, str]]:
    """Return time and text of the newest messages of the file gateway to a number."""
    found: list[tuple[dt.datetime, str]] = []
    for path in sorted(_folder().glob("*.json"), reverse=True):
        message = json.loads(path.read_text())
        if message["to"] == phone:
            found.append(
                (dt.datetime.fromisoformat(message["sent_at"]), message["text"])
            )
        if len(found) == newest:
            break
    return found


def _folder() -> Path:
    folder: Path = settings.SMS_FOLDER
    return folder


@register(Tags.security, deploy=True)
def sms_reaches_people(app_configs: Any, **options: Any) -> list[Error]:
    """A public site must hand its messages to somebody who delivers them."""
    if settings.SMS_GATEWAY.startswith("https://") or not settings.PUBLIC:
        return []
    return [
        Error(
            "SMS_GATEWAY must be the https:// address of a gateway: without codes by "
            "SMS nobody can buy a training.",
            id="participants.E001",
        )
    ]
