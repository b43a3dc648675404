"""The import of people who passed: check, then apply."""

import datetime as dt
import threading
from collections import Counter
from io import StringIO
from traceback import format_exception

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

from participants import importing
from participants.importing import applying, staging
from participants.models import (
    Applicant,
    Application,
    Outcome,
    Participant,
    RevocationReason,
    User,
)
from participants.revoking import revoke
from tests.factories import (
    ANNOUNCED_AT,
    NOW,
    ApplicantFactory,
    ApplicationFactory,
    ParticipantFactory,
    UserFactory,
    WaveFactory,
    wib,
)
from tests.participants.people_files import csv_file, csv_text, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def wave():
    return WaveFactory(number=21)


@pytest.fixture
def staff():
    return UserFactory(staff=True)


def check(path, *, at=NOW):
    """Return the report and the problems of a check."""
    problems = []
    return importing.check(path, at=at, on_problem=problems.append), problems


def apply(path, by, *, at=NOW, **options):
    return importing.apply(
        path,
        sha256=importing.sha256_of(path),
        by=by,
        at=at,
        on_problem=lambda problem: None,
        **options,
    )


def reasons(path, *, at=NOW):
    """Return what the check found, as (line, column) to reason."""
    _, problems = check(path, at=at)
    return {(problem.line, problem.column): problem.reason for problem in problems}


def cells_of(user, **changes):
    """Return the file's cells for an applicant who exists."""
    cells = person(
        0,
        email=user.email,
        full_name=user.full_name,
        nik=user.applicant.nik,
        family_card_number=user.applicant.family_card_number,
        birth_date=user.applicant.birth_date.isoformat(),
        phone=user.applicant.phone,
    )
    return cells | changes


def rows_in_database():
    return [
        list(model.objects.order_by("pk").values())
        for model in (User, Applicant, Application, Participant, LogEntry)
    ]


# --- What a row makes ---


def test_row_makes_a_whole_person(tmp_path, wave, staff):
    apply(csv_file(tmp_path, person(1, email="Sari@Contoh.test")), staff)

    participant = Participant.objects.get()
    applicant = participant.user.applicant
    application = applicant.applications.get()
    assert participant.user.email == "sari@contoh.test"
    assert participant.user.full_name == "Sari Contoh 1"
    assert participant.user.date_joined == NOW
    assert (applicant.nik, applicant.phone) == ("3174011200000011", "081200000001")
    assert applicant.birth_date == dt.date(1998, 4, 17)
    assert application.wave == wave
    assert application.outcome == Outcome.PASSED
    assert (application.joined_at, application.decided_at) == (wave.opens_at, NOW)
    assert participant.wave == wave
    assert participant.pass_date == dt.date(2021, 9, 22)
    assert participant.purchase_deadline == dt.date(2021, 10, 21)
    assert (participant.funded_at, participant.training_balance) == (None, 0)
    assert not participant.is_revoked


def test_imported_person_has_no_password_and_each_a_different_mark(
    tmp_path, wave, staff
):
    apply(csv_file(tmp_path, person(1), person(2)), staff)

    first, second = User.objects.filter(is_staff=False)
    assert not first.has_usable_password()
    assert first.password != second.password


def test_imported_rows_pass_the_rules_of_their_models(tmp_path, wave, staff):
    apply(csv_file(tmp_path, person(1)), staff)

    participant = Participant.objects.get()
    for row in (participant.user, participant.user.applicant, participant):
        row.full_clean(exclude=["password"])


def test_card_number_is_given_by_the_file_or_made(tmp_path, wave, staff):
    path = csv_file(tmp_path, person(1, card_number="1234567890123456"), person(2))

    apply(path, staff)

    first, second = Participant.objects.order_by("user__email")
    assert first.card_number == "1234567890123456"
    assert len(second.card_number) == 16


