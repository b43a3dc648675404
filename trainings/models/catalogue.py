"""The catalogue: who teaches what, where it is sold, and for how much."""

import datetime as dt
from collections.abc import Sequence
from enum import StrEnum
from functools import reduce
from operator import and_, or_

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator, URLValidator
from django.db import models
from django.db.models import Case, F, Q, Subquery, Value, When
from django.db.models.functions import Concat, Lower
from django.urls import reverse
from simple_history.models import HistoricalRecords

from trainings.synonyms import SYNONYMS


class Category(models.TextChoices):
    """Bidang pelatihan."""

    DIGITAL = "digital", "Teknologi dan digital"
    MARKETING = "marketing", "Penjualan dan pemasaran"
    LANGUAGE = "language", "Bahasa asing"
    OFFICE = "office", "Administrasi dan perkantoran"
    FINANCE = "finance", "Keuangan dan akuntansi"
    CULINARY = "culinary", "Kuliner"
    CRAFT = "craft", "Teknik dan pertukangan"
    AGRICULTURE = "agriculture", "Pertanian dan peternakan"
    DESIGN = "design", "Desain, foto, dan video"
    CARE = "care", "Kecantikan dan perawatan"
    BUSINESS = "business", "Wirausaha"
    TRANSPORT = "transport", "Transportasi dan logistik"

    @property
    def search_text(self) -> str:
        """Return the lower-case words by which the field is searched."""
        return f"{self.label} {SYNONYMS[self.value]}".lower()


class Mode(models.TextChoices):
    """Cara belajar."""

    ONLINE = "online", "Daring"
    OFFLINE = "offline", "Tatap muka"
    BOTH = "both", "Daring dan tatap muka"


class SaleState(models.TextChoices):
    """Derived from the dates of sale, never stored."""

    UPCOMING = "upcoming", "Belum dijual"
    ON_SALE = "on_sale", "Dijual"
    ENDED = "ended", "Tidak dijual lagi"


class Sorting(StrEnum):
    """What a list of trainings begins with."""

    RELEVANCE = "relevance"
    RATING = "rating"
    CHEAPEST = "cheapest"
    DEAREST = "dearest"
    TITLE = "title"


# Reviews of 4 stars that every training is thought to have when they are compared: one
# single review of 5 stars then stands behind two hundred that average 4,8.
IMAGINED_REVIEWS, IMAGINED_STARS = 5, 4


# Words that stand in an address where a training's stands.
RESERVED_SLUGS = {"cara-membeli"}


