"""Signatures of Standard Webhooks, made without its library."""

import base64
import hashlib
import hmac


def signature(secret, message_id, timestamp, payload):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.".encode() + payload
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"