@pytest.mark.parametrize("taken", ["1111111111111111", "2222222222222222"])
def test_made_card_number_that_exists_is_made_again(
    tmp_path, wave, staff, monkeypatch, taken
):
    ParticipantFactory(wave=wave, card_number="1111111111111111")
    numbers = iter([taken, "3333333333333333"])
    monkeypatch.setattr(staging, "new_card_number", lambda: next(numbers))
    path = csv_file(tmp_path, person(1), person(2, card_number="2222222222222222"))

    apply(path, staff)

    assert Participant.objects.filter(card_number="3333333333333333").exists()
    assert Participant.objects.count() == 3


def test_card_number_that_never_becomes_free_enters_nobody(
    tmp_path, wave, staff, monkeypatch
):
    ParticipantFactory(wave=wave, card_number="1111111111111111")
    monkeypatch.setattr(staging, "new_card_number", lambda: "1111111111111111")
    before = rows_in_database()

    with pytest.raises(importing.EnteredMeanwhile) as refused:
        apply(csv_file(tmp_path, person(1)), staff)

    assert "1111111111111111" not in "".join(format_exception(refused.value))
    assert rows_in_database() == before


def test_extended_deadline_of_the_wave_is_everybodys(tmp_path, wave, staff):
    wave.purchase_deadline = dt.date(2021, 10, 31)
    wave.save()

    apply(csv_file(tmp_path, person(1)), staff)

    assert Participant.objects.get().purchase_deadline == dt.date(2021, 10, 31)


def test_late_sms_moves_the_deadline(tmp_path, wave, staff):
    apply(csv_file(tmp_path, person(1, pass_date="2021-09-24")), staff)

    assert Participant.objects.get().purchase_deadline == dt.date(2021, 10, 23)


def test_wave_without_known_opening_counts_from_the_import(tmp_path, wave, staff):
    wave.opens_at = None
    wave.save()

    apply(csv_file(tmp_path, person(1)), staff)

    assert Application.objects.get().joined_at == NOW


def test_import_before_the_announcement_tells_nobody(
    tmp_path, wave, staff, client, django_capture_on_commit_callbacks
):
    before = ANNOUNCED_AT - dt.timedelta(days=1)
    with django_capture_on_commit_callbacks(execute=True):
        apply(csv_file(tmp_path, person(1)), staff, at=before)

    application = Application.objects.get()
    assert mail.outbox == []
    assert not application.has_visible_result(at=before)


# --- Check, and the same file again ---


def test_check_counts_and_changes_nothing(tmp_path, wave, staff):
    known = ParticipantFactory(wave=wave)
    path = csv_file(tmp_path, person(1), person(2, nik="1"), cells_of(known.user))
    before = rows_in_database()

    report, problems = check(path)

    assert (report.new, report.unchanged, report.bad) == (Counter({21: 1}), 1, 1)
    assert [(problem.line, problem.column) for problem in problems] == [(3, "nik")]
    assert rows_in_database() == before


def test_same_file_again_changes_nothing(tmp_path, wave, staff):
    path = csv_file(tmp_path, *(person(n) for n in range(5)))
    apply(path, staff)
    before = rows_in_database()

    report = apply(path, staff, at=NOW + dt.timedelta(days=1))

    assert (report.new.total(), report.unchanged) == (0, 5)
    assert rows_in_database() == before


def test_revoked_person_in_the_same_file_again_stays_revoked(tmp_path, wave, staff):
    path = csv_file(tmp_path, person(1))
    apply(path, staff)
    revoke(Participant.objects.get(), reason=RevocationReason.FRAUD, at=NOW)

    report = apply(path, staff)

    assert report.unchanged == 1
    assert Participant.objects.get().is_revoked


