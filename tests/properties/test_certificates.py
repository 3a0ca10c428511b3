"""P43 to P47 and M9: certificates, for what courses can ask of students so far."""

import re
import secrets
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from itertools import chain
from unittest.mock import patch

import pytest
import segno
from django.test import Client, TestCase
from django.utils.html import escape
from hypothesis import assume, example, given
from hypothesis import strategies as st
from pypdf import PdfReader

from lms.certificates import actions, document, rules, selectors
from lms.certificates.models import Certificate
from lms.certificates.rules import Grading, Requirement
from lms.common import clock
from lms.common.errors import NotFound
from lms.common.ids import ALPHABET, check_character, grouped, verification_code
from lms.events import SYSTEM
from lms.homework import actions as homework_actions
from lms.tenants.scope import provider_scope
from tests.cast import fresh_rows, person
from tests.lms.certificates.making import Shelf, complete, course, enrol, lessons_of, named, school

pytestmark = pytest.mark.django_db

names = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=150).filter(
    lambda name: rules.printable(name)
)
grades = st.decimals(0, 100, places=2)


@pytest.fixture(autouse=True)
def files_stay_here(private_files):
    """None of these tests writes anywhere else."""


@pytest.fixture
def houses():
    return [school(f"house-{number}") for number in range(3)]


@pytest.fixture
def shelves(houses):
    return [Shelf(lambda lessons, house=house: course(house, lessons)) for house in houses]


def set_homework(page, required):
    with provider_scope(page.provider_id):
        values = {"title": "Stars", "kind": "checkmark", "required": required}
        piece = homework_actions.create(page, values, actor=SYSTEM)
        homework_actions.assign(piece, actor=SYSTEM, at=clock.now())
    return piece


def tick_off(piece, enrolment):
    with provider_scope(piece.provider_id), TestCase.captureOnCommitCallbacks(execute=True):
        homework_actions.submit(piece, enrolment, actor=enrolment.student, at=clock.now())


@given(
    required=st.integers(1, 4),
    optional=st.integers(0, 2),
    enabled=st.booleans(),
    homework=st.lists(st.tuples(st.booleans(), st.booleans()), max_size=3),
    data=st.data(),
)
def test_p043_completing_everything_required_issues_one_certificate(
    acme, required, optional, enabled, homework, data
):
    """`homework`: whether each piece is required, and whether the student does it."""
    with fresh_rows():
        alice, carol = person("alice"), named("carol", "Carol Wanjiru")
        page = course(acme, required, optional, instructors=[alice], certificate_enabled=enabled)
        done = data.draw(st.lists(st.sampled_from(lessons_of(page)), max_size=9), label="done")
        pieces = [(set_homework(page, must), does) for must, does in homework]
        with patch("lms.certificates.actions.make_pdf"):
            seat = enrol(carol, page)
            first = data.draw(st.booleans(), label="homework first")
            enrolment = seat if first else complete(seat, done)
            for piece, does in pieces:
                if does:
                    tick_off(piece, enrolment)
            if first:
                complete(seat, done)
        earned = set(lessons_of(page)[:required]) <= set(done) and all(
            does or not must for must, does in homework
        )
        with provider_scope(page.provider_id):
            issued = list(Certificate.objects.all())
            completed_at = type(seat).objects.get(pk=seat.pk).completed_at
        assert len(issued) == (1 if earned and enabled else 0)
        for certificate in issued:
            content = certificate.content
            assert content.student == "Carol Wanjiru"
            assert content.course == page.title
            assert content.signatory == "Alice"
            assert content.completed_on == completed_at.date()


@given(student=names, title=names, language=st.sampled_from(["en", "ar", "fr"]))
def test_p044_every_certificate_downloads_as_a_valid_pdf(shelf, student, title, language):
    (page,) = shelf(1)
    with fresh_rows():
        carol = named("carol", student)
        page.title, page.language = title, language
        page.save_revision().publish()
        complete(enrol(carol, page))
        browser = Client()
        browser.force_login(carol)
        with provider_scope(page.provider_id):
            certificate = Certificate.objects.get()
        answer = browser.get(f"/certificates/{certificate.pk}/pdf/")
        assert answer["Content-Type"] == "application/pdf"
        read = PdfReader(BytesIO(answer.getvalue()), strict=True)
        assert len(read.pages) == 1
        width, height = (float(side) for side in read.pages[0].mediabox[2:])
        assert (round(width), round(height)) == (842, 595)  # A4 on its side, in points
        assert certificate.code in read.pages[0].extract_text()


@given(completed=st.lists(st.lists(st.booleans(), max_size=3), min_size=1, max_size=3))
def test_p045_the_list_shows_all_certificates_earned_and_no_others(houses, shelves, completed):
    pages = [shelf(*[1] * len(c)) for shelf, c in zip(shelves, completed, strict=False)]
    with fresh_rows(), patch("lms.certificates.actions.make_pdf"):
        carol, dave = person("carol"), person("dave")
        for page, done in zip(chain(*pages), chain(*completed), strict=True):
            complete(enrol(dave, page))
            enrolment = enrol(carol, page)
            if done:
                complete(enrolment)
        browser = Client()
        browser.force_login(carol)
        html = browser.get("/certificates/").content.decode()
        with provider_scope(houses):
            hers = Certificate.objects.filter(student=carol)
            expected = {str(pk) for pk in hers.values_list("pk", flat=True)}
        assert len(expected) == sum(sum(courses) for courses in completed)
        shown = re.findall(r'href="/certificates/([0-9a-f-]{36})/"', html)
        assert sorted(shown) == sorted(expected)


