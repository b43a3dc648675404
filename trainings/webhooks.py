"""Signed messages to partners: only https, only the open internet, no detours.

The address is resolved once and the connection goes to what was found, so that a name
which points elsewhere a moment later leads nowhere. Plain http to this machine is for
demos and tests: WEBHOOK_LOOPBACK.
"""

import datetime as dt
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from standardwebhooks import Webhook

TIMEOUT = 10  # seconds for all of it, however slowly the other side answers
PORTS = (443, 8443)
SENT = range(200, 300)
# Of IPv6 only this is given out to the open internet.
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")


class NotSent(Exception):
    """A message was not accepted. ``status`` says why, in a few words for staff."""

    def __init__(self, status: str) -> None:
        self.status = status
        super().__init__(status)


class AddressRefused(NotSent):
    """The address is none that messages may go to."""


def sign(
    secrets: Iterable[str], *, message_id: str, at: dt.datetime, payload: bytes
) -> dict[str, str]:
    """Return the three headers of Standard Webhooks, signed with each secret."""
    text = payload.decode()
    at = at.astimezone(dt.UTC)
    signatures = [Webhook(secret).sign(message_id, at, text) for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": f"{int(at.timestamp())}",
        "webhook-signature": " ".join(signatures),
    }


def post(address: str, *, body: bytes, headers: dict[str, str]) -> int:
    """Send JSON to a partner; return the status, which is 2xx. Raises NotSent."""
    try:
        url = urlsplit(address)
        port = url.port or (443 if url.scheme == "https" else 80)
    except ValueError:
        raise AddressRefused("alamat tidak sah") from None
    connection = _Connection(url, port)
    path = f"{url.path or '/'}{'?' if url.query else ''}{url.query}"
    headers = {"Content-Type": "application/json", **headers}
    try:
        with connection.deadline():
            connection.ip = _resolve(url, port)
            connection.request("POST", path, body, headers)
            status = connection.getresponse().status
            connection.check_deadline()
    except TimeoutError:
        raise NotSent("tidak menjawab") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        words = "tidak menjawab" if connection.is_late else type(error).__name__
        raise NotSent(words) from None
    finally:
        connection.close()
    if status not in SENT:
        raise NotSent(f"HTTP {status}")
    return status


def _resolve(url: SplitResult, port: int) -> str:
    """Return the IP address to connect to. Raises AddressRefused, NotSent."""
    host = url.hostname or ""
    is_plain = url.scheme == "http" and settings.WEBHOOK_LOOPBACK
    if url.scheme != "https" and not is_plain:
        raise AddressRefused("bukan https")
    if not is_plain and port not in PORTS:
        raise AddressRefused("port bukan 443 atau 8443")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotSent("nama host tidak ditemukan") from None
    addresses = [str(entry[4][0]) for entry in found]
    # All of them: one that is public does not excuse one that is not.
    allowed = _is_loopback if is_plain else _is_public
    if not addresses or not all(map(allowed, addresses)):
        raise AddressRefused("alamat bukan internet terbuka")
    return addresses[0]


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    # An IPv4 address in IPv6 clothes leads who knows where.
    if isinstance(ip, ipaddress.IPv6Address) and (
        ip not in GLOBAL_UNICAST or ip.sixtofour or ip.teredo
    ):
        return False
    return ip.is_global and not ip.is_multicast


class _Connection(http.client.HTTPConnection):
    """HTTP to one IP address, with TLS for the name if the URL says https."""

    ip: str

    def __init__(self, url: SplitResult, port: int) -> None:
        super().__init__(url.hostname or "", port, timeout=TIMEOUT)
        self.is_https = url.scheme == "https"
        self.default_port = 443 if self.is_https else 80  # of the Host header
        self.is_late = False

    def connect(self) -> None:
        self.check_deadline()
        self.sock = socket.create_connection((self.ip, self.port), self.timeout)
        if self.is_https:
            context = ssl.create_default_context()
            # Known before the handshake, or the deadline would cut the socket that
            # this one has taken over from.
            self.sock = context.wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.check_deadline()
            self.sock.do_handshake()
        self.check_deadline()

    def check_deadline(self) -> None:
        """Raise TimeoutError if it has passed, where there was no socket to cut."""
        if self.is_late:
            raise TimeoutError

    def deadline(self) -> "_Deadline":
        return _Deadline(self)


class _Deadline:
    """Cut a connection off after TIMEOUT: a socket's own limit is for each read."""

    def __init__(self, connection: _Connection) -> None:
        self.connection = connection
        self.timer = threading.Timer(TIMEOUT, self._cut)
        self.timer.daemon = True

    def __enter__(self) -> None:
        self.timer.start()

    def __exit__(self, *exception: object) -> None:
        self.timer.cancel()

    def _cut(self) -> None:
        self.connection.is_late = True
        if sock := self.connection.sock:
            try:
                # An SSLSocket's own goes on in the clear until it is shut.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
            except OSError:
                return
