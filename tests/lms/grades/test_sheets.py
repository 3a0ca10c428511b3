"""Grades to spreadsheets and back: harmless, previewed, nothing but what was previewed."""

import csv
import io
import re
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.html import escape
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from lms.grades import sheets
from lms.grades.actions import Placement
from lms.grades.models import Entry
from lms.tenants.scope import provider_scope
from tests.cast import fresh_rows
from tests.lms.certificates.making import named
from tests.lms.grades.making import book, column, desk, graded, place, points, put, sheet
from tests.lms.homework.making import a_class, settled
from tests.lms.learning import body_of, reader


@pytest.fixture
def alice(night_class):
    return reader(night_class.alice)


def text(response):
    return body_of(response).decode()


def send(browser, school, content, name="grades.csv"):
    content = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile(name, content)
    return browser.post(f"{desk(school)}import/", {"file": file})


def commit(browser, school, html, **more):
    sealed = re.search(r'name="sealed" value="([^"]+)"', html)[1]
    with settled(school):
        url = f"{desk(school)}import/commit/"
        return browser.post(url, {"sealed": sealed, **more}, follow=True)


def number_of_entries(school):
    with provider_scope(school.acme):
        return Entry.objects.count()


def test_what_goes_out_comes_back_and_changes_nothing(night_class, alice):
    graded(night_class, "7.25")
    column(night_class)
    for way in ("csv", "xlsx"):
        out = body_of(alice.get(f"{desk(night_class)}{way}/"))
        html = text(send(alice, night_class, out, f"grades.{way}"))
        assert "what stands there already" in html
        assert "Current %" in html  # is not read


def test_nothing_in_a_file_runs(night_class, alice):
    named("carol2", "x")
    night_class.carol.name = '=cmd|"/c calc"!A1'
    night_class.carol.save()
    graded(night_class, 7, title="+1+1")
    rows = list(csv.reader(io.StringIO(text(alice.get(f"{desk(night_class)}csv/")))))
    assert rows[1][0].startswith("'=") or rows[2][0].startswith("'=")
    assert rows[0][3].startswith("'+1+1 [h")
    page = load_workbook(io.BytesIO(body_of(alice.get(f"{desk(night_class)}xlsx/")))).active
    kinds = {cell.data_type for row in page.iter_rows() for cell in row}
    assert "f" not in kinds
    assert page.cell(1, 4).value.startswith("'+1+1 [h")


def test_a_file_is_previewed_and_then_just_that_is_done(night_class, alice):
    key = graded(night_class, 7)
    talk = f"m{column(night_class).pk}"
    content = (
        f"E-mail;Essay [{key}];Talk [{talk}];Final %\n"
        "carol@example.org;9,5;excused;99\n"
        "DAVE@example.org;;4;\n"
        "nobody@example.org;3;3;\n"
        "\n"
        "dave@example.org;1;1;\n"
    )
    html = text(send(alice, night_class, content))
    assert html.count("data-change") == 3
    assert "Row 4:" in html and "nobody@example.org" in html
    assert "Row 6:" in html and "twice" in html
    assert "Final %" in html
    assert number_of_entries(night_class) == 0
    done = commit(alice, night_class, html, reason="From paper")
    assert "3 grades were changed" in text(done)
    carol = sheet(night_class)
    assert (carol.cell(key).text, carol.cell(talk).text) == ("9.5", "excused")
    assert carol.cell(key).entry.reason == "From paper"
    assert sheet(night_class, "dave").cell(talk).text == "4"
    back = text(send(alice, night_class, f"ID,[{key}]\n{night_class.seats['carol'].pk},earned\n"))
    commit(alice, night_class, back)
    assert sheet(night_class).cell(key).text == "7"
    assert number_of_entries(night_class) == 4


def test_a_preview_that_is_out_of_date_does_nothing(night_class, alice):
    key = graded(night_class, 7)
    html = text(send(alice, night_class, f"E-mail,[{key}]\ncarol@example.org,9\n"))
    put(night_class, key, points(8))
    answer = commit(alice, night_class, html)
    assert answer.status_code == 409
    assert "send the file again" in text(answer)
    assert number_of_entries(night_class) == 1
    html = text(send(alice, night_class, f"E-mail,[{key}]\ncarol@example.org,9\n"))
    place(night_class, Placement(key, left_out=True))
    assert commit(alice, night_class, html).status_code == 409
    assert number_of_entries(night_class) == 1


