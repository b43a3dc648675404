"""The pages of the catalogue: search, filters, one training."""

import re

import pytest
from django.core.cache import cache
from django.template.defaultfilters import slugify

from tests.factories import (
    NOW,
    ParticipantFactory,
    PlatformFactory,
    ProviderFactory,
    PurchaseFactory,
    ReviewFactory,
    TrainingFactory,
    UserFactory,
)
from trainings.models import Category, Mode

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now(time_machine):
    cache.clear()
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def buyer(client):
    """Somebody who may buy: Rp1.000.000, all videos watched."""
    participant = ParticipantFactory(funded=True, videos_completed=3)
    client.force_login(participant.user)
    return participant


@pytest.fixture
def visitor(client):
    user = UserFactory()
    client.force_login(user)
    return user


def titles(client, query=""):
    """Return the titles that the catalogue lists, in their order."""
    response = client.get(f"/pelatihan/{query}")
    assert response.status_code == 200
    return re.findall(r'<h3><a href="[^"]+">([^<]+)</a></h3>', response.text)


def make(*names, **fields):
    return [TrainingFactory(title=name, slug=slugify(name), **fields) for name in names]


# --- The list -----------------------------------------------------------------------


def test_catalogue_lists_what_is_on_sale(client, visitor):
    make("Kopi")
    make("Teh", ended=True)
    make("Jamu", upcoming=True)

    assert titles(client) == ["Kopi"]


def test_card_says_who_how_long_and_how_much(client, visitor):
    TrainingFactory(
        provider=ProviderFactory(name="Dapur Nusa"),
        mode=Mode.BOTH,
        hours=14,
        price=375_000,
        rating_sum=48,
        rating_count=10,
    )

    html = client.get("/pelatihan/").text

    for words in ("Dapur Nusa", "Daring dan tatap muka", "14 jam", "Rp375.000", "4,8"):
        assert words in html


def test_card_links_to_its_training(client, visitor):
    make("Kopi Susu")

    html = client.get("/pelatihan/").text
    address = re.search(r'<h3><a href="([^"]+)">', html)[1]

    assert client.get(f"/pelatihan/{address}").status_code == 200


def test_search_is_forgiving_and_says_so(client, visitor):
    make("Barista", "Menjahit")

    response = client.get("/pelatihan/?q=bariata")

    assert "Menampilkan hasil untuk “barista”" in response.text
    assert titles(client, "?q=bariata") == ["Barista"]


def test_guess_that_leaves_nothing_is_no_guess(client, visitor):
    make("Barista Kopi", "Hitungan Mudah")

    html = client.get("/pelatihan/?q=barista+kopi+murah").text

    assert titles(client, "?q=barista+kopi+murah") == ["Barista Kopi"]
    assert "“murah” tidak ada di katalog" in html
    assert "Menampilkan hasil" not in html


def test_nothing_found_claims_no_results_of_a_guess(client, visitor):
    make("Barista")

    html = client.get("/pelatihan/?q=bariata&bidang=craft").text

    assert "Tidak ada pelatihan yang cocok" in html
    assert "Menampilkan hasil" not in html


def test_field_is_found_by_what_participants_call_it(client, visitor):
    make("Sambal", category=Category.CULINARY)
    make("Resep Kue", category=Category.CULINARY)
    make("Las", category=Category.CRAFT)

    assert titles(client, "?q=resep") == ["Resep Kue", "Sambal"]
    assert titles(client, "?q=kuliner") == ["Resep Kue", "Sambal"]


def test_search_typed_rightly_is_not_commented(client, visitor):
    make("Barista")

    assert "Menampilkan hasil" not in client.get("/pelatihan/?q=BARIST").text


def test_words_that_nobody_knows_are_left_out_and_named(client, visitor):
    make("Barista", "Menjahit")

    assert titles(client, "?q=barista+qqqqqq") == ["Barista"]
    assert (
        "“qqqqqq” tidak ada di katalog"
        in client.get("/pelatihan/?q=barista+qqqqqq").text
    )