def test_chunks_make_no_difference(tmp_path, wave, staff, monkeypatch):
    monkeypatch.setattr(applying, "CHUNK", 2)
    path = csv_file(
        tmp_path, *(person(n) for n in range(5)), person(1), person(6, nik="1")
    )

    report, problems = check(path)
    applied = apply(path, staff, good_rows_only=True)

    assert (report.new, report.bad) == (applied.new, applied.bad) == ({21: 5}, 2)
    assert [problem.line for problem in problems] == [7, 7, 8]
    assert Participant.objects.count() == 5


def test_file_other_than_the_checked_one_is_not_applied(tmp_path, wave, staff):
    path = csv_file(tmp_path, person(1))
    sha256 = importing.sha256_of(path)
    csv_file(tmp_path, person(2))

    with pytest.raises(importing.FileChanged):
        importing.apply(path, sha256=sha256, by=staff, at=NOW, on_problem=print)

    assert not Participant.objects.exists()


def test_bad_rows_are_skipped_only_when_told_to(tmp_path, wave, staff):
    path = csv_file(tmp_path, person(1), person(2, nik="1"))

    with pytest.raises(importing.BadRows):
        apply(path, staff)
    assert not Participant.objects.exists()

    report = apply(path, staff, good_rows_only=True)
    assert (report.new.total(), report.bad) == (1, 1)


# --- Who is in the file, and who is known already ---


@pytest.mark.parametrize(
    ("column", "words"),
    [("email", "E-mail"), ("nik", "NIK"), ("card_number", "Nomor kartu")],
)
def test_second_row_with_the_same_mark_names_the_first(tmp_path, wave, column, words):
    first = person(1, card_number="1234567890123456")
    second = person(2) | {column: first[column]}

    found = reasons(csv_file(tmp_path, first, second))

    assert found == {(3, column): f"{words} ini sudah ada di baris 2."}


def test_same_row_twice_enters_the_person_once(tmp_path, wave, staff):
    path = csv_file(tmp_path, person(1), person(1))

    report = apply(path, staff, good_rows_only=True)

    assert (report.new.total(), report.bad) == (1, 1)


def test_applicant_becomes_participant(tmp_path, wave, staff):
    application = ApplicationFactory(wave=wave)
    user = application.applicant.user
    password = user.password
    report = apply(csv_file(tmp_path, cells_of(user)), staff)

    application.refresh_from_db()
    user.refresh_from_db()
    assert report.new == {21: 1}
    assert (application.outcome, application.decided_at) == (Outcome.PASSED, NOW)
    assert user.participant.wave == wave
    assert user.password == password


def test_applicant_who_joined_no_wave_becomes_participant(tmp_path, wave, staff):
    user = ApplicantFactory().user
    apply(csv_file(tmp_path, cells_of(user)), staff)

    assert user.applicant.applications.get().outcome == Outcome.PASSED


def test_list_of_those_who_passed_overrules_an_earlier_refusal(tmp_path, wave, staff):
    application = ApplicationFactory(wave=wave, not_passed=True)
    user = application.applicant.user
    apply(csv_file(tmp_path, cells_of(user)), staff)

    application.refresh_from_db()
    assert (application.outcome, application.rejection_reason) == ("passed", "")


def test_decision_made_earlier_keeps_its_time(tmp_path, wave, staff):
    application = ApplicationFactory(wave=wave, passed=True)
    user = application.applicant.user
    apply(csv_file(tmp_path, cells_of(user)), staff)

    application.refresh_from_db()
    assert application.decided_at == wave.closes_at


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("full_name", "Sari Lain"),
        ("family_card_number", "9999999999999999"),
        ("birth_date", "1997-01-01"),
        ("phone", "089999999999"),
        ("card_number", "9999999999999999"),
    ],
)
def test_participant_with_differing_data_is_told_and_not_changed(
    tmp_path, wave, staff, column, cell
):
    user = ParticipantFactory(wave=wave).user
    path = csv_file(tmp_path, cells_of(user, **{column: cell}))
    before = rows_in_database()

    ((found, reason),) = reasons(path).items()
    apply(path, staff, good_rows_only=True)

    assert found == (2, column)
    assert "sudah ada dengan data berbeda" in reason
    assert rows_in_database() == before


