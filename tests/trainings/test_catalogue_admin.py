"""The catalogue as staff keep it: lists, forms, history, export and import."""

import csv
import io

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile

from participants.importing.csv_rows import Problem
from participants.importing.kept import path_of
from tests.factories import (
    NOW,
    OrderFactory,
    PlatformFactory,
    ProviderFactory,
    PurchaseFactory,
    TrainingFactory,
    UserFactory,
)
from tests.trainings.catalogue_files import catalogue_text
from trainings.admin import catalogue_import
from trainings.catalogue_import import Plan
from trainings.models import Category, Provider, Training

pytestmark = pytest.mark.django_db

LIST = "/admin/trainings/training/"
IMPORT = f"{LIST}impor/"
REPORT = f"{IMPORT}laporan/"


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path, time_machine):
    settings.DATA_DIR = tmp_path
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def staff(client):
    """Somebody of the group Petugas."""
    user = UserFactory(staff=True)
    user.groups.add(Group.objects.get(name="Petugas"))
    client.force_login(user)
    return user


@pytest.fixture
def admin(client):
    user = UserFactory(superuser=True)
    client.force_login(user)
    return user


def form_of(training, **changes):
    return {
        "title": training.title,
        "summary": training.summary,
        "outcomes": training.outcomes,
        "category": training.category,
        "mode": training.mode,
        "hours": training.hours,
        "schedule": training.schedule,
        "provider": training.provider_id,
        "price": training.price,
        "on_sale_from": training.on_sale_from,
        "on_sale_until": training.on_sale_until or "",
        "platforms": [platform.pk for platform in training.platforms.all()],
    } | changes


def change(client, training, **changes):
    return client.post(f"{LIST}{training.pk}/change/", form_of(training, **changes))


# --- Lists and forms ----------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 40])
def test_list_takes_few_queries(client, staff, django_assert_max_num_queries, count):
    TrainingFactory.create_batch(count)

    with django_assert_max_num_queries(12):
        html = client.get(LIST).text

    assert "Rp500.000" in html


@pytest.mark.parametrize("term", ["menjahit", "MJ-7", "dapur"])
def test_training_is_found_by_title_code_or_provider(client, staff, term):
    TrainingFactory(
        title="Menjahit", code="MJ-7", provider=ProviderFactory(name="Dapur Nusa")
    )
    TrainingFactory(title="Las")

    html = client.get(f"{LIST}?q={term}").text

    assert "Menjahit" in html
    assert ">Las<" not in html


@pytest.mark.parametrize(
    ("state", "title"), [("on_sale", "A"), ("ended", "B"), ("upcoming", "C")]
)
def test_list_is_filtered_by_what_is_on_sale(client, staff, state, title):
    TrainingFactory(title="A")
    TrainingFactory(title="B", ended=True)
    TrainingFactory(title="C", upcoming=True)

    response = client.get(f"{LIST}?keadaan={state}")

    assert [t.title for t in response.context["cl"].result_list] == [title]


def test_unknown_state_filters_nothing(client, staff):
    TrainingFactory()

    assert client.get(f"{LIST}?keadaan=entah").context["cl"].result_count == 1


def test_list_shows_the_mean_and_how_many_reviews(client, staff):
    TrainingFactory(rating_sum=9, rating_count=2)

    assert "4,5 (2)" in client.get(LIST).text


@pytest.mark.parametrize(("price", "told"), [(1_000_000, False), (1_000_001, True)])
def test_price_above_the_whole_balance_is_saved_with_a_warning(
    client, staff, price, told
):
    training = TrainingFactory()
    page = f"{LIST}{training.pk}/change/"

    html = client.post(page, form_of(training, price=price), follow=True).text

    training.refresh_from_db()
    assert training.price == price
    assert ("tidak seorang pun bisa membelinya" in html) is told


@pytest.mark.parametrize("typed", ["450000", "450.000", "Rp450.000", " Rp 450.000 "])
def test_price_may_be_typed_as_people_write_it(client, staff, typed):
    training = TrainingFactory()

    change(client, training, price=typed)

    training.refresh_from_db()
    assert training.price == 450_000


