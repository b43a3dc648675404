"""Reading a file of people who passed: its form, line by line."""

import datetime as dt
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from participants.importing.csv_rows import LINE_MAX, BadLine, FileRefused
from participants.importing.reading import Row, read_people
from tests.participants.people_files import COLUMNS, csv_file, csv_text, person


def read(tmp_path, content):
    path = tmp_path / "people.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_people(path))


def problems(tmp_path, **changes):
    (line,) = read_people(csv_file(tmp_path, person(1, **changes)))
    assert isinstance(line, BadLine), "the row was accepted"
    return {(problem.column, problem.reason) for problem in line.problems}


EXPECTED = Row(
    line=2,
    email="lolos1@contoh.test",
    full_name="Sari Contoh 1",
    nik="3174011200000011",
    family_card_number="3174019900000011",
    birth_date=dt.date(1998, 4, 17),
    phone="081200000001",
    wave=21,
    pass_date=dt.date(2021, 9, 22),
    card_number="",
)


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_file_may_have_a_bom_semicolons_and_windows_line_ends(
    tmp_path, bom, delimiter, newline
):
    text = csv_text(person(1), delimiter=delimiter, newline=newline)

    assert read(tmp_path, bom + text) == [EXPECTED]


def test_columns_may_stand_in_any_order_and_case(tmp_path):
    cells = person(1)
    names = sorted(cells)
    header = ",".join(f" {name.replace('_', ' ').upper()} " for name in names)

    content = f"{header}\n{','.join(cells[name] for name in names)}\n"

    assert read(tmp_path, content) == [EXPECTED]


def test_last_line_needs_no_line_end(tmp_path):
    assert read(tmp_path, csv_text(person(1)).rstrip("\n")) == [EXPECTED]


def test_quoted_cell_may_hold_the_delimiter_and_quotes(tmp_path):
    (row,) = read(tmp_path, csv_text(person(1, full_name='"Sari ""Ri"", S.Pd."')))

    assert row.full_name == 'Sari "Ri", S.Pd.'


def test_empty_lines_are_skipped_and_keep_their_number(tmp_path):
    header, first = csv_text(person(1)).splitlines()

    rows = read(tmp_path, f"{header}\n\n,,,,,,,\n{first}\n\n")

    assert [row.line for row in rows] == [4]


def test_trailing_delimiters_that_excel_leaves_out_are_not_missed(tmp_path):
    header, first = csv_text(person(1)).splitlines()

    assert read(tmp_path, f"{header},card_number\n{first}\n") == [EXPECTED]


def test_card_number_may_be_given(tmp_path):
    (row,) = read(tmp_path, csv_text(person(1, card_number="1234567890123456")))

    assert row.card_number == "1234567890123456"


def test_file_without_a_header_repeats_nothing_of_its_first_person(tmp_path):
    first = csv_text(person(1)).splitlines()[1]

    with pytest.raises(FileRefused) as refused:
        read(tmp_path, f"{first}\n")

    assert "Ada 8 kolom yang tidak dikenal." in refused.value.message
    for cell in first.split(","):
        assert cell.lower() not in refused.value.message.lower()


def test_cell_that_is_no_column_name_is_counted_not_repeated(tmp_path):
    header, first = csv_text(person(1)).splitlines()

    with pytest.raises(FileRefused, match="tidak dikenal: agama, dan 1 lainnya"):
        read(tmp_path, f"{header},agama,3273011704980001\n{first},-,-\n")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "kosong"),
        (b"\xef\xbb\xbf\r\n \n", "kosong"),
        (COLUMNS.encode(), "hanya berisi judul kolom"),
        (f"{COLUMNS}\n\n".encode(), "hanya berisi judul kolom"),
        (b"PK\x03\x04 zip", "zip atau Excel"),
        (b"\xd0\xcf\x11\xe0 old", "Excel lama"),
        (b"\x1f\x8b gzip", "gzip"),
        (b"%PDF-1.7", "PDF"),
        (csv_text(person(1)).encode("utf-16"), "UTF-16"),
        (csv_text(person(1)).encode("utf-16-le"), "UTF-16"),
        (csv_text(person(1, full_name="Renée")).encode("latin-1"), "Windows-1252"),
        (b"x" * 10_000_000, "Baris 1 terlalu panjang"),
        (csv_text(person(1), {"email": "x" * 10_000_000}).encode(), "Baris 3 terlalu"),
        (csv_text(person(1)).replace("nik,", "").encode(), "kurang: nik."),
        (csv_text(person(1, agama="-")).encode(), "tidak dikenal: agama."),
        (csv_text(person(1)).replace("nik,", "nik,nik,").encode(), "dua kali: nik."),
        (csv_text(person(1), delimiter="\t").encode(), "dipisahkan koma"),
        (f"{COLUMNS},\n".encode(), "(tanpa judul)"),
        (csv_text(person(1)).replace("\n", "\r").encode(), "tidak dikenal"),
    ],
)
def test_file_that_is_no_such_csv_is_refused_with_what_to_do(tmp_path, content, words):
    with pytest.raises(
        FileRefused, match=words.replace("(", r"\(").replace(")", r"\)")
    ):
        read(tmp_path, content)


def test_wrong_encoding_is_named_with_its_line(tmp_path):
    content = csv_text(person(1)).encode() + "Renée,x\n".encode("latin-1")

    with pytest.raises(FileRefused, match="Baris 3 tidak berkode UTF-8"):
        read(tmp_path, content)


