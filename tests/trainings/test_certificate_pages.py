"""The certificate: its holder's page and file, and the check open to everybody."""

import re

import pytest

from tests.factories import ParticipantFactory, PurchaseFactory, UserFactory, wib
from trainings.certificates import pdf, qr_code
from trainings.models import Certificate

pytestmark = pytest.mark.django_db

ADDRESS = "http://testserver/sertifikat/KODE/"


@pytest.fixture
def purchase():
    return PurchaseFactory(
        completed=True,
        participant__user__full_name="Sari Dewi Lestari",
        participant__user__email="sari@rahasia.test",
        training__title="Menjahit Kebaya",
    )


@pytest.fixture
def certificate(purchase):
    return purchase.certificate


def own(purchase, part="sertifikat/"):
    return f"/pembelian/{purchase.order.reference}/{part}"


# --- the public check -----------------------------------------------------------------


def test_anybody_may_check_a_certificate(client, certificate):
    html = client.get(f"/sertifikat/{certificate.check_code}/").text

    assert "Sertifikat ini asli" in html
    for words in ("Sari Dewi Lestari", "Menjahit Kebaya", certificate.number, "12 jam"):
        assert words in html


def test_check_tells_nothing_else_about_the_holder(client, certificate, purchase):
    applicant = purchase.participant.user.applicant

    html = client.get(f"/sertifikat/{certificate.check_code}/").text

    for secret in (
        "sari@rahasia.test",
        applicant.nik,
        applicant.phone,
        purchase.participant.card_number,
        purchase.voucher,
        str(purchase.order.reference),
    ):
        assert secret not in html


def test_check_page_is_kept_out_of_search_engines(client, certificate):
    assert "noindex" in client.get(f"/sertifikat/{certificate.check_code}/").text
    assert "noindex" in client.get("/sertifikat/").text


def test_code_is_found_in_small_letters_too(client, certificate):
    response = client.get(f"/sertifikat/{certificate.check_code.lower()}/")

    assert response.status_code == 200


def test_unknown_code_is_a_404_that_helps(client):
    response = client.get("/sertifikat/ABCD2345EFGH6789/")

    assert response.status_code == 404
    assert "ABCD2345EFGH6789" in response.text
    assert "Kode pemeriksaan" in response.text


def test_typed_code_leads_to_the_check_whatever_stands_between_its_letters(
    client, certificate
):
    code = certificate.check_code
    typed = f" {code[:4].lower()}-{code[4:8]} {code[8:]}"

    response = client.get("/sertifikat/", {"kode": typed})

    assert response.url == f"/sertifikat/{code}/"


@pytest.mark.parametrize(
    "pasted",
    [
        "https://prakerja.test/sertifikat/{}/",
        "prakerja.test/sertifikat/{}",
        " HTTP://PRAKERJA.TEST/SERTIFIKAT/{}/?kode=1#atas ",
        " .{}. ",
    ],
)
def test_pasted_address_leads_to_the_check(client, certificate, pasted):
    code = certificate.check_code

    response = client.get("/sertifikat/", {"kode": pasted.format(code.lower())})

    assert response.url == f"/sertifikat/{code}/"


def test_who_types_the_number_is_told_where_the_code_is(client, certificate):
    response = client.get("/sertifikat/", {"kode": certificate.number})

    assert response.status_code == 422
    assert "Itu nomor sertifikat" in response.text


@pytest.mark.parametrize("typed", ["", "---"])
def test_typing_no_code_is_said(client, typed):
    response = client.get("/sertifikat/", {"kode": typed})

    assert response.status_code == 422
    assert "Belum diisi" in response.text


def test_guessing_codes_is_throttled_for_a_network(client, certificate, monkeypatch):
    monkeypatch.setattr(
        "trainings.views.certificates.UNKNOWN_CODES",
        type(_limit())(failures=2, seconds=60 * 60),
    )
    for _ in range(2):
        client.get("/sertifikat/ABCD2345EFGH6789/")

    assert client.get("/sertifikat/ABCD2345EFGH6789/").status_code == 429


def _limit():
    from trainings.views.certificates import UNKNOWN_CODES  # noqa: PLC0415

    return UNKNOWN_CODES


# --- the holder's ---------------------------------------------------------------------


def test_holder_sees_and_downloads_the_certificate(client, purchase, certificate):
    client.force_login(purchase.participant.user)

    html = client.get(own(purchase)).text
    file = client.get(own(purchase, "sertifikat.pdf"))

    assert certificate.number in html
    assert f"http://testserver/sertifikat/{certificate.check_code}/" in html
    assert re.search(r'<path d="M[0-9 hvzM-]+"', html)
    assert file.headers["Content-Type"] == "application/pdf"
    assert certificate.number in file.headers["Content-Disposition"]
    assert file.content.startswith(b"%PDF")


@pytest.mark.parametrize("part", ["sertifikat/", "sertifikat.pdf", "ulasan/"])
def test_pages_of_somebody_elses_purchase_are_not_found(client, purchase, part):
    client.force_login(ParticipantFactory().user)

    assert client.get(own(purchase, part)).status_code == 404


@pytest.mark.parametrize("part", ["sertifikat/", "sertifikat.pdf"])
def test_there_is_no_certificate_before_the_end(client, part):
    purchase = PurchaseFactory(at_office=True)
    client.force_login(purchase.participant.user)

    assert client.get(own(purchase, part)).status_code == 404


def test_who_is_no_participant_has_no_certificate(client, purchase):
    client.force_login(UserFactory())

    assert client.get(own(purchase)).status_code == 404


# --- the file -------------------------------------------------------------------------


def test_same_certificate_is_the_same_file(certificate):
    again = Certificate.objects.get(pk=certificate.pk)

    assert pdf(certificate, address=ADDRESS) == pdf(again, address=ADDRESS)


def test_file_says_what_it_is_and_when_it_was_issued(certificate):
    certificate.issued_at = wib(2021, 10, 12, 9, 30)

    written = pdf(certificate, address=ADDRESS)

    assert rb"/CreationDate (D:20211012093000+07'00')" in written
    assert b"/Subject (Sertifikat pelatihan Menjahit Kebaya)" in written
    assert b"/Creator (Kartu Prakerja)" in written


@pytest.mark.parametrize("name", ["Siti " * 25, "Zoë Łukasz 李 Ñ"])
def test_any_name_becomes_a_file(certificate, name):
    certificate.holder_name = name

    assert pdf(certificate, address=ADDRESS).startswith(b"%PDF")


def test_qr_code_draws_every_dark_module_once():
    import segno  # noqa: PLC0415

    dark = sum(sum(row) for row in segno.make_qr(ADDRESS).matrix)

    found = qr_code(ADDRESS)

    assert sum(length for runs in found.rows for _, length in runs) == dark
    assert found.path.count("M") == sum(map(len, found.rows))