def test_known_email_with_another_nik_is_refused(tmp_path, wave):
    known = ParticipantFactory(wave=wave)

    found = reasons(csv_file(tmp_path, person(1, email=known.user.email)))

    assert list(found) == [(2, "email")]


def test_known_nik_with_another_email_is_refused(tmp_path, wave):
    nik = ParticipantFactory(wave=wave).user.applicant.nik

    found = reasons(csv_file(tmp_path, person(1, nik=nik)))

    assert list(found) == [(2, "nik")]


def test_email_of_one_and_nik_of_another_are_both_refused(tmp_path, wave):
    one, other = ParticipantFactory.create_batch(2, wave=wave)
    row = cells_of(one.user, nik=other.user.applicant.nik)

    found = reasons(csv_file(tmp_path, row))

    assert set(found) == {(2, "email"), (2, "nik")}


def test_account_without_a_nik_is_never_taken_over(tmp_path, wave):
    account = UserFactory()

    found = reasons(csv_file(tmp_path, person(1, email=account.email)))

    assert list(found) == [(2, "email")]


def test_card_number_of_somebody_else_is_refused(tmp_path, wave):
    number = ParticipantFactory(wave=wave).card_number

    found = reasons(csv_file(tmp_path, person(1, card_number=number)))

    assert found == {(2, "card_number"): "Nomor kartu ini sudah milik orang lain."}


def test_participant_of_another_wave_is_refused_once_in_a_lifetime(tmp_path, wave):
    known = ParticipantFactory(wave__number=20)

    found = reasons(csv_file(tmp_path, cells_of(known.user, wave="21")))

    assert found == {
        (2, "wave"): "Orang ini sudah menjadi peserta Gelombang 20; hanya sekali."
    }


def test_revoked_person_is_barred_for_ever(tmp_path, wave):
    known = ParticipantFactory(wave__number=20, revoked=True)

    found = reasons(csv_file(tmp_path, cells_of(known.user, wave="21")))

    assert "pernah dicabut" in found[2, "wave"]


def test_reason_says_nothing_about_the_other_person(tmp_path, wave):
    known = ParticipantFactory(wave=wave)
    applicant = known.user.applicant
    path = csv_file(
        tmp_path,
        person(1, email=known.user.email),
        person(2, nik=applicant.nik),
        person(3, card_number=known.card_number),
    )

    text = " ".join(reasons(path).values())

    secrets = [known.user.email, known.user.full_name, applicant.nik, known.card_number]
    assert not any(secret in text for secret in secrets)


# --- The wave ---


def test_unknown_wave_is_refused(tmp_path, wave):
    found = reasons(csv_file(tmp_path, person(1, wave="99")))

    assert found == {(2, "wave"): "Gelombang 99 tidak ada."}


@pytest.mark.parametrize(
    ("at", "words"),
    [(wib(2021, 9, 1), "belum dibuka"), (wib(2021, 9, 18), "masih dibuka")],
)
def test_nobody_passes_a_wave_that_is_not_closed(tmp_path, wave, at, words):
    found = reasons(csv_file(tmp_path, person(1)), at=at)

    assert words in found[2, "wave"]


def test_closed_wave_may_be_imported_before_its_announcement(tmp_path, wave):
    assert reasons(csv_file(tmp_path, person(1)), at=wib(2021, 9, 21)) == {}


def test_pass_date_before_the_announcement_is_refused(tmp_path, wave):
    found = reasons(csv_file(tmp_path, person(1, pass_date="2021-09-21")))

    assert "22 September 2021" in found[2, "pass_date"]


def test_announcement_day_is_the_day_in_wib(tmp_path):
    WaveFactory(number=21, announced_at=wib(2021, 9, 22, 0, 30))

    assert reasons(csv_file(tmp_path, person(1, pass_date="2021-09-22"))) == {}


