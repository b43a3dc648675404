"""Buying through the pages: card number, check, code, paid; and every refusal."""

import datetime as dt
import re
from contextlib import nullcontext

import pytest
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone

from participants import sms
from participants.models import (
    BalanceEntry,
    OneTimeCode,
    RevocationReason,
    one_time_code,
)
from participants.models.participant import TRAINING_GRANT
from participants.revoking import revoke
from tests.factories import (
    NOW,
    OrderFactory,
    ParticipantFactory,
    PlatformFactory,
    PurchaseFactory,
    TrainingFactory,
    UserFactory,
)
from trainings import purchasing
from trainings.models import Order, Purchase, Stage
from trainings.purchasing import refund

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def participant():
    return ParticipantFactory(funded=True, videos_completed=3)


@pytest.fixture
def training():
    return TrainingFactory(price=400_000)


@pytest.fixture
def own_client(client, participant):
    client.force_login(participant.user)
    return client


def order_by_form(client, participant, training, *, key="kunci-1", number=None):
    return client.post(
        reverse("trainings:buy", args=[training.slug]),
        {
            "card_number": number or participant.card_number,
            "idempotency_key": key,
        },
    )


def last_code(participant):
    ((_, text), *_) = sms.sent_to(participant.user.applicant.phone, newest=1)
    return text.removeprefix("Kode OTP Prakerja: ")[:6]


def confirmed(client, participant, order):
    client.post(reverse("trainings:send_code", args=[order.reference]))
    return client.post(
        reverse("trainings:confirm", args=[order.reference]),
        {"code": last_code(participant)},
        follow=True,
    )


def test_number_check_and_code_lead_to_a_purchase(own_client, participant, training):
    check_page = order_by_form(own_client, participant, training)
    order = Order.objects.get()

    page = confirmed(own_client, participant, order)

    assert check_page.url == f"/pembelian/{order.reference}/"
    purchase = Purchase.objects.get()
    assert "Pembayaran Berhasil" in page.text
    assert purchase.voucher in page.text
    assert purchase.stage == Stage.PAID
    participant.refresh_from_db()
    assert participant.training_balance == TRAINING_GRANT - 400_000
    assert participant.first_purchased_at == NOW
    assert purchase.payment.amount == -400_000


def test_check_page_says_what_it_costs_and_what_is_left(
    own_client, participant, training
):
    order_by_form(own_client, participant, training)

    page = own_client.get(f"/pembelian/{Order.objects.get().reference}/").text

    assert training.title in page
    assert "Rp400.000" in page
    assert "Rp600.000" in page
    assert "Kirim OTP" in page


def test_page_of_a_training_has_the_form_with_a_key_of_its_own(own_client, training):
    pages = [own_client.get(f"/pelatihan/{training.slug}/").text for _ in range(2)]

    keys = {
        re.search(r'name="idempotency_key" value="(\w{32})"', page)[1] for page in pages
    }
    assert len(keys) == 2
    assert all('name="card_number"' in page for page in pages)


@pytest.mark.parametrize("separator", [" ", "-", "\u2013", "\u00a0", "."])
def test_number_may_be_pasted_in_groups(own_client, participant, training, separator):
    number = participant.card_number
    groups = separator.join(number[i : i + 4] for i in range(0, 16, 4))

    response = order_by_form(own_client, participant, training, number=groups)

    assert response.status_code == 302
    assert Order.objects.count() == 1


@pytest.mark.parametrize("field", ["nik", "family_card_number"])
def test_own_identity_number_is_recognised(own_client, participant, training, field):
    number = getattr(participant.user.applicant, field)

    page = order_by_form(own_client, participant, training, number=number)

    assert page.status_code == 422
    assert "Itu NIK atau nomor KK, bukan nomor kartu" in page.text
    assert not Order.objects.exists()


def test_number_of_somebody_else_reads_like_any_wrong_one(
    own_client, participant, training
):
    other = ParticipantFactory(funded=True, videos_completed=3)

    theirs = order_by_form(own_client, participant, training, number=other.card_number)
    nobodys = order_by_form(own_client, participant, training, number="1" * 16)

    words = "Nomor kartu tidak cocok."
    assert words in theirs.text
    assert words in nobodys.text
    assert other.user.full_name not in theirs.text


