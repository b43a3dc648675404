import pytest
from django.test import Client

CSP = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "media-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}


def test_the_whole_content_security_policy(client):
    response = client.get("/")

    assert set(response.headers["Content-Security-Policy"].split("; ")) == CSP


def test_all_headers_of_a_page(client):
    response = client.get("/", headers={"X-Request-ID": "permintaan-1"})
    headers = dict(response.headers)
    del headers["Content-Security-Policy"], headers["Content-Length"]

    assert headers == {
        "Cache-Control": "no-store",
        "Content-Type": "text/html; charset=utf-8",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), "
        "usb=(), browsing-topics=(), clipboard-write=(self)",
        "Referrer-Policy": "same-origin",
        "Vary": "Cookie, Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "X-Request-ID": "permintaan-1",
    }


@pytest.mark.parametrize("address", ["/dashboard/", "/tidak-ada/", "/masuk/"])
def test_redirects_and_error_pages_are_never_kept_and_as_guarded(client, address):
    response = client.get(address)

    assert "no-store" in response.headers["Cache-Control"]
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.fixture
def https(settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True


def test_over_https_browsers_are_told_to_stay(https):
    response = Client().get("/", secure=True)

    assert response.headers["Strict-Transport-Security"] == (
        "max-age=31536000; includeSubDomains; preload"
    )


def test_http_leads_to_https_on_the_same_host(https):
    response = Client().get("/bantuan/")

    assert response.status_code == 301
    assert response.url == "https://testserver/bantuan/"


@pytest.mark.parametrize("given", ["a1b2c3d4", "6f2c9b1e-2a5d-4d3f-9a51-0c7d3c5b8e10"])
def test_a_request_keeps_the_id_that_the_proxy_gave(client, given):
    response = client.get("/healthz", headers={"X-Request-ID": given})

    assert response.headers["X-Request-ID"] == given


@pytest.mark.parametrize(
    "given", ["", "pendek", "x" * 65, "dua kata lagi", 'a"b"c"d"e', "<script>1234"]
)
def test_a_request_is_named_anew_when_the_id_is_odd(client, given):
    response = client.get("/healthz", headers={"X-Request-ID": given})

    assert response.headers["X-Request-ID"] != given
    assert response.headers["X-Request-ID"].isalnum()


def test_two_requests_have_two_ids(client):
    ids = {client.get("/healthz").headers["X-Request-ID"] for _ in range(2)}

    assert len(ids) == 2