def test_pass_date_in_the_future_is_refused(tmp_path, wave):
    day = "2021-09-29"

    assert (2, "pass_date") in reasons(csv_file(tmp_path, person(1, pass_date=day)))


@pytest.mark.parametrize(
    ("day", "found"), [("2021-09-19", set()), ("2021-09-18", {(2, "pass_date")})]
)
def test_unannounced_wave_takes_any_pass_date_from_its_closing(tmp_path, day, found):
    WaveFactory(number=21, unannounced=True)

    assert set(reasons(csv_file(tmp_path, person(1, pass_date=day)))) == found


def test_file_that_fills_the_quota_is_welcome(tmp_path):
    ParticipantFactory(wave=WaveFactory(number=21, quota=3))

    report, _ = check(csv_file(tmp_path, person(1), person(2)))

    assert report.refusals == []


def test_file_beyond_the_quota_is_refused_as_a_whole(tmp_path, staff):
    ParticipantFactory(wave=WaveFactory(number=21, quota=2))
    path = csv_file(tmp_path, person(1), person(2))

    report, _ = check(path)
    with pytest.raises(importing.OverQuota):
        apply(path, staff)

    assert report.refusals == ["Gelombang 21 melebihi kuota: 3 orang untuk 2 tempat."]
    assert Participant.objects.count() == 1


@pytest.mark.parametrize(("people", "is_refused"), [(19, False), (20, True)])
def test_niks_that_excel_rounded_refuse_the_file(tmp_path, wave, people, is_refused):
    rows = [person(n, nik=f"31740112{n:07d}0") for n in range(people)]

    report, _ = check(csv_file(tmp_path, *rows))

    assert bool(report.refusals) is is_refused


# --- On record ---


def test_one_record_per_import_names_file_and_count(tmp_path, wave, staff, monkeypatch):
    monkeypatch.setattr(applying, "CHUNK", 2)
    path = csv_file(tmp_path, *(person(n) for n in range(5)))

    apply(path, staff)

    record = LogEntry.objects.get()
    assert record.user == staff
    assert record.get_edited_object() == wave
    assert record.change_message == (
        f"Impor peserta: 5 orang baru, dari berkas SHA-256 {importing.sha256_of(path)}."
    )


def test_each_wave_of_a_file_has_its_record(tmp_path, wave, staff):
    WaveFactory(number=22)

    apply(csv_file(tmp_path, person(1), person(2, wave="22")), staff)

    assert LogEntry.objects.count() == 2


# --- Broken half-way ---


@pytest.mark.parametrize(
    "statement",
    ["ENTER_USERS", "ENTER_APPLICANTS", "ENTER_APPLICATIONS", "ENTER_PARTICIPANTS"],
)
def test_import_that_breaks_leaves_whole_people_and_is_completed_by_the_same_file(
    tmp_path, wave, staff, monkeypatch, statement
):
    monkeypatch.setattr(applying, "CHUNK", 2)
    path = csv_file(tmp_path, *(person(n) for n in range(5)))
    enter = staging.enter
    calls = iter([True, False])

    def break_in_the_second_chunk(**arguments):
        if not next(calls):
            broken.setattr(staging, statement, "SELECT broken FROM nowhere")
        enter(**arguments)

    with monkeypatch.context() as broken:
        broken.setattr(staging, "enter", break_in_the_second_chunk)
        with pytest.raises(DatabaseError):
            apply(path, staff)

    whole = {model.objects.count() for model in (Applicant, Application, Participant)}
    assert whole == {2}
    assert User.objects.filter(is_staff=False).count() == 2
    assert LogEntry.objects.get().change_message.startswith("Impor peserta: 2 orang")

    assert apply(path, staff).new == {21: 3}
    assert Participant.objects.count() == 5


