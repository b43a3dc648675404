"""The three videos that come with the site (made by videos/make_videos.py)."""

from typing import Any

from django.db import migrations

# position, title, length in seconds, bytes, transcript: as in static/video/.
VIDEOS = [
    (
        1,
        "Mengenal tantangan dunia kerja",
        43.5,
        781_804,
        """Halo, Sobat Prakerja! Ini video peragaan terbuka, bukan video resmi.

Dunia kerja terus berubah. Keterampilan yang dicari pun ikut berubah.

Jadi, kenali dulu apa yang sudah kamu bisa, dan apa yang masih perlu kamu pelajari.

Pada Maret 2021 ada lebih dari 1.700 pelatihan dari 154 lembaga, di tujuh platform.

Bandingkan dulu, lalu pilih yang sesuai tujuanmu.

Tonton ketiga video sampai selesai, baru nomor kartumu muncul. Video boleh dijeda, tetapi tidak bisa dipercepat.

Lanjut ke video dua: manfaat kartumu.

Peragaan terbuka, bukan situs resmi prakerja.go.id.""",
    ),
    (
        2,
        "Cara kerja dan manfaat Kartu Prakerja",
        43.0,
        828_522,
        """Sobat Prakerja, inilah manfaat kartumu.

Kamu mendapat Rp1.000.000 untuk membeli pelatihan. Saldo ini bukan uang tunai.

Beli pelatihan pertama dalam 30 hari. Hari pengumuman adalah hari ke-1. Kalau terlambat, kepesertaan dicabut dan saldo hangus.

Insentif hanya dari pelatihan pertama: Rp600.000 sebulan, empat kali, dan Rp50.000 per survei, tiga kali.

Syaratnya: sertifikat, bintang, dan ulasan, serta rekening yang tervalidasi.

Jumlah seluruhnya Rp3.550.000.

Lanjut ke video tiga.

Peragaan terbuka, bukan situs resmi prakerja.go.id.""",
    ),
    (
        3,
        "Cara membeli pelatihan dan menyambungkan rekening",
        43.5,
        882_059,
        """Sobat Prakerja, ini cara memakai kartumu.

Cek dashboard: nomor kartu 16 angka dan saldo pelatihan.

Pilih di Tokopedia, Bukalapak, Pintaria, Pijar Mahir, MauBelajarApa, Sisnaker, atau Karier.mu. Harganya tidak boleh melebihi saldo.

Bayar dengan nomor kartu, lalu masukkan kode OTP. Jaga kerahasiaan nomormu.

Untuk insentif, sambungkan rekening: BNI, OVO, LinkAja, GoPay, atau DANA.

Pakai akunmu sendiri: NIK dan nomor HP harus sama. E-wallet harus sudah terverifikasi.

Setelah tiga video selesai, nomor kartumu muncul.

Peragaan terbuka, bukan situs resmi prakerja.go.id.""",
    ),
]


def add_videos(apps: Any, schema_editor: Any) -> None:
    OnboardingVideo = apps.get_model("participants", "OnboardingVideo")
    for position, title, duration, size, transcript in VIDEOS:
        OnboardingVideo.objects.create(
            position=position,
            title=title,
            duration=duration,
            size=size,
            transcript=transcript,
        )


class Migration(migrations.Migration):
    dependencies = [("participants", "0001_initial")]
    operations = [migrations.RunPython(add_videos, migrations.RunPython.noop)]
