"""Reading a list of people: any bytes, any spelling, and never more than is needed."""

import csv
import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.common.formulas import FORMULA, harmless, is_formula
from lms.migration import rules, wording
from lms.migration.rules import Unreadable, read


def is_email(text: str) -> bool:
    return text.count("@") == 1 and " " not in text and not text.startswith("@")


def table(text: str | bytes, **kwargs):
    data = text.encode() if isinstance(text, str) else text
    return read(data, is_email=is_email, **kwargs)


def codes(person):
    return [problem.code for problem in person.problems]


def only(text: str):
    (person,) = table(text).people
    return person


LETTERS = st.characters(codec="utf-8", categories=["L", "N"])
NAMES = st.text(LETTERS, min_size=1, max_size=20)
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
}


@given(
    st.lists(NAMES, min_size=1, max_size=20),
    st.sampled_from(",;\t"),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_what_a_spreadsheet_writes_is_read_back(names, separator, end, quoted):
    out = io.StringIO()
    quoting = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    writer = csv.writer(out, delimiter=separator, lineterminator=end, quoting=quoting)
    writer.writerow(["Name", "E-mail", "Class"])
    writer.writerows([name, f"p{n}@example.org", "7b"] for n, name in enumerate(names))
    found = table(out.getvalue())
    assert [person.name for person in found.people] == [name.strip() for name in names]
    assert [person.email for person in found.people] == [
        f"p{n}@example.org" for n in range(len(names))
    ]
    assert [person.number for person in found.people] == list(range(2, len(names) + 2))
    assert (found.separator, found.unused) == (separator, ["Class"])


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_unicode_encoding_is_read(encoding):
    text = "email,name\na@example.org,Æsa\nb@example.org,أمينة\n"
    found = table(text.encode(encoding))
    assert [person.name for person in found.people] == ["Æsa", "أمينة"]
    assert found.encoding == ENCODINGS[encoding]


def test_windows_files_are_guessed_and_told():
    found = table("email;name\na@example.org;José Müller\n".encode("cp1252"))
    assert found.people[0].name == "José Müller"
    assert (found.encoding, found.guessed) == ("Windows-1252", True)
    assert wording.of_reading({"encoding": found.encoding, "guessed": True})
    assert table(b"email,name\na@example.org,Jos\xe9 \x81\n").encoding == "Latin-1"


@given(st.binary(max_size=400))
def test_no_bytes_are_more_than_refused(data):
    try:
        found = table(data)
    except Unreadable as refused:
        assert wording.of_file(refused)
    else:
        assert found.people


@given(st.text(max_size=60), st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_no_cell_is_more_than_a_problem(name, role, zone, courses):
    out = io.StringIO()
    csv.writer(out).writerows(
        [["email", "name", "role", "tz", "courses"], ["a@b.org", name, role, zone, courses]]
    )
    try:
        (person,) = table(out.getvalue().encode("utf-8", "replace")).people
    except Unreadable:
        return
    assert wording.of_row([[problem.code, problem.value] for problem in person.problems]) or (
        person.name and person.role in rules.ROLES
    )
    assert not (is_formula(person.name) and not person.problems)


@pytest.mark.parametrize(
    "heading",
    [
        "email,name",
        "E-Mail Address;Full name",
        "الاسم,البريد الإلكتروني",
        "البريد الالكتروني;الاِسم",
        "Magaca\tEmail",
        "NAME , EMAIL",
    ],
)
def test_headings_are_known_in_three_languages(heading):
    columns, unused = rules.columns_of(next(rules.rows_of(heading, rules.separator_of(heading))))
    assert {"email", "name"} <= set(columns), columns
    assert unused == []


def test_a_role_a_language_and_a_zone_in_anybodys_words():
    person = only(
        "email,name,role,language,time zone\nA@X.org ,Ali,مدرّس,Soomaali,africa/mogadishu\n"
    )
    assert (person.email, person.role, person.language, person.time_zone) == (
        "a@x.org", "instructor", "so", "Africa/Mogadishu",
    )  # fmt: skip
    assert person.problems == []


def test_first_and_last_name_are_a_name():
    assert only("first name,last name,email\nAda,Lovelace,a@x.org\n").name == "Ada Lovelace"


def test_nobody_is_made_admin_or_put_elsewhere_by_a_list():
    found = table("email,name,role,provider,is_superuser\na@x.org,Ali,admin,globex,1\n")
    assert codes(found.people[0]) == ["bad_role"]
    assert found.unused == ["provider", "is_superuser"]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1"])
def test_formulas_are_no_names_and_are_never_written_back(cell):
    out = io.StringIO()
    csv.writer(out).writerows([["email", "name"], ["a@x.org", cell]])
    assert codes(only(out.getvalue())) == ["formula"]
    assert harmless(cell) == f"'{cell}"


@given(st.text(max_size=40))
def test_a_safe_cell_never_begins_a_formula(text):
    assert not harmless(text).lstrip().startswith(FORMULA)


def test_an_address_that_comes_twice_is_a_problem_of_the_second():
    found = table("email,name\na@x.org,A\nb@x.org,B\nA@X.ORG,C\n")
    assert [codes(person) for person in found.people] == [[], [], ["twice"]]
    assert found.people[2].problems[0].value == "2"


def test_courses_are_addresses():
    person = only('email,name,courses\na@x.org,A,"night-sky; Day-Sky,night-sky"\n')
    assert person.courses == ["night-sky", "day-sky"]


def test_row_numbers_are_the_spreadsheets_with_empty_rows_between():
    assert [p.number for p in table("sep=;\nemail;name\n\n;\na@x.org;A\n").people] == [4]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "no_email_column"),
        (b"a@x.org,Ali\n", "no_email_column"),
        (b"email,name\n\n\n", "empty"),
        (b"PK\x03\x04rest", "spreadsheet"),
        (b"email,name\na@x.org,\0", "binary"),
        (b'email,name\na@x.org,"' + b"x" * 200_000, "torn"),
    ],
)
def test_why_a_file_is_refused(data, code):
    with pytest.raises(Unreadable) as refused:
        table(data)
    assert refused.value.code == code
    assert wording.of_file(refused.value)


def test_a_million_rows_are_refused_in_flat_memory():
    million = b"email,name\n" + b"".join(b"p%07d@example.org,Ali\n" % n for n in range(1_000_000))
    with pytest.raises(Unreadable) as refused:
        table(million)
    assert refused.value.code == "too_large"
    small = b"email\n" + b"a@b.c\n" * 800_000  # below the size, still far too many
    tracemalloc.start()
    with pytest.raises(Unreadable) as refused:
        table(small)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.value.code == "too_many"
    assert peak < 60 * 1024 * 1024
