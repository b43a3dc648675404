"""What participants call a field of trainings, where the catalogue calls it otherwise.

A search for one of these words, a part of it, or a slip of it finds the whole field,
after the trainings that have the word in their title. A word belongs here if it means
all of a field; what one training is about stands in that training's own words.
"""

# By Category's values.
SYNONYMS = {
    "digital": "komputer laptop internet website ngoding koding programmer aplikasi",
    "marketing": "jualan berjualan dagang berdagang promosi sales marketing",
    "language": "berbahasa percakapan kursus",
    "office": "kantor kantoran lowongan melamar admin",
    "finance": "uang duit hitungan",
    "culinary": "masak memasak masakan resep makanan minuman dapur jajanan",
    "craft": "tukang bengkel servis reparasi montir otomotif",
    "agriculture": "tani bertani petani kebun berkebun tanaman ternak beternak ikan",
    "design": "gambar menggambar editing kamera",
    "care": "salon dandan makeup perawat",
    "business": "bisnis usaha",
    "transport": "sopir supir menyetir ekspedisi",
}