def test_a_preview_is_for_who_saw_it(night_class, alice):
    key = graded(night_class, 7)
    html = text(send(alice, night_class, f"E-mail,[{key}]\ncarol@example.org,9\n"))
    bob = reader(night_class.bob)
    assert "too old" in text(commit(bob, night_class, html))
    url = f"{desk(night_class)}import/commit/"
    for sealed in ("", "x", "a:b:c", "\x00"):
        assert "too old" in text(alice.post(url, {"sealed": sealed}, follow=True))
    assert reader(night_class.carol).post(url, {"sealed": "x"}).status_code == 404
    assert number_of_entries(night_class) == 0


@pytest.mark.parametrize("cell", ["-1", "11", "ten", "NaN", "1e1", "=1+1", "1.234", "٣"])
def test_a_bad_number_is_named_with_its_row(night_class, alice, cell):
    key = graded(night_class, 7)
    html = text(send(alice, night_class, f"E-mail,Essay [{key}]\ncarol@example.org,{cell}\n"))
    assert "Row 2:" in html
    assert escape(f"“{cell}” is no number from 0 to 10") in html
    assert "data-change" not in html


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "submitted file is empty"),
        ("Name,Points\nCarol,3\n", "needs a column"),
        ("E-mail,Points\ncarol@example.org,3\n", "No column of this gradebook"),
        ("E-mail,[h999]\ncarol@example.org,3\n", "No column of this gradebook"),
        ("E-mail,KEY\n\x00,3\n", "This is no table"),
        (b"\xff\x00\xfe", "CSV UTF-8"),
        (b"E-mail,KEY\nJos\xe9,3\n", "CSV UTF-8"),
        (b"PK\x03\x04 not a workbook", "can’t be read"),
        ("E-mail,KEY\n" + "x" * 200_000 + ",3\n", "too long"),
        ("E-mail,KEY" + "," * 400 + "\n", "too many columns"),
        ("E-mail,KEY\n" + "a@b.c,3\n" * 10_001, "more than 10000 rows"),
    ],
)
def test_what_is_no_table_is_refused_with_the_reason(night_class, alice, content, said):
    key = graded(night_class, 7)
    if isinstance(content, str):
        content = content.replace("KEY", f"[{key}]")
    else:
        content = content.replace(b"KEY", f"[{key}]".encode())
    answer = send(alice, night_class, content)
    assert answer.status_code == 422
    assert said in text(answer)


def test_a_workbook_of_another_shape_is_refused(night_class, alice):
    graded(night_class, 7)
    other = Workbook()
    other.active.append(["Something", "else"])
    file = io.BytesIO()
    other.save(file)
    assert "needs a column" in text(send(alice, night_class, file.getvalue(), "a.xlsx"))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as one:
        one.writestr("a.txt", "x")
    assert "can’t be read" in text(send(alice, night_class, archive.getvalue(), "a.xlsx"))


def test_a_workbook_changes_grades_as_csv_does(night_class, alice):
    key = graded(night_class, 7)
    other = Workbook()
    other.active.append(["ID", f"Essay [{key}]"])
    other.active.append([str(night_class.seats["carol"].pk), 8.5])
    file = io.BytesIO()
    other.save(file)
    html = text(send(alice, night_class, file.getvalue(), "a.xlsx"))
    commit(alice, night_class, html)
    assert sheet(night_class).cell(key).text == "8.5"


def test_a_file_that_is_too_large_is_refused(night_class, alice, monkeypatch):
    monkeypatch.setattr(sheets, "LARGEST", 10)
    assert "too large" in text(send(alice, night_class, "E-mail,[h1]\n"))


@given(content=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_whatever_is_sent_is_read_or_refused(shelf_class, content):
    with fresh_rows(), settled(shelf_class):
        frame = book(shelf_class)
        for before in (b"", f"E-mail,[{frame.columns[0].key}]\n".encode(), b"PK"):
            try:
                sheets.read(frame, shelf_class.seats.values(), before + content)
            except sheets.Unreadable as problem:
                assert str(problem)


@pytest.fixture
def shelf_class(db):
    school = a_class()
    column(school)
    return school
