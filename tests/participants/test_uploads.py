"""Uploads that are too large."""

import tracemalloc

import pytest
from django.test import RequestFactory

HEAD = (
    b"--end\r\n"
    b'Content-Disposition: form-data; name="before"\r\n\r\nkept\r\n'
    b"--end\r\n"
    b'Content-Disposition: form-data; name="file"; filename="big.csv"\r\n'
    b"Content-Type: text/csv\r\n\r\n"
)


class OneLongLine:
    """A body of so many bytes, made as it is read."""

    def __init__(self, size):
        self.head = HEAD
        self.left = size

    def read(self, size):
        part = self.head[:size] or b"x" * min(size, self.left)
        self.head = self.head[size:]
        self.left -= len(part)
        return part

    def readline(self, size=-1):
        return self.read(self.left if size < 0 else size)


def upload(size):
    body = OneLongLine(size)
    return body, RequestFactory().generic(
        "POST",
        "/",
        CONTENT_TYPE="multipart/form-data; boundary=end",
        CONTENT_LENGTH=str(size),
        **{"wsgi.input": body},
    )


@pytest.fixture(autouse=True)
def _limit(settings):
    settings.UPLOAD_MAX = 2**20


def test_oversized_upload_is_read_away_in_little_memory():
    body, request = upload(size=50 * 2**20)

    tracemalloc.start()
    files = request.FILES
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert not files
    assert request.upload_is_too_large
    assert body.left == 0
    assert peak < 2**20


def test_fields_before_an_oversized_file_are_kept():
    _, request = upload(size=2 * 2**20)

    assert request.POST["before"] == "kept"
