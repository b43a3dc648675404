"""The money of the demo's invented people: funded, spent or lost as anybody's is.

Funding, revocation and what the demo logins bought are done by the same verbs as on a
real site; the purchases of the others, of whom there are hundreds, are entered as those
verbs would have left them.
"""

import datetime as dt
import random
from collections.abc import Iterable, Sequence

from django.db.models import F
from django.utils import timezone

from participants.funding import fund
from participants.models import BalanceEntry, EntryKind, Participant, Wave
from participants.models.one_time_code import new_code
from participants.models.participant import TRAINING_GRANT
from participants.revoking import revoke_next
from trainings import learning, purchasing
from trainings.models import Certificate, Order, Purchase, Review, Stage, Training
from trainings.models.order import hash_of
from trainings.models.purchase import STAGE_TIMES

# Days after the announcement.
FUNDED_AFTER, BOUGHT_AFTER = dt.timedelta(days=1), dt.timedelta(days=2)
# Days after the purchase, stage by stage.
STAGES = {
    "redeemed_at": 1,
    "started_at": 1,
    "finished_at": 12,
    "at_platform_at": 13,
    "at_office_at": 14,
    "completed_at": 20,
}
REVIEWED = 0.6  # of those who have finished
OPINIONS = [
    (5, "Pengajarnya sabar dan contohnya dekat dengan pekerjaan sehari-hari."),
    (5, "Materinya jelas, bisa diulang kapan saja. Langsung saya pakai untuk usaha."),
    (5, "Awalnya ragu, ternyata mudah diikuti walaupun lewat HP."),
    (5, "Baru selesai seminggu, sudah ada tetangga yang memesan ke saya."),
    (5, "Tugasnya dikoreksi satu per satu, jadi tahu salahnya di mana."),
    (5, "Saya belajar malam setelah anak tidur. Tidak pernah merasa tertinggal."),
    (5, "Penjelasannya pelan dan runtut. Ujian akhirnya sesuai dengan materi."),
    (5, "Sertifikatnya saya lampirkan waktu melamar, dan dipanggil wawancara."),
    (4, "Bagus dan lengkap. Latihannya perlu diperbanyak."),
    (4, "Isinya berguna, tetapi bagian akhir terasa terlalu cepat."),
    (4, "Cocok untuk pemula. Forum tanya jawabnya dijawab dalam sehari."),
    (4, "Videonya pendek-pendek, enak diikuti. Suaranya kadang kecil."),
    (4, "Contohnya banyak. Akan lebih baik kalau ada modul yang bisa dicetak."),
    (4, "Ilmunya terpakai. Soal ujiannya ada dua yang membingungkan."),
    (4, "Pengajarnya berpengalaman, hanya jadwal tanya jawabnya sering bergeser."),
    (4, "Sesuai dengan judulnya. Saya ulang bagian tengah dua kali baru paham."),
    (3, "Cukup. Videonya panjang, jadi butuh kuota banyak."),
    (3, "Materinya umum. Saya berharap lebih banyak praktik."),
    (3, "Lumayan untuk dasar, tetapi contohnya agak lama."),
    (3, "Isinya baik, cuma sertifikatnya lama terbit."),
    (2, "Materi terlalu dasar untuk saya, dan suaranya kecil."),
    (2, "Pertanyaan saya di forum baru dijawab setelah seminggu."),
]
# Hours after the certificate at which people write, early and late ones.
WRITTEN_AFTER = range(2, 15 * 24)


def fund_people(people: Iterable[Participant]) -> None:
    """Fund them, each a day after the announcement of their wave."""
    by_wave: dict[Wave, list[int]] = {}
    for participant in people:
        by_wave.setdefault(participant.wave, []).append(participant.pk)
    for wave, pks in by_wave.items():
        at = _announced_at(wave) + FUNDED_AFTER
        while fund(Participant.objects.filter(pk__in=pks), at=at):
            pass


def revoke_overdue(waves: Iterable[Wave], *, at: dt.datetime) -> None:
    """Revoke, wave by wave, who missed a deadline that is over at ``at``."""
    for deadline in sorted({wave.deadline for wave in waves if wave.deadline}):
        morning = timezone.make_aware(
            dt.datetime.combine(deadline + dt.timedelta(days=1), dt.time(9))
        )
        while morning < at and revoke_next(after=0, at=morning):
            pass