@pytest.mark.parametrize("typed", ["", "123", "abcd" * 4, "1" * 17])
def test_what_is_not_16_digits_is_refused_beside_the_field(
    own_client, participant, training, typed
):
    page = own_client.post(
        reverse("trainings:buy", args=[training.slug]),
        {"card_number": typed, "idempotency_key": "kunci"},
    )

    assert page.status_code == 422
    assert 'aria-invalid="true"' in page.text


def test_after_ten_wrong_numbers_the_right_one_waits_too(
    own_client, participant, training
):
    for _ in range(10):
        order_by_form(own_client, participant, training, number="1" * 16)

    page = order_by_form(own_client, participant, training)

    assert "Nomor kartu salah 10 kali" in page.text
    assert not Order.objects.exists()


def test_form_sent_twice_makes_one_order(own_client, participant, training):
    first = order_by_form(own_client, participant, training)
    second = order_by_form(own_client, participant, training)

    assert first.url == second.url
    assert Order.objects.count() == 1


def test_form_of_a_paid_order_sent_again_leads_to_its_purchase(
    own_client, participant, training
):
    order_by_form(own_client, participant, training)
    confirmed(own_client, participant, Order.objects.get())

    again = order_by_form(own_client, participant, training)

    assert "Pembayaran Berhasil" in own_client.get(again.url).text
    assert Purchase.objects.count() == 1


def test_key_used_for_another_training_is_refused(own_client, participant, training):
    order_by_form(own_client, participant, training)

    page = order_by_form(own_client, participant, TrainingFactory())

    assert "Formulir ini sudah dipakai untuk pesanan lain" in page.text
    assert Order.objects.count() == 1


def test_price_that_rose_meanwhile_is_not_paid(own_client, participant, training):
    order_by_form(own_client, participant, training)
    training.price = 900_000
    training.save()

    confirmed(own_client, participant, Order.objects.get())

    assert Purchase.objects.get().price == 400_000


def test_someone_elses_order_is_not_found(client, participant):
    order = OrderFactory(participant=participant)
    client.force_login(ParticipantFactory(funded=True, videos_completed=3).user)

    for name in ("order", "send_code", "confirm", "cancel"):
        address = reverse(f"trainings:{name}", args=[order.reference])
        method = client.get if name == "order" else client.post
        assert method(address).status_code == 404


def test_confirming_again_shows_the_same_purchase(own_client, participant, training):
    order_by_form(own_client, participant, training)
    order = Order.objects.get()
    confirmed(own_client, participant, order)

    page = own_client.post(
        reverse("trainings:confirm", args=[order.reference]),
        {"code": last_code(participant)},
        follow=True,
    )

    assert "Pembayaran Berhasil" in page.text
    assert BalanceEntry.objects.filter(kind="purchase").count() == 1


def test_order_not_paid_within_half_an_hour_is_closed(
    own_client, participant, training, time_machine
):
    order_by_form(own_client, participant, training)
    order = Order.objects.get()
    own_client.post(reverse("trainings:send_code", args=[order.reference]))
    time_machine.move_to(NOW + dt.timedelta(minutes=30), tick=False)

    page = own_client.post(
        reverse("trainings:confirm", args=[order.reference]),
        {"code": last_code(participant)},
        follow=True,
    )

    assert "Pesanan kedaluwarsa" in page.text
    assert not Purchase.objects.exists()


def test_cancelled_order_can_not_be_paid(own_client, participant, training):
    order_by_form(own_client, participant, training)
    order = Order.objects.get()
    own_client.post(reverse("trainings:send_code", args=[order.reference]))
    own_client.post(reverse("trainings:cancel", args=[order.reference]))

    own_client.post(
        reverse("trainings:confirm", args=[order.reference]),
        {"code": last_code(participant)},
    )

    assert "Pesanan dibatalkan" in own_client.get(f"/pembelian/{order.reference}/").text
    assert not Purchase.objects.exists()


def test_paid_order_can_not_be_cancelled(own_client, participant, training):
    order_by_form(own_client, participant, training)
    order = Order.objects.get()
    confirmed(own_client, participant, order)

    own_client.post(reverse("trainings:cancel", args=[order.reference]))

    order.refresh_from_db()
    assert order.cancelled_at is None


# --- the code ---------------------------------------------------------------


@pytest.fixture
def order(participant, training):
    return purchasing.place_order(
        participant, training, idempotency_key="kunci", at=NOW
    )


def wrong(code):
    return f"{(int(code) + 1) % 10**6:06d}"