@pytest.mark.parametrize("number", ["3.27E+15", "3,27301E+15", "3e15"])
@pytest.mark.parametrize(
    ("column", "label"),
    [
        ("nik", "NIK"),
        ("family_card_number", "Nomor KK"),
        ("card_number", "Nomor kartu"),
        ("phone", "Nomor HP"),
    ],
)
def test_number_that_excel_shortened_is_named_as_such(tmp_path, column, label, number):
    ((found, reason),) = problems(tmp_path, **{column: f'"{number}"'})

    assert found == column
    assert reason.startswith(f"{label} rusak oleh Excel")


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t"])
@pytest.mark.parametrize("column", ["email", "full_name"])
def test_cell_that_a_spreadsheet_would_run_is_refused(tmp_path, column, sign):
    ((found, reason),) = problems(tmp_path, **{column: f"{sign}cmd@contoh.test"})

    assert found == column
    assert "rumus" in reason


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("email", ""),
        ("email", "bukan-alamat"),
        ("email", "sari@contoh"),
        ("email", "şari@contoh.test"),
        ("email", f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.test"),
        ("full_name", ""),
        ("full_name", "   "),
        ("full_name", "S" * 151),
        ("full_name", "Sari\tContoh"),
        ("full_name", "Sari\0Contoh"),
        ("full_name", "Sari\u202eContoh"),
        ("nik", ""),
        ("nik", "327301120000001"),
        ("nik", "31740112000000111"),
        ("nik", "327301120000001x"),
        ("nik", "٣٢٧٣٠١١٢٠٠٠٠٠٠١١"),
        ("family_card_number", "1"),
        ("card_number", "123"),
        ("birth_date", ""),
        ("birth_date", "17/04/1998"),
        ("birth_date", "03/04/1998"),
        ("birth_date", "19980417"),
        ("birth_date", "1998-02-29"),
        ("birth_date", "1899-12-31"),
        ("birth_date", "2003-09-23"),
        ("phone", ""),
        ("phone", "0212345678"),
        ("phone", "08123"),
        ("phone", "081234567890123"),
        ("wave", ""),
        ("wave", "dua puluh satu"),
        ("wave", "-21"),
        ("pass_date", ""),
        ("pass_date", "22-09-2021"),
    ],
)
def test_cell_that_is_not_of_its_form_is_refused_in_its_column(tmp_path, column, cell):
    found = problems(tmp_path, **{column: cell})

    assert {name for name, _ in found} == {column}


def test_every_bad_cell_of_a_row_is_told_at_once(tmp_path):
    found = problems(tmp_path, nik="1", phone="", birth_date="kemarin")

    assert {column for column, _ in found} == {"nik", "phone", "birth_date"}


def test_reason_never_repeats_what_the_cell_says(tmp_path):
    found = problems(
        tmp_path, nik="999888777", email="rahasia", birth_date="1998-13-13"
    )

    text = " ".join(reason for _, reason in found)
    assert not any(said in text for said in ["999888777", "rahasia", "1998-13-13"])


def test_eighteenth_birthday_on_the_pass_date_is_old_enough(tmp_path):
    (row,) = read(tmp_path, csv_text(person(1, birth_date="2003-09-22")))

    assert isinstance(row, Row)


@pytest.mark.parametrize(
    "written",
    [
        "081234567890",
        "+6281234567890",
        "6281234567890",
        "81234567890",
        "+62 812-3456-7890",
        "+62 0812 3456 7890",
        "(0812) 3456.7890",
    ],
)
def test_phone_is_stored_as_people_write_it(tmp_path, written):
    (row,) = read(tmp_path, csv_text(person(1, phone=written)))

    assert row.phone == "081234567890"


def test_email_is_lowercased_and_spaces_are_tidied(tmp_path):
    cells = person(1, email=" Sari@Contoh.TEST ", full_name=" Sari \u00a0  Contoh ")

    (row,) = read(tmp_path, csv_text(cells))

    assert (row.email, row.full_name) == ("sari@contoh.test", "Sari Contoh")


@pytest.mark.parametrize("cell", ['"Sari', '"Sari"x'])
def test_stray_quote_spoils_its_own_line_only(tmp_path, cell):
    content = csv_text(person(1, full_name=cell), person(2))

    bad, good = read(tmp_path, content)

    assert (bad.line, good.line) == (2, 3)
    assert (isinstance(bad, BadLine), isinstance(good, Row)) == (True, True)


def test_surplus_cells_are_refused(tmp_path):
    content = csv_text(person(1)).rstrip("\n") + ",lebih\n"

    (bad,) = read(tmp_path, content)

    assert "lebih banyak" in bad.problems[0].reason


@given(content=st.binary(max_size=300))
def test_no_bytes_whatever_break_the_reading(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(f"{COLUMNS}\n".encode() + content)

    try:
        lines = list(read_people(path))
    except FileRefused:
        return

    assert all(isinstance(line, BadLine) for line in lines)


def test_reading_holds_one_line_at_a_time(tmp_path):
    path = csv_file(tmp_path, *(person(n) for n in range(5_000)))

    tracemalloc.start()
    count = sum(1 for _ in read_people(path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 5_000
    assert peak < 40 * LINE_MAX