@pytest.mark.parametrize(
    ("query", "way_out"),
    [
        ("?q=qqqqqq", 'href="?">Lihat semua pelatihan'),
        ("?q=barista+menjahit", 'href="?q=menjahit">menjahit'),
        ("?q=barista&bidang=craft", 'href="?q=barista">Hapus semua saringan'),
        ("?bidang=craft", 'href="?">Lihat semua pelatihan'),
    ],
)
def test_nothing_found_shows_a_way_out(client, visitor, query, way_out):
    make("Barista", "Menjahit")

    html = client.get(f"/pelatihan/{query}").text

    assert "Tidak ada pelatihan yang cocok" in html
    assert way_out in html


def test_category_filter(client, visitor):
    make("Kopi", category=Category.CULINARY)
    make("Las", category=Category.CRAFT)

    assert titles(client, "?bidang=culinary") == ["Kopi"]


@pytest.mark.parametrize(
    ("mode", "found"), [("online", ["A", "C"]), ("offline", ["B", "C"])]
)
def test_mode_filter_keeps_what_is_taught_both_ways(client, visitor, mode, found):
    make("A", mode=Mode.ONLINE)
    make("B", mode=Mode.OFFLINE)
    make("C", mode=Mode.BOTH)

    assert titles(client, f"?cara={mode}") == found


def test_platform_filter(client, visitor):
    shop = PlatformFactory(slug="toko-kita")
    make("Kopi", platforms=[shop, PlatformFactory()])
    make("Teh")

    assert titles(client, "?platform=toko-kita") == ["Kopi"]


def test_filters_add_up(client, visitor):
    make("Kopi susu", category=Category.CULINARY, mode=Mode.ONLINE)
    make("Kopi hitam", category=Category.CULINARY, mode=Mode.OFFLINE)

    assert titles(client, "?q=kopi&bidang=culinary&cara=offline") == ["Kopi hitam"]


def test_price_filter_is_the_balance_to_the_last_rupiah(client, buyer):
    make("Pas", price=1_000_000)
    make("Lebih", price=1_000_001)

    assert titles(client, "?saldo=1") == ["Pas"]
    assert "di atas saldomu" in client.get("/pelatihan/").text


@pytest.mark.parametrize(
    "person",
    [
        UserFactory,
        lambda: UserFactory(staff=True),
        lambda: ParticipantFactory().user,
        lambda: ParticipantFactory(funded=True, revoked=True).user,
    ],
)
def test_who_has_no_balance_is_offered_no_price_filter(client, person):
    make("Kopi", price=2_000_000)
    client.force_login(person())

    assert titles(client, "?saldo=1") == ["Kopi"]
    assert 'name="saldo"' not in client.get("/pelatihan/").text


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ("termurah", ["C", "A", "B"]),
        ("termahal", ["B", "A", "C"]),
        ("judul", ["A", "B", "C"]),
        ("bintang", ["B", "A", "C"]),
    ],
)
def test_order_is_as_asked(client, visitor, order, found):
    for title, price, stars in [("A", 2, 40), ("B", 3, 50), ("C", 1, 30)]:
        make(title, price=price, rating_sum=stars, rating_count=10)

    assert titles(client, f"?urut={order}") == found


def test_filter_is_shown_as_a_chip_that_takes_it_away(client, visitor):
    make("Kopi", category=Category.CULINARY)

    html = client.get("/pelatihan/?q=kopi&bidang=culinary&hal=2").text

    assert 'href="?q=kopi"><span class="visually-hidden">Hapus saringan: ' in html
    assert "Kuliner" in html


def test_form_keeps_what_was_asked(client, visitor):
    make("Kopi", category=Category.CULINARY)

    html = client.get("/pelatihan/?q=kopi&bidang=culinary&urut=judul").text

    assert 'value="kopi"' in html
    assert '<option value="culinary" selected>' in html
    assert '<option value="judul" selected>' in html