def test_import_goes_on_after_the_line_it_came_to(tmp_path, wave, staff, monkeypatch):
    monkeypatch.setattr(applying, "CHUNK", 2)
    path = csv_file(tmp_path, *(person(n) for n in range(3)), person(0))
    given = {
        "sha256": importing.sha256_of(path),
        "by": staff,
        "at": NOW,
        "good_rows_only": True,
    }
    first = next(applying.steps(path, **given))

    *_, last = applying.steps(path, **given, cursor=first.cursor)

    assert (last.report.new.total(), last.report.bad) == (3, 1)
    assert Participant.objects.count() == 3
    assert LogEntry.objects.get().change_message.startswith("Impor peserta: 3 orang")


def test_somebody_who_signs_up_meanwhile_is_not_taken_over(
    tmp_path, wave, staff, monkeypatch
):
    UserFactory(email="lolos1@contoh.test")
    # When the chunk asks the first time, the account is not there yet.
    answers = iter([list, staging.known])

    def known():
        return next(answers)()

    monkeypatch.setattr(staging, "known", known)

    report = apply(csv_file(tmp_path, person(1)), staff, good_rows_only=True)

    assert (report.new.total(), report.bad) == (0, 1)
    assert not Participant.objects.exists()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_same_file_applied_twice_at_once_enters_everybody_once(
    tmp_path, wave, staff, monkeypatch
):
    monkeypatch.setattr(applying, "CHUNK", 20)
    one = tmp_path / "one.csv"
    other = tmp_path / "other.csv"
    people = [person(n) for n in range(100)]
    one.write_text(csv_text(*people))
    other.write_text(csv_text(*reversed(people)))
    barrier = threading.Barrier(2)
    reports = []

    def work(path):
        try:
            barrier.wait()
            reports.append(apply(path, staff))
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[path]) for path in (one, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(reports) == 2
    assert sum(report.new.total() for report in reports) == 100
    assert sum(report.unchanged for report in reports) == 100
    assert Participant.objects.count() == Applicant.objects.count() == 100


# --- From a shell ---


def run(*arguments):
    out = StringIO()
    call_command("import_participants", *arguments, stdout=out)
    return out.getvalue()


def test_command_only_checks_unless_told_to_apply(tmp_path, wave):
    path = csv_file(tmp_path, person(1), person(2, nik="1"))

    out = run(str(path))

    assert "baris 3 nik: NIK harus 16 angka, di sini 1." in out
    assert "Pemeriksaan: 1 baru, 0 sudah ada, 1 baris salah." in out
    assert not Participant.objects.exists()


def test_command_applies_in_the_name_of_staff(tmp_path, wave, staff):
    path = csv_file(tmp_path, person(1))

    out = run(str(path), "--apply", "--by", staff.email)

    assert "Diterapkan: 1 baru" in out
    assert LogEntry.objects.get().user == staff


@pytest.mark.parametrize(
    ("cells", "by", "words"),
    [
        (person(1), "", "--by"),
        (person(1), "siapa@contoh.test", "--by"),
        (person(1, nik="1"), "petugas@contoh.test", "baris yang salah"),
        (person(1, wave="22"), "petugas@contoh.test", "melebihi kuota"),
    ],
)
def test_command_refuses_what_the_admin_refuses(tmp_path, wave, cells, by, words):
    UserFactory(email="petugas@contoh.test", staff=True)
    ParticipantFactory(wave=WaveFactory(number=22, quota=1))

    with pytest.raises(CommandError, match=words):
        run(str(csv_file(tmp_path, cells)), "--apply", "--by", by)

    assert Participant.objects.count() == 1


def test_command_says_what_is_wrong_with_the_file(tmp_path):
    path = tmp_path / "people.csv"
    with pytest.raises(CommandError, match="tidak bisa dibaca"):
        run(str(path))

    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(CommandError, match="zip"):
        run(str(path))