def buy_and_complete(people: Sequence[Participant], chance: random.Random) -> None:
    """Let each buy one training, finish it and get the certificate; many review it."""
    affordable = Training.objects.filter(price__lte=TRAINING_GRANT)
    trainings = list(affordable.order_by("code"))
    orders = [_order(participant, chance.choice(trainings)) for participant in people]
    Order.objects.bulk_create(orders, batch_size=500)
    payments = BalanceEntry.objects.bulk_create(map(_payment, orders), batch_size=500)
    purchases = Purchase.objects.bulk_create(
        map(_purchase, orders, payments), batch_size=500
    )
    Certificate.objects.bulk_create(map(_certificate, purchases), batch_size=500)
    reviewed = [purchase for purchase in purchases if chance.random() < REVIEWED]
    _enter_reviews(
        [
            _review(one, *chance.choice(OPINIONS), after=chance.choice(WRITTEN_AFTER))
            for one in reviewed
        ]
    )
    for order in orders:
        order.participant.training_balance = TRAINING_GRANT - order.price
        order.participant.first_purchased_at = order.ordered_at
    Participant.objects.bulk_update(
        people, ["training_balance", "first_purchased_at"], batch_size=200
    )


def begin_to_learn(participant: Participant) -> None:
    """Buy a training by the card and a code, redeem the voucher, and begin."""
    bought_at = _announced_at(participant.wave) + BOUGHT_AFTER
    purchase = _buy(participant, at=bought_at)
    learning.redeem(purchase, at=bought_at + dt.timedelta(hours=2))
    learning.start(purchase, at=bought_at + dt.timedelta(hours=3))


def finish_learning(participant: Participant) -> None:
    """Go the whole way to the certificate; the review is still to be written."""
    purchase = _buy(participant, at=_announced_at(participant.wave) + BOUGHT_AFTER)
    name = participant.user.full_name
    for field, days in STAGES.items():
        stage = next(one for one, time in STAGE_TIMES.items() if time == field)
        at = purchase.paid_at + dt.timedelta(days=days)
        learning.step(purchase, stage, reported_name=name, at=at)


def _buy(participant: Participant, *, at: dt.datetime) -> Purchase:
    """Buy by the same verbs as the pages do."""
    participant.refresh_from_db()
    on_sale = Training.objects.on_sale(today=timezone.localdate(at))
    training = on_sale.filter(price__lte=TRAINING_GRANT // 2).earliest("code")
    order = purchasing.place_order(participant, training, idempotency_key="demo", at=at)
    code = new_code(participant, purpose=order.purpose, at=at)
    return purchasing.confirm(order, code=code, at=at)


def _enter_reviews(reviews: list[Review]) -> None:
    Review.objects.bulk_create(reviews, batch_size=500)
    stars: dict[int, list[int]] = {}
    for review in reviews:
        stars.setdefault(review.training_id, []).append(review.rating)
    for training, ratings in stars.items():
        Training.objects.filter(pk=training).update(
            rating_sum=F("rating_sum") + sum(ratings),
            rating_count=F("rating_count") + len(ratings),
        )


def _announced_at(wave: Wave) -> dt.datetime:
    if wave.announced_at is None:
        raise ValueError(f"{wave} is not announced, so it has no money.")
    return wave.announced_at


def _order(participant: Participant, training: Training) -> Order:
    return Order(
        participant=participant,
        training=training,
        price=training.price,
        idempotency_key="demo",
        request_hash=hash_of(training.pk, None),
        ordered_at=_announced_at(participant.wave) + BOUGHT_AFTER,
    )


def _payment(order: Order) -> BalanceEntry:
    return BalanceEntry(
        participant=order.participant,
        kind=EntryKind.PURCHASE,
        amount=-order.price,
        made_at=order.ordered_at,
        reference=order.purpose,
        description=order.training.title,
    )


def _purchase(order: Order, payment: BalanceEntry) -> Purchase:
    stages = {
        field: order.ordered_at + dt.timedelta(days=days)
        for field, days in STAGES.items()
    }
    return Purchase(
        order=order,
        participant=order.participant,
        training=order.training,
        price=order.price,
        payment=payment,
        stage=Stage.COMPLETED,
        paid_at=order.ordered_at,
        reported_name=order.participant.user.full_name,
        **stages,
    )


def _certificate(purchase: Purchase) -> Certificate:
    issued_at = purchase.paid_at + dt.timedelta(days=STAGES["completed_at"])
    return Certificate(
        purchase=purchase,
        number=f"PRA-{timezone.localtime(issued_at).year}-{purchase.pk:08d}",
        holder_name=purchase.participant.user.full_name,
        issued_at=issued_at,
    )


def _review(purchase: Purchase, rating: int, text: str, *, after: int) -> Review:
    """Return the review that was written so many hours after the certificate."""
    written_after = dt.timedelta(days=STAGES["completed_at"], hours=after)
    return Review(
        purchase=purchase,
        training=purchase.training,
        rating=rating,
        text=text,
        created_at=purchase.paid_at + written_after,
    )
