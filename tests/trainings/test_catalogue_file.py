"""A file of the catalogue: what it may say, what it does, and that it goes round."""

import datetime as dt

import pytest
from simple_history.utils import get_history_manager_for_model

from participants.importing.csv_rows import FileRefused
from tests.factories import (
    NOW,
    PlatformFactory,
    ProviderFactory,
    PurchaseFactory,
    TrainingFactory,
    UserFactory,
)
from tests.trainings.catalogue_files import catalogue_file, catalogue_text
from trainings import catalogue_import
from trainings.catalogue_file import as_csv, written
from trainings.catalogue_import import enter, plan
from trainings.models import Provider, Training

pytestmark = pytest.mark.django_db


def load(path, by=None):
    planned = plan(path)
    enter(planned, by=by, at=NOW, reason="Impor")
    return planned


def problems(tmp_path, **changes):
    return {
        (p.column, p.reason) for p in plan(catalogue_file(tmp_path, changes)).problems
    }


def export():
    every = Training.objects.select_related("provider").prefetch_related("platforms")
    return "".join(as_csv(written(every)))


def test_a_line_makes_a_training_and_its_provider(tmp_path):
    load(catalogue_file(tmp_path))

    training = Training.objects.get(code="RKD-001")
    assert training.title == "Excel untuk Administrasi"
    assert training.slug == "excel-untuk-administrasi"
    assert training.outcome_list == ["Memakai rumus", "Membuat grafik"]
    assert (training.hours, training.price) == (15, 350_000)
    assert training.on_sale_from == dt.date(2021, 1, 1)
    assert training.on_sale_until is None
    assert training.provider.name == "Ruang Karya"
    assert {p.slug for p in training.platforms.all()} == {"tokopedia", "pintaria"}


def test_the_same_file_again_changes_nothing(tmp_path):
    load(catalogue_file(tmp_path))

    again = load(catalogue_file(tmp_path))

    assert (again.unchanged, again.has_work, again.providers) == (1, False, {})
    assert Training.history.count() == 1


def test_what_was_exported_changes_nothing(tmp_path):
    TrainingFactory(
        title='Kutip "ganda"; titik koma, koma',
        summary="=1+1 diawali rumus",
        outcomes="Satu\r\n\r\n Dua ",
        schedule="+62 hari",
        provider=ProviderFactory(contact="@lembaga"),
        platforms=[PlatformFactory(), PlatformFactory()],
        on_sale_until=dt.date(2022, 1, 1),
    )
    TrainingFactory.create_batch(3)
    path = tmp_path / "katalog.csv"
    path.write_text(export(), newline="")

    planned = plan(path)

    assert planned.problems == []
    assert (planned.unchanged, planned.has_work) == (4, False)


@pytest.mark.parametrize("sign", "=+-@\t")
def test_export_holds_no_formula(sign):
    TrainingFactory(title=f"{sign}HYPERLINK(1)")

    assert f";'{sign}HYPERLINK(1);" in export()


def test_file_that_differs_changes_only_what_differs(tmp_path):
    load(catalogue_file(tmp_path))
    before = Training.objects.get()

    planned = load(catalogue_file(tmp_path, {"price": "400.000", "title": "Excel"}))

    training = Training.objects.get()
    assert (training.price, training.title) == (400_000, "Excel")
    assert training.slug == before.slug
    [change] = planned.changed
    assert change.before == {"price": 350_000, "title": "Excel untuk Administrasi"}


def test_new_price_stands_in_the_history_with_who_imported_it(tmp_path):
    staff = UserFactory(staff=True)
    load(catalogue_file(tmp_path))

    load(catalogue_file(tmp_path, {"price": "400000"}), by=staff)

    newest, oldest = Training.history.all()
    assert (newest.price, oldest.price) == (400_000, 350_000)
    assert (newest.history_user, newest.history_change_reason) == (staff, "Impor")
    assert (newest.history_type, oldest.history_type) == ("~", "+")


def test_new_price_never_touches_what_was_sold(tmp_path):
    load(catalogue_file(tmp_path))
    purchase = PurchaseFactory(training=Training.objects.get(), price=350_000)

    load(catalogue_file(tmp_path, {"price": "400000"}))

    purchase.refresh_from_db()
    purchase.order.refresh_from_db()
    assert (purchase.price, purchase.order.price) == (350_000, 350_000)


def test_platforms_are_replaced(tmp_path):
    load(catalogue_file(tmp_path))

    load(catalogue_file(tmp_path, {"platforms": "bukalapak"}))

    assert [p.slug for p in Training.objects.get().platforms.all()] == ["bukalapak"]


def test_training_may_move_to_another_provider(tmp_path):
    load(catalogue_file(tmp_path))

    load(
        catalogue_file(
            tmp_path,
            {
                "provider": "lain",
                "provider_name": "Lain",
                "provider_contact": "x@y.test",
            },
        )
    )

    assert Training.objects.get().provider.name == "Lain"


def test_two_lines_share_one_new_provider(tmp_path):
    load(
        catalogue_file(
            tmp_path, {}, {"code": "B", "provider_name": "", "provider_contact": ""}
        )
    )

    assert Provider.objects.get().trainings.count() == 2