@given(minimum=st.none() | grades, grade=st.none() | grades, graded=st.booleans())
@example(minimum=Decimal("60.00"), grade=Decimal("60.00"), graded=True)
@example(minimum=Decimal("60.00"), grade=Decimal("59.99"), graded=True)
def test_p046_a_minimum_grade_is_respected(minimum, grade, graded):
    due = rules.is_due([Requirement("lessons", met=True)], Grading(graded, grade), minimum)
    if minimum is None or not graded:
        assert due
    else:
        assert due == (grade is not None and grade >= minimum)


@given(minimum=grades, grade=st.none() | grades)
@example(minimum=Decimal("60.00"), grade=Decimal("60.00"))
def test_p046_a_certificate_is_issued_only_at_or_above_the_minimum(acme, minimum, grade):
    with (
        fresh_rows(),
        patch("lms.certificates.actions.make_pdf"),
        patch("lms.certificates.selectors.grading_of", return_value=Grading(True, grade)),
    ):
        page = course(acme, certificate_minimum_grade=minimum)
        complete(enrol(person("carol"), page))
        with provider_scope(page.provider_id):
            issued = [row.content.grade for row in Certificate.objects.all()]
        assert issued == ([grade] if grade is not None and grade >= minimum else [])


def stranger():
    """Anybody, at an address of their own: each has a limit."""
    address = f"10.{secrets.randbelow(256)}.{secrets.randbelow(256)}.{secrets.randbelow(256)}"
    return Client(REMOTE_ADDR=address)


def check(typed):
    """What a stranger sees who types a code."""
    return stranger().get("/verify/", {"code": typed}, follow=True)


@given(students=st.integers(1, 4), position=st.integers(0, 15), letter=st.sampled_from(ALPHABET))
def test_p047_a_code_is_unique_and_verifies_its_certificate_alone(
    shelf, students, position, letter
):
    (page,) = shelf(1)
    with fresh_rows(), patch("lms.certificates.actions.make_pdf"):
        for number in range(students):
            complete(enrol(person(f"student{number}"), page))
        with provider_scope(page.provider_id):
            rows = list(Certificate.objects.all())
        assert len({row.code for row in rows}) == students
        for row in rows:
            answer = check(row.code.lower().replace("-", "  "))
            assert answer.status_code == 200
            assert answer.context["certificate"] == row
            assert escape(row.content.student) in answer.content.decode()
        plain = rows[0].code.replace("-", "")
        tampered = plain[:position] + letter + plain[position + 1 :]
        assume(tampered != plain)
        # One who knows how the last character is made mends that, too.
        mended = tampered[:-1] + check_character(tampered[:-1])
        for code in {tampered, mended} - {plain}:
            assert check(code).status_code == 404
            assert stranger().get(f"/verify/{grouped(code)}/").status_code == 404


@given(made=st.integers(1, 50))
def test_p047_a_well_formed_code_that_was_never_issued_verifies_nothing(made):
    for _number in range(made):
        with pytest.raises(NotFound):
            selectors.verify(verification_code())


@given(student=names, moment=st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)))
def test_m09_the_same_completion_gives_the_same_certificate(shelf, student, moment):
    (page,) = shelf(1)
    with fresh_rows(), clock.stopped_at(moment.replace(tzinfo=UTC)):
        carol = named("carol", student)
        enrolment = complete(enrol(carol, page))
        with provider_scope(page.provider_id):
            first = Certificate.objects.get()
            with first.pdf.open() as file:
                printed = file.read()
            # The world moves on…
            page.title, page.summary = "Renamed", "Rewritten."
            page.save_revision().publish()
            carol.name = "Somebody Else"
            carol.save()
            with clock.later(days=400):
                again = actions.issue(enrolment, at=clock.now())
                # …and the certificate does not.
                assert again == first
                assert again.content == first.content
                assert document.pdf(again.content) == printed


def test_m09_the_qr_code_leads_to_the_verification_page(acme):
    with fresh_rows(), patch("lms.certificates.actions.make_pdf"):
        page = course(acme)
        complete(enrol(named("carol", "Carol Wanjiru"), page))
        with provider_scope(page.provider_id):
            content = Certificate.objects.get().content
        drawn = segno.make(content.url, error="m", micro=False)
        assert drawn.svg_inline(border=0, omitsize=True, svgclass=None, lineclass=None,
                                dark="#1b1f1f") in document.html(content)  # fmt: skip
        answer = Client().get(content.url.removeprefix("http://localhost:8000"))
        assert answer.status_code == 200
        assert "Carol Wanjiru" in answer.content.decode()


def test_m09_a_grade_is_kept_to_the_hundredth(acme):
    with (
        fresh_rows(),
        patch("lms.certificates.actions.make_pdf"),
        patch(
            "lms.certificates.selectors.grading_of",
            return_value=Grading(True, Decimal("87.35")),
        ),
    ):
        page = course(acme)
        complete(enrol(person("carol"), page))
        with provider_scope(page.provider_id):
            assert Certificate.objects.get().content.grade == Decimal("87.35")