def test_twenty_a_page_and_all_of_them_once(client, visitor):
    make(*(f"Kopi {n:02}" for n in range(45)))

    pages = [titles(client, f"?q=kopi&hal={n}") for n in (1, 2, 3)]

    assert [len(page) for page in pages] == [20, 20, 5]
    assert len({title for page in pages for title in page}) == 45
    assert "45 pelatihan" in client.get("/pelatihan/?q=kopi").text


def test_pages_keep_the_search(client, visitor):
    make(*(f"Kopi {n:02}" for n in range(45)))

    assert "?q=kopi&amp;hal=2" in client.get("/pelatihan/?q=kopi").text


@pytest.mark.parametrize(
    "query",
    [
        "?hal=0",
        "?hal=-1",
        "?hal=satu",
        f"?hal={'9' * 6000}",
        "?bidang=sulap&cara=radio&platform=tak-ada&urut=acak&saldo=ya",
        "?bidang=%00&cara=%00&platform=%00&urut=%00",
        "?q[]=x&bidang=culinary&bidang=sulap",
        "?q=%00",
        "?q=%25%5F%27%22%5C",
        "?q=%F0%9F%98%80",
        f"?q={'kopi+' * 500}",
    ],
)
def test_what_an_address_says_wrongly_is_left_out(client, visitor, query):
    make("Kopi")

    assert titles(client, query) == ["Kopi"]


def test_what_was_typed_is_never_markup(client, visitor):
    html = client.get("/pelatihan/?q=%3Cscript%3Ealert%3C/script%3E").text

    assert "<script>alert" not in html


@pytest.mark.parametrize("count", [1, 60])
@pytest.mark.parametrize("query", ["", "?q=kpoi&bidang=office&saldo=1&urut=bintang"])
def test_list_takes_few_queries_however_long(
    client, buyer, django_assert_max_num_queries, count, query
):
    make(*(f"Kopi {n}" for n in range(count)))
    titles(client, query)  # from now on the words are in the cache

    with django_assert_max_num_queries(8):
        titles(client, query)


def test_catalogue_is_for_who_is_logged_in(client):
    assert client.get("/pelatihan/").status_code == 302


# --- One training -------------------------------------------------------------------


def page(client, training):
    response = client.get(training.get_absolute_url())
    assert response.status_code == 200
    return response.text


def test_page_says_everything_about_a_training(client, visitor):
    shop = PlatformFactory(name="Toko Kita")
    training = TrainingFactory(outcomes="Menyeduh\nMencicipi", platforms=[shop])

    html = page(client, training)

    for words in (
        training.title,
        training.summary,
        "<li>Menyeduh</li><li>Mencicipi</li>",
        training.get_category_display(),
        "Daring",
        "12 jam",
        training.schedule,
        training.provider.name,
        training.provider.contact,
        "Toko Kita",
        "Rp500.000",
    ):
        assert words in html


def test_page_says_what_is_left_of_the_balance(client, buyer):
    html = page(client, TrainingFactory(price=850_000))

    assert "Saldo setelah membeli" in html
    assert "Rp150.000" in html
    assert "Beli Sekarang" in html


def test_page_says_how_much_is_missing(client, buyer):
    html = page(client, TrainingFactory(price=1_250_000))

    assert "<dt>Kurang</dt><dd>Rp250.000</dd>" in html
    assert "Beli Sekarang" not in html


@pytest.mark.parametrize(
    ("traits", "title", "words", "way_on"),
    [
        (
            {"funded": True, "videos_completed": 1},
            "Belum bisa kamu beli",
            "Tonton dulu",
            "/video/2/",
        ),
        ({"videos_completed": 3}, "Belum bisa kamu beli", "belum masuk", "/dashboard/"),
        (
            {"funded": True, "revoked": True},
            "Tidak bisa kamu beli",
            "dicabut",
            "/bantuan/#keberatan",
        ),
    ],
)
def test_page_says_why_one_cannot_buy_and_what_to_do(
    client, traits, title, words, way_on
):
    client.force_login(ParticipantFactory(**traits).user)

    html = page(client, TrainingFactory())

    assert title in html
    assert words in html
    assert f'href="{way_on}"' in html
    assert "Beli Sekarang" not in html