@pytest.mark.parametrize("typed", ["", "0", "45.00", "450,5", "gratis", "-1"])
def test_price_that_is_none_is_refused(client, staff, typed):
    training = TrainingFactory()

    response = change(client, training, price=typed)

    assert response.context["adminform"].form.errors["price"]
    training.refresh_from_db()
    assert training.price == 500_000


def test_form_says_that_a_price_never_touches_what_was_sold(client, staff):
    html = client.get(f"{LIST}{TrainingFactory().pk}/change/").text

    assert "Yang sudah dipesan atau dibeli" in html


def test_new_price_never_touches_what_was_sold(client, staff):
    purchase = PurchaseFactory(price=500_000)

    change(client, purchase.training, price="750000")

    purchase.refresh_from_db()
    assert (purchase.price, purchase.training.price) == (500_000, 750_000)


def test_address_and_code_stay(client, staff):
    training = TrainingFactory()

    change(client, training, code="LAIN", slug="lain", title="Baru")

    changed = Training.objects.get()
    assert changed.title == "Baru"
    assert (changed.code, changed.slug) == (training.code, training.slug)


def test_training_is_added_by_hand(client, staff):
    fields = form_of(TrainingFactory()) | {"code": "X-1", "slug": "baru"}

    response = client.post(f"{LIST}add/", fields)

    assert response.status_code == 302
    assert Training.objects.get(code="X-1").slug == "baru"


# --- Deleting -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "words"), [(PurchaseFactory, "pembelian"), (OrderFactory, "pesanan")]
)
def test_training_that_was_sold_is_not_deleted(client, admin, make, words):
    training = make().training

    response = client.post(f"{LIST}{training.pk}/delete/", {"post": "yes"}, follow=True)

    assert f"tidak bisa dihapus: sudah ada {words}" in response.text
    assert Training.objects.filter(pk=training.pk).exists()


def test_training_that_nobody_bought_is_deleted(client, admin):
    training = TrainingFactory()

    client.post(f"{LIST}{training.pk}/delete/", {"post": "yes"})

    assert not Training.objects.exists()


@pytest.mark.parametrize("model", ["provider", "platform"])
def test_seller_of_trainings_is_not_deleted(client, admin, model):
    training = TrainingFactory()
    row = training.provider if model == "provider" else training.platforms.get()

    response = client.post(
        f"/admin/trainings/{model}/{row.pk}/delete/", {"post": "yes"}, follow=True
    )

    assert "tidak bisa dihapus: sudah ada 1 pelatihan" in response.text
    assert type(row).objects.filter(pk=row.pk).exists()


def test_lists_say_how_much_each_seller_offers(client, staff):
    TrainingFactory.create_batch(3, provider=ProviderFactory(name="Dapur Nusa"))

    html = client.get("/admin/trainings/provider/").text

    assert '<td class="field-offered">3</td>' in html


# --- History ------------------------------------------------------------------------


def test_history_says_who_changed_what(client, staff):
    training = TrainingFactory(category=Category.OFFICE)

    change(
        client,
        training,
        price="600.000",
        category="culinary",
        on_sale_until="2022-01-01",
    )
    html = client.get(f"{LIST}{training.pk}/history/").text

    assert str(staff) in html
    assert "Rp500.000 → Rp600.000" in html
    assert "Administrasi dan perkantoran → Kuliner" in html
    assert "– → 2022-01-01" in html
    assert "Dibuat" in html


def test_history_names_providers(client, staff):
    training = TrainingFactory(provider=ProviderFactory(name="Lama"))

    change(client, training, provider=ProviderFactory(name="Baru").pk)

    assert "Lama → Baru" in client.get(f"{LIST}{training.pk}/history/").text


def test_history_of_what_never_changed_is_not_empty_handed(client, admin):
    html = client.get("/admin/trainings/platform/1/history/").text

    assert "Belum ada riwayat" in html


def test_history_of_nothing_is_a_404(client, staff):
    assert client.get(f"{LIST}99/history/").status_code == 404


def test_history_needs_the_right_to_see(client):
    user = UserFactory(staff=True)
    client.force_login(user)

    assert client.get(f"{LIST}{TrainingFactory().pk}/history/").status_code == 403