class Platform(models.Model):
    """Platform digital: a partner's marketplace where trainings are sold."""

    name = models.CharField("nama", max_length=80)
    slug = models.SlugField("kode di alamat", max_length=80)
    contact = models.CharField("kontak bantuan", max_length=120)
    # Where its events go, and how much it may ask of the API.
    webhook_url = models.CharField(
        "alamat webhook",
        max_length=300,
        blank=True,
        validators=[URLValidator(schemes=["https"])],
        help_text="Harus https://. Kosong: kabar pesanan tidak dikirim.",
    )
    requests_a_minute = models.PositiveIntegerField(
        "batas permintaan API per menit", default=600, validators=[MinValueValidator(1)]
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name = "platform"
        verbose_name_plural = "platform"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["slug"],
                name="platform_slug_is_unique",
                violation_error_code="unique",
                violation_error_message="Platform dengan kode ini sudah ada.",
            ),
            # Plain http goes no further than this machine: trainings/webhooks.py.
            models.CheckConstraint(
                condition=Q(webhook_url="")
                | Q(webhook_url__startswith="https://")
                | Q(webhook_url__startswith="http://127.0.0.1:"),
                name="platform_webhook_is_https",
                violation_error_message="Alamat webhook harus https://.",
            ),
            models.CheckConstraint(
                condition=Q(requests_a_minute__gt=0),
                name="platform_may_ask_something",
                violation_error_message="Batas permintaan harus lebih dari 0.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Provider(models.Model):
    """Lembaga pelatihan: who teaches, and reports who has finished."""

    name = models.CharField("nama", max_length=120)
    slug = models.SlugField("kode di alamat", max_length=120)
    contact = models.CharField("kontak bantuan", max_length=120)
    history = HistoricalRecords()

    class Meta:
        verbose_name = "lembaga pelatihan"
        verbose_name_plural = "lembaga pelatihan"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["slug"],
                name="provider_slug_is_unique",
                violation_error_code="unique",
                violation_error_message="Lembaga dengan kode ini sudah ada.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TrainingQuerySet(models.QuerySet["Training"]):
    def on_sale(self, *, today: dt.date) -> "TrainingQuerySet":
        """Trainings that can be bought on a WIB day; both ends are inclusive."""
        return self.filter(
            Q(on_sale_until=None) | Q(on_sale_until__gte=today),
            on_sale_from__lte=today,
        )

    def in_sale_state(self, state: SaleState, *, today: dt.date) -> "TrainingQuerySet":
        """Trainings of which ``sale_state(today=today)`` says the same, as SQL."""
        match state:
            case SaleState.UPCOMING:
                return self.filter(on_sale_from__gt=today)
            case SaleState.ENDED:
                return self.filter(on_sale_until__lt=today)
            case SaleState.ON_SALE:
                return self.on_sale(today=today)

    def taught(self, mode: Mode) -> "TrainingQuerySet":
        """Trainings that one can follow this way; both ways are either of them."""
        return self.filter(mode__in={mode, Mode.BOTH})

    def for_list(self) -> "TrainingQuerySet":
        """Only what a list shows: no long texts, and of the provider its name."""
        return self.annotate(provider_name=F("provider__name")).only(
            "slug", "title", "mode", "hours", "price", "rating_sum", "rating_count"
        )

    def about(self, words: Sequence[str]) -> "TrainingQuerySet":
        """Trainings that have every one of these lower-case words, or parts of words.

        In title, summary, outcomes, category or provider.
        """
        return self.filter(*(_is_about(word) for word in words))

    def in_order(
        self, sorting: Sorting, *, words: Sequence[str] = ()
    ) -> "TrainingQuerySet":
        """Sort; ``words`` are those that relevance is about. Ties go by title."""
        rating = F("standing").desc()
        match sorting:
            case Sorting.CHEAPEST:
                first = [F("price").asc()]
            case Sorting.DEAREST:
                first = [F("price").desc()]
            case Sorting.TITLE:
                first = []
            case Sorting.RELEVANCE if words:
                first = [_nearness(words).asc(), rating]
            case _:
                first = [rating]
        return self.order_by(*first, "title", "pk")


def _is_about(word: str) -> Q:
    categories = [c for c in Category if word in c.search_text]
    return (
        Q(search_text__contains=word)
        | Q(provider__in=Provider.objects.filter(name__icontains=word))
        | Q(category__in=categories)
    )


def _nearness(words: Sequence[str]) -> Case:
    """0 for all words in the title, 1 for one of them, 2 for none."""
    in_title = [Q(title__icontains=word) for word in words]
    return Case(
        When(reduce(and_, in_title), then=Value(0)),
        When(reduce(or_, in_title), then=Value(1)),
        default=Value(2),
    )


class Training(models.Model):
    """Pelatihan: what is taught, how, by whom, and its price of today.

    A price that changes never touches what was sold: orders and purchases keep theirs.
    """

    code = models.CharField("kode pelatihan", max_length=40)
    slug = models.SlugField("kode di alamat", max_length=160)
    title = models.CharField("judul", max_length=150)
    summary = models.CharField("ringkasan", max_length=400)
    outcomes = models.TextField(
        "yang dipelajari",
        max_length=3000,
        help_text="Satu baris satu hal.",
        # The file of the catalogue puts it between two of them.
        validators=[
            RegexValidator(r"\|", "Jangan memakai tanda |.", inverse_match=True)
        ],
    )
    category = models.CharField("bidang", max_length=12, choices=Category)
    mode = models.CharField("cara belajar", max_length=8, choices=Mode)
    hours = models.PositiveSmallIntegerField(
        "lama (jam)", validators=[MinValueValidator(1)]
    )
    price = models.PositiveBigIntegerField(
        "harga (rupiah)", validators=[MinValueValidator(1)]
    )
    schedule = models.CharField("jadwal", max_length=200)
    on_sale_from = models.DateField("dijual mulai")
    on_sale_until = models.DateField("dijual sampai", null=True, blank=True)
    provider = models.ForeignKey(
        Provider,
        on_delete=models.PROTECT,
        related_name="trainings",
        verbose_name="lembaga pelatihan",
    )
    platforms = models.ManyToManyField(
        Platform, related_name="trainings", verbose_name="platform"
    )
    # Kept with each review, so that no list has to count them.
    rating_sum = models.PositiveBigIntegerField(
        "jumlah bintang", default=0, editable=False
    )
    rating_count = models.PositiveIntegerField(
        "jumlah ulasan", default=0, editable=False
    )
    # Thousandths of a star, by which trainings are compared.
    standing = models.GeneratedField(
        expression=1000
        * (F("rating_sum") + IMAGINED_REVIEWS * IMAGINED_STARS)
        / (F("rating_count") + IMAGINED_REVIEWS),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )
    # Lower case once, when it is written, instead of in every search.
    search_text = models.GeneratedField(
        expression=Lower(
            Concat(
                "title",
                Value(" "),
                "summary",
                Value(" "),
                "outcomes",
                output_field=models.TextField(),
            )
        ),
        output_field=models.TextField(),
        db_persist=True,
    )
    history = HistoricalRecords(
        excluded_fields=["rating_sum", "rating_count", "standing", "search_text"]
    )

    objects = TrainingQuerySet.as_manager()

    class Meta:
        verbose_name = "pelatihan"
        verbose_name_plural = "pelatihan"
        ordering = ["title", "pk"]
        indexes = [
            # The catalogue as it opens, and how many are on sale or left by filters:
            # without reading the rows, whose texts are long.
            models.Index(fields=["-standing", "title", "id"], name="training_standing"),
            models.Index(
                fields=["on_sale_from", "on_sale_until", "category", "mode", "price"],
                name="training_filters",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                name="training_code_is_unique",
                violation_error_code="unique",
                violation_error_message="Pelatihan dengan kode ini sudah ada.",
            ),
            models.UniqueConstraint(
                fields=["slug"],
                name="training_slug_is_unique",
                violation_error_code="unique",
                violation_error_message="Pelatihan dengan alamat ini sudah ada.",
            ),
            models.CheckConstraint(
                condition=Q(price__gt=0),
                name="training_price_is_positive",
                violation_error_message="Harga harus lebih dari Rp0.",
            ),
            models.CheckConstraint(
                condition=Q(hours__gt=0),
                name="training_hours_are_positive",
                violation_error_message="Lama pelatihan paling sedikit 1 jam.",
            ),
            models.CheckConstraint(
                condition=Q(category__in=Category.values),
                name="training_category_is_known",
                violation_error_message="Bidang pelatihan tidak dikenal.",
            ),
            models.CheckConstraint(
                condition=Q(mode__in=Mode.values),
                name="training_mode_is_known",
                violation_error_message="Cara belajar tidak dikenal.",
            ),
            models.CheckConstraint(
                condition=Q(on_sale_until__gte=F("on_sale_from")),
                name="training_sale_ends_after_it_begins",
                violation_error_message="Akhir penjualan harus setelah mulainya.",
            ),
            models.CheckConstraint(
                condition=Q(rating_sum__gte=F("rating_count"))
                & Q(rating_sum__lte=5 * F("rating_count")),
                name="training_rating_is_1_to_5",
                violation_error_message="Rata-rata bintang harus 1 sampai 5.",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("trainings:detail", args=[self.slug])

    def clean(self) -> None:
        if self.slug in RESERVED_SLUGS:
            raise ValidationError({"slug": "Alamat ini dipakai halaman lain."})

    def is_on_sale(self, *, today: dt.date) -> bool:
        """Whether it can be bought on a WIB day; both ends are inclusive."""
        return self.sale_state(today=today) == SaleState.ON_SALE

    def sale_state(self, *, today: dt.date) -> SaleState:
        if today < self.on_sale_from:
            return SaleState.UPCOMING
        if self.on_sale_until is not None and self.on_sale_until < today:
            return SaleState.ENDED
        return SaleState.ON_SALE

    @property
    def outcome_list(self) -> list[str]:
        """What one learns, one thing an item."""
        lines = (line.strip() for line in self.outcomes.splitlines())
        return [line for line in lines if line]

    @property
    def average_rating(self) -> float | None:
        """Mean of the visible stars, or None without a review."""
        return self.rating_sum / self.rating_count if self.rating_count else None

    @property
    def mode_in_words(self) -> str:
        return str(Mode(self.mode).label)

    @property
    def stars(self) -> str:
        """The mean as it is written: ``4,8``, or nothing without a review."""
        mean = self.average_rating
        return "" if mean is None else f"{mean:.1f}".replace(".", ",")


def catalogue_version() -> str:
    """Return what changes with every change of a training or provider."""
    trainings = Training.history.order_by("-history_id").values("history_id")[:1]
    providers = Provider.history.order_by("-history_id").annotate(
        last_training=Subquery(trainings)
    )
    last = providers.values_list("history_id", "last_training").first()
    return ".".join(map(str, last or ()))