def test_training_bought_already_is_said_so_without_sums(client, buyer):
    training = PurchaseFactory(participant=buyer, training__price=800_000).training

    html = page(client, training)

    assert "Sudah kamu beli" in html
    assert "Kurang" not in html


def test_what_is_missing_is_not_counted_where_something_else_forbids(client, buyer):
    PurchaseFactory(participant=buyer, price=900_000)

    html = page(client, TrainingFactory(price=500_000))

    assert "Selesaikan dulu" in html
    assert "Kurang" not in html


def test_second_training_is_said_to_give_no_incentive(client, buyer):
    training = TrainingFactory(price=100_000)
    first = page(client, training)
    PurchaseFactory(participant=buyer, completed=True, price=100_000)

    second = page(client, training)

    assert "Tanpa insentif" not in first
    assert "Tanpa insentif" in second


def test_who_is_no_participant_is_told_who_may_buy(client, visitor):
    html = page(client, TrainingFactory())

    assert "Untuk yang sudah lolos" in html
    assert "Beli Sekarang" not in html


def test_training_that_is_sold_no_more_keeps_its_page(client, buyer):
    html = page(client, TrainingFactory(ended=True))

    assert "Tidak dijual lagi" in html
    assert "31 Agustus 2021" in html
    assert "Beli Sekarang" not in html


def test_training_that_is_not_sold_yet_says_from_when(client, buyer):
    html = page(client, TrainingFactory(upcoming=True))

    assert "mulai dijual 1 Januari 2022" in html
    assert "Beli Sekarang" not in html


def test_reviews_show_first_names_only(client, visitor):
    participant = ParticipantFactory(user__full_name="Dewi Anggraini", funded=True)
    purchase = PurchaseFactory(participant=participant, completed=True)
    ReviewFactory(purchase=purchase, text="Jelas sekali.", rating=4)

    html = page(client, purchase.training)

    assert "<strong>Dewi</strong>" in html
    assert "Anggraini" not in html
    assert "Jelas sekali." in html
    assert "4 dari 5" in html


def test_hidden_review_is_shown_to_nobody(client, visitor):
    review = ReviewFactory(hidden=True, text="Telepon saya")

    assert "Telepon saya" not in page(client, review.training)


def test_reviews_are_ten_a_page(client, visitor, django_assert_max_num_queries):
    training = TrainingFactory()
    for n in range(12):
        purchase = PurchaseFactory(training=training, completed=True)
        ReviewFactory(purchase=purchase, text=f"Ulasan {n}.")

    page(client, training)  # the first request of a session stamps it
    with django_assert_max_num_queries(6):
        html = page(client, training)

    assert html.count('class="review"') == 10
    assert "Halaman 1 dari 2" in html
    second = client.get(f"{training.get_absolute_url()}?hal=2").text
    assert second.count('class="review"') == 2


def test_review_is_never_markup(client, visitor):
    review = ReviewFactory(text="<b>tebal</b>")

    assert "<b>tebal" not in page(client, review.training)


def test_no_such_training_is_a_404(client, visitor):
    assert client.get("/pelatihan/tidak-ada/").status_code == 404


# --- How to buy ---------------------------------------------------------------------


def test_how_to_buy_names_every_platform(client, visitor):
    html = client.get("/pelatihan/cara-membeli/").text

    assert "Bukalapak" in html
    assert "Karier.mu (Sekolah.mu)" in html


def test_catalogue_leads_to_how_to_buy(client, visitor):
    assert 'href="cara-membeli/"' in client.get("/pelatihan/").text