def test_long_history_has_pages(client, staff, django_assert_max_num_queries):
    training = TrainingFactory()
    for price in range(1, 61):
        training.price = price
        training.save()

    with django_assert_max_num_queries(12):
        first = client.get(f"{LIST}{training.pk}/history/").text
    second = client.get(f"{LIST}{training.pk}/history/?p=2").text

    assert "Halaman 2 dari 2" in second
    # The oldest of a page is compared with the newest of the next one.
    assert "Rp10 → Rp11" in first


# --- Export -------------------------------------------------------------------------


def exported(response):
    text = response.getvalue().decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:]), delimiter=";"))


def test_export_holds_what_the_list_shows(client, staff):
    TrainingFactory(title="Las", category=Category.CRAFT)
    TrainingFactory(title="Kopi", category=Category.CULINARY)

    rows = exported(client.get(f"{LIST}ekspor.csv?category__exact=craft"))

    assert [row["title"] for row in rows] == ["Las"]


def test_button_of_the_export_keeps_the_filters(client, staff):
    html = client.get(f"{LIST}?category__exact=craft&p=1").text

    assert "ekspor.csv?category__exact=craft" in html


def test_export_needs_the_right_to_see(client):
    client.force_login(UserFactory(staff=True))

    assert client.get(f"{LIST}ekspor.csv").status_code == 403


def test_export_takes_few_queries(client, staff, django_assert_max_num_queries):
    TrainingFactory.create_batch(30)

    with django_assert_max_num_queries(15):
        rows = exported(client.get(f"{LIST}ekspor.csv"))

    assert len(rows) == 30


# --- Import -------------------------------------------------------------------------


def upload(client, content, name="katalog.csv"):
    if isinstance(content, str):
        content = content.encode()
    return client.post(IMPORT, {"file": SimpleUploadedFile(name, content, "text/csv")})


def apply(client, **fields):
    version = client.get(REPORT).context["version"]
    return client.post(REPORT, {"version": version} | fields, follow=True)


def test_upload_changes_nothing_and_leads_to_the_report(client, staff):
    response = upload(client, catalogue_text({}))

    assert response.url == REPORT
    assert not Training.objects.exists()
    assert "Belum diterapkan" in client.get(REPORT).text


def test_report_counts_what_would_happen(client, staff):
    upload(client, catalogue_text({}))
    apply(client)

    upload(
        client,
        catalogue_text({"price": "400000"}, {"code": "B"}, {"code": "C", "price": "x"}),
    )
    html = client.get(REPORT).text

    assert "Rp350.000 → Rp400.000" in html
    assert "<dt>Pelatihan baru</dt><dd>1</dd>" in html
    assert "<dt>Berubah</dt><dd>1</dd>" in html
    assert "<dt>Salah</dt><dd>1 baris</dd>" in html


def test_report_names_what_is_new_and_what_nobody_could_pay(client, staff):
    upload(
        client,
        catalogue_text(
            {"code": "A", "title": "Las Dasar", "price": "1000000"},
            {"code": "B", "title": "Las Lanjut", "price": "1000001"},
        ),
    )

    html = client.get(REPORT).text

    assert "<code>A</code> Las Dasar" in html
    assert "Rp1.000.000" in html
    assert html.count("tidak seorang pun bisa membelinya") == 1
    assert "harganya Rp1.000.001" in html


def test_applying_changes_the_catalogue_in_the_name_of_who_did(client, staff):
    upload(client, catalogue_text({}))

    response = apply(client)

    assert "Katalog diperbarui: 1 pelatihan baru" in response.text
    [record] = Training.history.all()
    assert record.history_user == staff
    assert record.history_change_reason == "Impor katalog.csv"
    assert Provider.history.get().history_user == staff


def test_the_same_file_again_has_nothing_to_apply(client, staff):
    upload(client, catalogue_text({}))
    apply(client)

    upload(client, catalogue_text({}))

    assert "Tidak ada yang bisa diterapkan" in client.get(REPORT).text


def test_what_was_exported_has_nothing_to_apply(client, staff):
    TrainingFactory.create_batch(3, platforms=[PlatformFactory()])
    content = client.get(f"{LIST}ekspor.csv").getvalue()

    upload(client, content)

    assert client.get(REPORT).context["plan"].unchanged == 3
    assert "Tidak ada yang bisa diterapkan" in client.get(REPORT).text