def test_trainings_of_one_title_have_addresses_of_their_own(tmp_path):
    load(catalogue_file(tmp_path, {"code": "A"}, {"code": "B"}))

    assert set(Training.objects.values_list("slug", flat=True)) == {
        "excel-untuk-administrasi",
        "excel-untuk-administrasi-b",
    }


def test_no_training_takes_the_address_of_another_page(tmp_path):
    load(catalogue_file(tmp_path, {"title": "Cara membeli"}))

    assert Training.objects.get().slug == "cara-membeli-rkd-001"


def test_what_the_file_does_not_name_stays(tmp_path):
    other = TrainingFactory()

    load(catalogue_file(tmp_path))

    assert Training.objects.filter(pk=other.pk).exists()


@pytest.mark.parametrize(
    ("changes", "column", "reason"),
    [
        ({"code": ""}, "code", "Kosong."),
        ({"title": ""}, "title", "Kosong."),
        ({"title": "=1+1"}, "title", "rumus"),
        ({"title": "a\u200bb"}, "title", "tidak terlihat"),
        ({"title": "x" * 151}, "title", "150"),
        ({"outcomes": "|"}, "outcomes", ""),
        ({"outcomes": "x" * 3001}, "outcomes", "3000"),
        ({"category": "sulap"}, "category", "Pilih salah satu: digital"),
        ({"mode": "radio"}, "mode", "Pilih salah satu: online"),
        ({"hours": "1.5"}, "hours", "bilangan bulat"),
        ({"hours": "0"}, "hours", "1"),
        ({"price": "gratis"}, "price", "rupiah bulat"),
        ({"price": "0"}, "price", "1"),
        ({"price": "35.00"}, "price", "rupiah bulat"),
        ({"on_sale_from": "01/02/2021"}, "on_sale_from", "tahun-bulan-tanggal"),
        ({"on_sale_from": "2021-02-30"}, "on_sale_from", "tidak ada di kalender"),
        ({"on_sale_from": "H-30"}, "on_sale_from", "tahun-bulan-tanggal"),
        ({"on_sale_until": "2020-12-31"}, "on_sale_until", "Lebih awal"),
        ({"provider": "Ruang Karya"}, "provider", "huruf kecil"),
        ({"provider_name": ""}, "provider", "Belum ada lembaga"),
        ({"platforms": "tokobagus"}, "platforms", "Tidak ada platform"),
        ({"platforms": "|"}, "platforms", "Kosong."),
    ],
)
def test_bad_cell_is_named_with_its_reason(tmp_path, changes, column, reason):
    found = problems(tmp_path, **changes)

    assert [name for name, _ in found] == [column]
    assert all(reason in words for _, words in found)


def test_known_provider_can_not_be_renamed_on_the_way(tmp_path):
    ProviderFactory(slug="ruang-karya", name="Ruang Karya", contact="lain@contoh.test")

    [(column, reason)] = problems(tmp_path)

    assert column == "provider_contact"
    assert "Berbeda" in reason


def test_code_may_stand_in_one_line_only(tmp_path):
    planned = plan(catalogue_file(tmp_path, {}, {}))

    [problem] = planned.problems
    assert (problem.line, problem.column) == (3, "code")
    assert "baris 2" in problem.reason
    assert len(planned.new) == 1


def test_bad_line_leaves_the_good_ones(tmp_path):
    planned = load(catalogue_file(tmp_path, {"price": "x"}, {"code": "B"}))

    assert (planned.bad, len(planned.new)) == (1, 1)
    assert Training.objects.get().code == "B"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "kosong"),
        (b"PK\x03\x04rest", "Excel"),
        ("judul,harga\nx,1\n".encode("utf-16"), "UTF-16"),
        (b"code;title\nx;y\n", "Kolom yang kurang"),
        (catalogue_text({}).encode().replace(b"Excel", b"Caf\xe9"), "UTF-8"),
        (catalogue_text().encode(), "tanpa satu pelatihan pun"),
    ],
)
def test_file_that_is_none_of_ours_is_refused_whole(tmp_path, content, words):
    path = tmp_path / "katalog.csv"
    path.write_bytes(content)

    with pytest.raises(FileRefused, match=words):
        plan(path)


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_file_may_have_a_bom_semicolons_and_windows_line_ends(tmp_path, bom, delimiter):
    path = tmp_path / "katalog.csv"
    text = catalogue_text({}, delimiter=delimiter).replace("\n", "\r\n")
    path.write_bytes((bom + text).encode())

    assert len(plan(path).new) == 1


def test_too_long_a_file_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(catalogue_import, "MOST_ROWS", 1)

    with pytest.raises(FileRefused, match="Lebih dari 1 pelatihan"):
        plan(catalogue_file(tmp_path, {}, {"code": "B"}))


def test_days_from_today_are_for_the_loader(tmp_path):
    path = catalogue_file(tmp_path, {"on_sale_from": "H-30", "on_sale_until": "H+2"})

    [(training, _)] = plan(path, relative_to=dt.date(2021, 9, 28)).new

    assert training.on_sale_from == dt.date(2021, 8, 29)
    assert training.on_sale_until == dt.date(2021, 9, 30)


def test_large_file_takes_few_queries(tmp_path, django_assert_max_num_queries):
    lines = [{"code": f"K{n}", "title": f"Judul {n}"} for n in range(300)]
    path = catalogue_file(tmp_path, *lines)

    with django_assert_max_num_queries(20):
        load(path)

    assert get_history_manager_for_model(Training).count() == 300