@pytest.fixture
def different_codes(monkeypatch):
    codes = iter([111_111, 222_222])
    monkeypatch.setattr(one_time_code.secrets, "randbelow", lambda _: next(codes))


def confirm_by_form(client, order, code):
    return client.post(
        reverse("trainings:confirm", args=[order.reference]),
        {"code": code},
        follow=True,
    )


def test_code_is_kept_as_a_hash_only(own_client, participant, order):
    own_client.post(reverse("trainings:send_code", args=[order.reference]))

    row = OneTimeCode.objects.values().get()

    assert last_code(participant) not in str(row.values())


def test_wrong_code_is_counted_and_says_how_many_tries_are_left(
    own_client, participant, order
):
    purchasing.send_code(order, at=NOW)

    page = confirm_by_form(own_client, order, wrong(last_code(participant)))

    assert 'aria-invalid="true"' in page.text
    assert "masih bisa 4 kali lagi" in page.text
    assert OneTimeCode.objects.get().tries == 1
    assert not Purchase.objects.exists()


def test_after_five_wrong_tries_the_right_code_is_worth_nothing(
    own_client, participant, order
):
    purchasing.send_code(order, at=NOW)
    code = last_code(participant)
    for _ in range(5):
        confirm_by_form(own_client, order, wrong(code))

    page = confirm_by_form(own_client, order, code)

    assert "Kode OTP salah 5 kali" in page.text
    assert not Purchase.objects.exists()


def test_code_is_good_for_five_minutes(own_client, participant, order, time_machine):
    purchasing.send_code(order, at=NOW)
    time_machine.move_to(NOW + dt.timedelta(minutes=5), tick=False)

    page = confirm_by_form(own_client, order, last_code(participant))

    assert "Kode OTP sudah tidak berlaku" in page.text
    assert not Purchase.objects.exists()


def test_code_is_still_good_a_second_before(
    own_client, participant, order, time_machine
):
    purchasing.send_code(order, at=NOW)
    time_machine.move_to(NOW + dt.timedelta(minutes=4, seconds=59), tick=False)

    confirm_by_form(own_client, order, last_code(participant))

    assert Purchase.objects.exists()


def test_code_of_one_order_confirms_no_other(
    own_client, participant, order, different_codes
):
    other = purchasing.place_order(
        participant, TrainingFactory(), idempotency_key="lain", at=NOW
    )
    purchasing.send_code(order, at=NOW)
    purchasing.send_code(other, at=NOW)

    page = confirm_by_form(own_client, other, "111111")

    assert "Kode OTP salah" in page.text
    assert not Purchase.objects.exists()


def test_new_code_makes_the_earlier_one_void(
    own_client, order, different_codes, time_machine
):
    purchasing.send_code(order, at=NOW)
    time_machine.move_to(NOW + dt.timedelta(seconds=60), tick=False)
    purchasing.send_code(order, at=timezone.now())

    page = confirm_by_form(own_client, order, "111111")

    assert "Kode OTP salah" in page.text
    assert not Purchase.objects.exists()


def test_code_can_be_sent_again_after_sixty_seconds_only(
    own_client, participant, order, time_machine
):
    purchasing.send_code(order, at=NOW)
    time_machine.move_to(NOW + dt.timedelta(seconds=59), tick=False)

    page = own_client.post(
        reverse("trainings:send_code", args=[order.reference]), follow=True
    )

    assert "Minta lagi setelah 1 detik" in page.text
    assert OneTimeCode.objects.count() == 1


def test_at_most_five_codes_an_hour_whatever_they_are_for(participant, order):
    for minute in range(5):
        purchasing.send_code(order, at=NOW + dt.timedelta(minutes=minute))
    other = purchasing.place_order(
        participant, TrainingFactory(), idempotency_key="lain", at=NOW
    )

    with pytest.raises(purchasing.CodeRefusal, match="Sudah 5 kode"):
        purchasing.send_code(other, at=NOW + dt.timedelta(minutes=10))


def test_gateway_that_is_away_uses_up_nobodys_codes(participant, order, monkeypatch):
    def away(phone, text):
        raise sms.SmsNotSent

    with monkeypatch.context() as patch:
        patch.setattr(purchasing, "send_sms", away)
        for minute in range(8):
            with pytest.raises(sms.SmsNotSent):
                purchasing.send_code(order, at=NOW + dt.timedelta(minutes=minute))

    purchasing.send_code(order, at=NOW + dt.timedelta(minutes=9))

    assert last_code(participant)


