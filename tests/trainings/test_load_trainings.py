"""manage.py load_trainings: the invented catalogue of the demo, or one's own."""

import datetime as dt
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from tests.trainings.catalogue_files import catalogue_file
from trainings.models import Category, Mode, SaleState, Training

pytestmark = pytest.mark.django_db


def load(*arguments, **options):
    out = StringIO()
    call_command("load_trainings", *arguments, stdout=out, **options)
    return out.getvalue()


def test_demo_catalogue_is_broad_and_believable():
    load()

    prices = list(Training.objects.values_list("price", flat=True))
    assert 55 <= len(prices) <= 70
    assert set(Training.objects.values_list("category", flat=True)) == set(Category)
    assert set(Training.objects.values_list("mode", flat=True)) == set(Mode)
    assert min(prices) >= 150_000
    assert 1 <= sum(price > 1_000_000 for price in prices) <= 6


def test_demo_catalogue_has_some_ended_and_some_to_come():
    load()

    today = timezone.localdate()
    states = {t.sale_state(today=today) for t in Training.objects.all()}
    assert states == set(SaleState)


def test_every_training_of_the_demo_is_whole():
    load()

    for training in Training.objects.all():
        training.full_clean()
        assert training.platforms.exists()
        assert training.outcome_list


def test_loading_again_changes_nothing():
    assert "baru, 0 diperbarui, 0 tetap." in load()
    assert "0 baru, 0 diperbarui" in load()


def test_own_file_is_loaded(tmp_path):
    path = catalogue_file(tmp_path, {"on_sale_from": "H-1"})

    load(str(path))

    yesterday = timezone.localdate() - dt.timedelta(days=1)
    assert Training.objects.get().on_sale_from == yesterday


def test_bad_line_refuses_the_whole_file(tmp_path):
    path = catalogue_file(tmp_path, {}, {"code": "B", "price": "gratis"})

    with pytest.raises(CommandError, match="Baris 3: price: Tulis rupiah bulat"):
        load(str(path))

    assert not Training.objects.exists()


def test_file_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(CommandError, match="tidak bisa dibaca"):
        load(str(tmp_path / "tidak-ada.csv"))


def test_file_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "katalog.csv"
    path.write_text("bukan,kolom\n1,2\n")

    with pytest.raises(CommandError, match="Kolom yang kurang"):
        load(str(path))


def test_quiet_run_says_nothing():
    assert load(verbosity=0) == ""
