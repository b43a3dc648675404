"""Logs as JSON, one line an event, without personal data."""

import datetime as dt
import json
import logging
import re
from typing import Any

from prakerja.headers import current_request_id

MASK = "•••"
# Nothing logs these on purpose. They slip in with the text of an exception or with an
# address that somebody typed, and are taken out here, behind all of it.
PERSONAL_DATA = [
    (re.compile(pattern), replacement)
    for pattern, replacement in [
        # Card number, NIK, KK and telephone, also written in groups.
        (r"\d{10,}|\d{3,4}(?:[ -]\d{3,4}){2,3}", MASK),
        (r"[^\s@/'\"<>(=]+@[^\s@/'\"<>)]+", MASK),
        # Whoever holds the address of a password link holds the account.
        (r"(/password-baru/)[^/\s]+", rf"\g<1>{MASK}"),
        # PostgreSQL quotes the row that it refuses.
        (r"DETAIL:.*", f"DETAIL: {MASK}"),
    ]
]


def without_personal_data(text: str) -> str:
    for pattern, replacement in PERSONAL_DATA:
        text = pattern.sub(replacement, text)
    return text


class JsonFormatter(logging.Formatter):
    """One JSON object a line; `extra={"event": {…}}` adds to it."""

    def format(self, record: logging.LogRecord) -> str:
        event: dict[str, Any] = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": without_personal_data(record.getMessage()),
            "request_id": current_request_id.get(),
        }
        event |= getattr(record, "event", {})
        if record.exc_info:
            exception = self.formatException(record.exc_info)
            event["exception"] = without_personal_data(exception)
        return json.dumps(event, ensure_ascii=False)