def test_shops_leave_two_codes_an_hour_to_the_owner(participant, order):
    shop = PlatformFactory()
    for number in range(5):
        ordered = OrderFactory(participant=participant, platform=shop)
        sends = number < purchasing.CODES_AN_HOUR_FOR_SHOPS
        with nullcontext() if sends else pytest.raises(purchasing.CodeRefusal):
            purchasing.text_code(ordered, at=NOW + dt.timedelta(minutes=number))

    purchasing.send_code(order, at=NOW + dt.timedelta(minutes=5))
    purchasing.send_code(order, at=NOW + dt.timedelta(minutes=6))


def test_code_may_be_typed_with_a_space(own_client, participant, order):
    purchasing.send_code(order, at=NOW)
    code = last_code(participant)

    confirm_by_form(own_client, order, f"{code[:3]} {code[3:]}")

    assert Purchase.objects.exists()


def test_code_that_could_not_be_sent_is_said_so(
    own_client, participant, order, monkeypatch
):
    def broken(phone, text):
        raise sms.SmsNotSent

    monkeypatch.setattr(purchasing, "send_sms", broken)

    page = own_client.post(
        reverse("trainings:send_code", args=[order.reference]), follow=True
    )

    assert "SMS belum bisa dikirim sekarang" in page.text


# --- refusals ---------------------------------------------------------------


def refused(participant, training, at=NOW):
    refusal = purchasing.why_not(participant, training, at=at)
    return type(refusal).__name__ if refusal else None


def test_who_may_buy_is_not_refused(participant, training):
    assert refused(participant, training) is None


def test_revoked_can_not_buy(training):
    participant = ParticipantFactory(funded=True, videos_completed=3, revoked=True)

    assert refused(participant, training) == "MembershipRevoked"


def test_videos_come_before_buying(training):
    participant = ParticipantFactory(funded=True, videos_completed=2)

    refusal = purchasing.why_not(participant, training, at=NOW)

    assert "2 dari 3 selesai" in refusal.message
    assert refusal.address == "/video/3/"


def test_who_is_not_funded_waits(training):
    participant = ParticipantFactory(videos_completed=3)

    refusal = purchasing.why_not(participant, training, at=NOW)

    assert "paling lambat 29 September 2021" in refusal.message


def test_who_is_not_funded_in_time_is_told_to_call(training):
    participant = ParticipantFactory(videos_completed=3)

    refusal = purchasing.why_not(participant, training, at=NOW + dt.timedelta(days=2))

    assert "0800-150-3001" in refusal.message


def test_last_second_of_the_deadline_still_buys(participant, training):
    assert refused(participant, training, at=participant.deadline_at) is None


def test_a_second_after_the_deadline_is_too_late(participant, training):
    at = participant.deadline_at + dt.timedelta(seconds=1)

    assert refused(participant, training, at=at) == "DeadlinePassed"


def test_second_training_knows_no_deadline(participant, training):
    PurchaseFactory(participant=participant, completed=True)
    participant.refresh_from_db()
    at = participant.deadline_at + dt.timedelta(seconds=1)

    assert refused(participant, training, at=at) is None


def test_balance_ends_with_its_day(participant, training):
    participant.wave.balance_expires_on = dt.date(2021, 9, 28)

    assert refused(participant, training) is None
    tomorrow = NOW + dt.timedelta(days=1)
    assert refused(participant, training, at=tomorrow) == "BalanceExpired"


def test_spent_balance_buys_nothing(participant, training):
    PurchaseFactory(participant=participant, completed=True, price=TRAINING_GRANT)
    participant.refresh_from_db()

    assert refused(participant, training) == "BalanceSpent"


def test_price_of_exactly_the_balance_is_allowed(participant):
    assert refused(participant, TrainingFactory(price=TRAINING_GRANT)) is None


def test_price_above_the_balance_says_what_is_missing(participant):
    training = TrainingFactory(price=TRAINING_GRANT + 1)

    refusal = purchasing.why_not(participant, training, at=NOW)

    assert "kurang Rp1." in refusal.message


def test_earlier_training_must_be_completed(participant, training):
    earlier = PurchaseFactory(participant=participant, price=100_000)
    participant.refresh_from_db()

    refusal = purchasing.why_not(participant, training, at=NOW)

    assert earlier.training.title in refusal.message