def test_bad_lines_can_be_downloaded(client, staff):
    upload(client, catalogue_text({"price": "x"}, {"code": "B", "hours": "=1"}))

    text = client.get(f"{REPORT}baris-yang-salah.csv").getvalue().decode("utf-8-sig")

    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert [row[:2] for row in rows] == [
        ["baris", "kolom"],
        ["2", "price"],
        ["3", "hours"],
    ]


def test_bad_lines_are_skipped_only_if_one_says_so(client, staff):
    upload(client, catalogue_text({"price": "x"}, {"code": "B"}))

    refused = client.post(REPORT, {"version": client.get(REPORT).context["version"]})
    assert refused.status_code == 422
    assert not Training.objects.exists()

    response = apply(client, good_rows_only="on")
    assert "1 baris yang salah dilewati" in response.text
    assert Training.objects.get().code == "B"


def test_catalogue_that_changed_meanwhile_is_read_again(client, staff):
    upload(client, catalogue_text({}))
    version = client.get(REPORT).context["version"]
    TrainingFactory()

    response = client.post(REPORT, {"version": version}, follow=True)

    assert "Katalog berubah sejak laporan ini dibuat" in response.text
    assert not Training.objects.filter(code="RKD-001").exists()


def test_line_that_becomes_bad_while_it_is_applied_stops_it(client, staff, monkeypatch):
    upload(client, catalogue_text({}))
    version = client.get(REPORT).context["version"]
    problem = Problem(2, "platforms", "Tidak ada platform dengan kode “tokopedia”.")
    looks = iter([Plan(), Plan(problems=[problem])])
    monkeypatch.setattr(catalogue_import, "plan", lambda path: next(looks))

    client.post(REPORT, {"version": version})

    monkeypatch.undo()
    assert "menjadi salah sejak diperiksa" in client.get(REPORT).text
    assert not Training.objects.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "kosong"), (b"PK\x03\x04", "Excel"), (b"a,b\n1,2\n", "Kolom yang kurang")],
)
def test_file_that_is_none_of_ours_is_refused_at_once(client, staff, content, words):
    response = upload(client, content)

    assert response.status_code == 422
    assert words in response.text
    assert client.get(REPORT).status_code == 404


def test_upload_without_a_file_is_refused(client, staff):
    response = client.post(IMPORT, {})

    assert response.status_code == 422
    assert "Pilih berkas CSV dulu." in response.text


def test_too_large_a_file_is_refused(client, staff, settings):
    settings.UPLOAD_MAX = 1000

    response = upload(client, catalogue_text(*({"code": f"K{n}"} for n in range(99))))

    assert response.status_code == 422
    assert "lebih besar dari" in response.text


def test_applied_file_is_deleted_and_applied_once(client, staff):
    upload(client, catalogue_text({}))
    path = path_of(client.session["catalogue_import"]["token"])

    apply(client)

    assert not path.exists()
    assert client.post(REPORT, {}).status_code == 404


def test_file_that_waited_too_long_is_a_404(client, staff):
    upload(client, catalogue_text({}))
    path_of(client.session["catalogue_import"]["token"]).unlink()

    assert client.get(REPORT).status_code == 404


@pytest.mark.parametrize("lacking", ["add_training", "change_training", "add_provider"])
@pytest.mark.parametrize("address", [IMPORT, REPORT, f"{REPORT}baris-yang-salah.csv"])
def test_import_needs_every_right_it_uses(client, lacking, address):
    user = UserFactory(staff=True)
    names = {"view_training", "add_training", "change_training", "add_provider"}
    user.user_permissions.set(Permission.objects.filter(codename__in=names - {lacking}))
    client.force_login(user)

    assert client.get(address).status_code == 403
    assert "Impor CSV" not in client.get(LIST).text


def test_page_of_the_import_names_columns_and_platforms(client, staff):
    html = client.get(IMPORT).text

    assert "<code>outcomes</code>" in html
    assert "<code>mau-belajar-apa</code>" in html
