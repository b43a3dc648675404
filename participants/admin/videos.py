"""The three onboarding videos in the admin: staff put another film in their place."""

import re
import secrets
from decimal import Decimal
from typing import Any, cast
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.staticfiles import finders
from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.db.models import F
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from tinytag import TinyTag, TinyTagException

from participants.models import OnboardingVideo
from participants.models.video import TOLERANCE

# Participants pay for their data: at the rate of our own films this is a quarter of an
# hour.
FILM_MAX = 20_000_000
CAPTIONS_MAX = 200_000
BYTES_A_MEGABYTE = 1_000_000


class VideoForm(forms.ModelForm):  # type: ignore[type-arg]
    """What film is shown; length and size are typed only for an address."""

    seconds = forms.FloatField(
        label="Panjang (detik)",
        required=False,
        help_text="Hanya untuk alamat https, persis sampai sepersepuluh detik: peserta "
        "tidak bisa selesai bila yang ditulis lebih panjang dari videonya. Untuk "
        "berkas, panjangnya dibaca sendiri.",
    )
    megabytes = forms.DecimalField(
        label="Ukuran (MB)",
        required=False,
        min_value=Decimal("0.1"),
        max_value=Decimal(FILM_MAX // BYTES_A_MEGABYTE),
        help_text="Hanya untuk alamat https. Peserta melihatnya sebelum memutar video.",
    )
    # Set by the admin when the upload handler read the file away.
    upload_is_too_large = False

    class Meta:
        model = OnboardingVideo
        fields = ("title", "file", "address", "captions", "transcript")
        help_texts = {
            "file": f"MP4 (H.264 dan AAC), paling besar {FILM_MAX // BYTES_A_MEGABYTE} "
            "MB. Kosongkan berkas dan alamat untuk video bawaan.",
            "address": "Pengganti berkas: alamat https di host yang diizinkan.",
            "captions": "Berkas .vtt (UTF-8). Wajib untuk video pengganti.",
            "transcript": "Seluruh isi video dalam kalimat, untuk yang membacanya.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in {"file", "captions"} & self.fields.keys():  # none to who only reads
            # A fieldset's legend would leave the input without a label.
            self.fields[name].widget.use_fieldset = False
        if self.instance.address:
            self.initial["seconds"] = self.instance.duration
            self.initial["megabytes"] = round(self.instance.megabytes, 1)

    def clean_file(self) -> Any:
        film = self.cleaned_data["file"]
        if self.upload_is_too_large:
            raise ValidationError(_too_large(settings.UPLOAD_MAX))
        if not isinstance(film, UploadedFile):
            return film
        if cast(int, film.size) > FILM_MAX:
            raise ValidationError(_too_large(FILM_MAX))
        start = film.read(8)
        if not str(film.name).lower().endswith(".mp4") or start[4:] != b"ftyp":
            raise ValidationError("Berkas ini bukan video MP4.")
        seconds_of(film)
        film.name = _new_name(self.instance, "mp4")
        return film

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"]
        if not address:
            return ""
        parts = urlsplit(address)
        if parts.scheme != "https" or parts.netloc not in settings.VIDEO_HOSTS:
            hosts = ", ".join(settings.VIDEO_HOSTS) or "belum ada"
            raise ValidationError(
                f"Alamat harus https di host yang diizinkan (VIDEO_HOSTS): {hosts}."
            )
        return address

    def clean_captions(self) -> Any:
        captions = self.cleaned_data["captions"]
        if not isinstance(captions, UploadedFile):
            return captions
        if cast(int, captions.size) > CAPTIONS_MAX:
            raise ValidationError(_too_large(CAPTIONS_MAX))
        try:
            text = captions.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ValidationError("Teks harus berkode UTF-8.") from error
        if not re.match(r"WEBVTT\s", text) or " --> " not in text:
            raise ValidationError(
                "Ini bukan teks WebVTT: baris pertamanya harus WEBVTT, lalu baris "
                "seperti 00:01.000 --> 00:03.500."
            )
        captions.seek(0)
        captions.name = _new_name(self.instance, "vtt")
        return captions

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        if {"file", "address"} <= data.keys():
            self._check_source(data)
        return data

    def _check_source(self, data: dict[str, Any]) -> None:
        film, address = data["file"], data["address"]
        if film and address:
            self.add_error("address", "Pilih berkas atau alamat, jangan keduanya.")
        elif (film or address) and not data.get("captions", True):
            self.add_error("captions", "Video pengganti harus punya teks.")
        elif address:
            self._check_typed(data)
        else:
            self._read_film(film or None)

    def _check_typed(self, data: dict[str, Any]) -> None:
        if "seconds" in data and (data["seconds"] or 0) <= TOLERANCE:
            self.add_error("seconds", "Tulis panjang video, lebih dari 1 detik.")
        if "megabytes" in data and not data["megabytes"]:
            self.add_error("megabytes", "Tulis ukuran video.")
        if not self.errors:
            self.instance.duration = data["seconds"]
            self.instance.size = int(data["megabytes"] * BYTES_A_MEGABYTE)

    def _read_film(self, film: "File[bytes] | None") -> None:
        if self.errors or (film is not None and "file" not in self.changed_data):
            return
        if film is not None:
            self.instance.duration = seconds_of(film)
            self.instance.size = film.size
        elif not self.instance.is_shipped:
            path = cast(str, finders.find(f"video/{self.instance.position}.mp4"))
            with File(open(path, "rb")) as shipped:
                self.instance.duration = seconds_of(shipped)
                self.instance.size = shipped.size

    @property
    def is_another_film(self) -> bool:
        by_address = bool(self.cleaned_data["address"])
        changed = {"file", "address", *(["seconds"] if by_address else [])}
        return not changed.isdisjoint(self.changed_data)


def seconds_of(film: "File[bytes]") -> float:
    """Return the length of an MP4 film. Raises ValidationError if it tells none."""
    film.seek(0)
    try:
        seconds = TinyTag.get(str(film.name), file_obj=film, tags=False).duration  # type: ignore[arg-type]
    except TinyTagException:
        seconds = None
    film.seek(0)
    if not seconds or seconds <= TOLERANCE:
        raise ValidationError(
            "Panjang video tidak terbaca. Simpan ulang sebagai MP4 biasa, bukan "
            "MP4 terpotong-potong (fragmented)."
        )
    return seconds


def _too_large(limit: int) -> str:
    words = (
        f"{limit // 1000} KB" if limit < BYTES_A_MEGABYTE else f"{limit // 10**6} MB"
    )
    return f"Berkas terlalu besar. Paling besar {words}."


def _new_name(video: OnboardingVideo, ending: str) -> str:
    """Return a name that was never used: browsers may keep the file for ever."""
    return f"{video.position}-{secrets.token_hex(8)}.{ending}"


@admin.register(OnboardingVideo)
class OnboardingVideoAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = VideoForm
    actions = None
    list_display = ("__str__", "source", "length", "size_in_words", "version")
    readonly_fields = ("preview", "position", "version", "length", "size_in_words")
    fieldsets = (
        (None, {"fields": ("preview", "position", "title", "version")}),
        (
            "Video",
            {
                "fields": (
                    ("length", "size_in_words"),
                    "file",
                    "address",
                    ("seconds", "megabytes"),
                ),
                "description": "Mengganti video menaikkan versinya. Yang sudah selesai "
                "menonton tetap selesai. Yang sedang menonton boleh menyelesaikan "
                "video lama; begitu halamannya dibuka lagi, ia mulai dari awal dan "
                "diberi tahu alasannya.",
            },
        ),
        ("Teks dan transkrip", {"fields": ("captions", "transcript")}),
    )

    # Who only reads sees the film, not the places where another one is typed in.
    fieldsets_to_read = (
        (
            None,
            {"fields": ("preview", "position", "title", "length", "size_in_words")},
        ),
        ("Transkrip", {"fields": ("transcript",)}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        may_change = self.has_change_permission(request, obj)
        return self.fieldsets if may_change else self.fieldsets_to_read

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # there are three, always

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form = super().get_form(request, *args, **kwargs)
        form.upload_is_too_large = getattr(  # type: ignore[attr-defined]
            request, "upload_is_too_large", False
        )
        return form

    def save_model(
        self, request: HttpRequest, obj: OnboardingVideo, form: Any, change: bool
    ) -> None:
        if form.is_another_film:
            obj.version = F("version") + 1
            half_way = obj.viewings.filter(completed_at=None, credited__gt=0).count()
            messages.info(
                request,
                f"Video diganti. {half_way} peserta yang belum selesai menontonnya "
                "mulai dari awal saat membuka halamannya lagi.",
            )
        super().save_model(request, obj, form, change)

    @admin.display(description="pratinjau")
    def preview(self, video: OnboardingVideo) -> SafeString:
        # The one that is stored, not what a refused form holds.
        video = OnboardingVideo.objects.get(pk=video.pk)
        return format_html(
            '<video controls preload="metadata" width="427" height="240" src="{}">'
            '<track kind="captions" srclang="id" src="{}" default></video>',
            video.film_url,
            video.captions_url,
        )

    @admin.display(description="sumber")
    def source(self, video: OnboardingVideo) -> str:
        if video.is_shipped:
            return "Bawaan"
        return "Berkas" if video.file else "Alamat https"

    @admin.display(description="panjang sekarang")
    def length(self, video: OnboardingVideo) -> str:
        return video.length

    @admin.display(description="ukuran sekarang")
    def size_in_words(self, video: OnboardingVideo) -> str:
        return f"{video.megabytes:.1f} MB".replace(".", ",")