def test_same_training_is_bought_once(participant, training):
    PurchaseFactory(participant=participant, training=training, completed=True)
    participant.refresh_from_db()

    assert refused(participant, training) == "AlreadyBought"


@pytest.mark.parametrize("trait", ["ended", "upcoming"])
def test_training_not_on_sale_can_not_be_bought(participant, trait):
    assert refused(participant, TrainingFactory(**{trait: True})) == "NotOnSale"


def test_conditions_are_asked_again_when_paying(own_client, participant, order):
    purchasing.send_code(order, at=NOW)
    order.training.on_sale_until = NOW.date() - dt.timedelta(days=1)
    order.training.save()

    page = confirm_by_form(own_client, order, last_code(participant))

    assert "Pelatihan ini sedang tidak dijual" in page.text
    assert not Purchase.objects.exists()


def test_reloading_the_page_after_a_wrong_code_is_no_new_try(
    own_client, participant, order
):
    purchasing.send_code(order, at=NOW)
    page = confirm_by_form(own_client, order, wrong(last_code(participant)))

    again = own_client.get(page.redirect_chain[-1][0])

    assert "masih bisa 4 kali lagi" in again.text
    assert OneTimeCode.objects.get().tries == 1


def test_digits_missing_from_a_code_are_no_try(own_client, participant, order):
    purchasing.send_code(order, at=NOW)

    page = confirm_by_form(own_client, order, "123")

    assert page.status_code == 422
    assert OneTimeCode.objects.get().tries == 0


@pytest.mark.parametrize(("seconds", "is_offered"), [(59, False), (60, True)])
def test_code_is_offered_again_only_when_it_may_be_asked_for(
    own_client, order, time_machine, seconds, is_offered
):
    purchasing.send_code(order, at=NOW)
    time_machine.move_to(NOW + dt.timedelta(seconds=seconds), tick=False)

    page = own_client.get(f"/pembelian/{order.reference}/").text

    assert ("Kirim OTP lagi" in page) == is_offered


def test_field_of_the_code_comes_before_the_facts(own_client, order):
    purchasing.send_code(order, at=NOW)

    page = own_client.get(f"/pembelian/{order.reference}/").text

    assert page.index('name="code"') < page.index("Saldo setelah membeli")


@pytest.mark.parametrize("name", ["buy", "send_code", "confirm", "cancel"])
def test_nothing_is_bought_by_following_a_link(own_client, order, name):
    args = [order.training.slug] if name == "buy" else [order.reference]

    page = own_client.get(reverse(f"trainings:{name}", args=args), follow=True)

    assert page.redirect_chain
    assert order.training.title in page.text
    order.refresh_from_db()
    assert order.cancelled_at is None
    assert Order.objects.count() == 1
    assert not OneTimeCode.objects.exists()
    assert not Purchase.objects.exists()


def test_people_without_a_number_have_no_way_to_buy(client, training):
    applicant = ParticipantFactory(wave__unannounced=True)
    client.force_login(applicant.user)

    assert order_by_form(client, applicant, training).status_code == 404


# --- what holds even if the rules above were wrong --------------------------


def test_two_purchases_under_way_are_refused_by_the_database(participant):
    PurchaseFactory(participant=participant, training__price=100_000)

    with pytest.raises(IntegrityError):
        PurchaseFactory(participant=participant, training__price=100_000)


def test_same_training_twice_is_refused_by_the_database(participant, training):
    PurchaseFactory(participant=participant, training=training, completed=True)

    with pytest.raises(IntegrityError):
        PurchaseFactory(participant=participant, training=training)


def test_training_that_was_refunded_can_be_bought_again(participant, training):
    PurchaseFactory(participant=participant, training=training, cancelled=True)

    PurchaseFactory(participant=participant, training=training)

    participant.refresh_from_db()
    assert participant.training_balance == TRAINING_GRANT - 400_000


def test_who_is_revoked_forfeits_what_a_refund_gives_back(participant, training):
    purchase = PurchaseFactory(participant=participant, training=training)
    revoke(participant, reason=RevocationReason.FRAUD, at=NOW)

    refund(purchase, reason="Kelas batal", by=UserFactory(staff=True), at=NOW)

    participant.refresh_from_db()
    assert participant.training_balance == 0
    entries = participant.balance_entries.values_list("kind", "amount")
    assert ("refund", 400_000) in entries
    assert ("forfeit", -400_000) in entries
