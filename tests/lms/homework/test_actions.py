"""Setting, handing in, feedback, exceptions: what the other tests do not walk through."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from lms.certificates.models import Certificate
from lms.enrolments.models import Enrolment
from lms.homework import actions, rules
from lms.tenants.scope import provider_scope
from tests.lms.certificates.making import complete
from tests.lms.homework.making import (
    a_class,
    give_feedback,
    hand_in,
    homework,
    settled,
    work_of,
)

START = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_penalty_comes_off_the_points(night_class):
    with provider_scope(night_class.acme):
        values = {
            "title": "Stars",
            "grading": "points",
            "points": Decimal(10),
            "due_at": START,
            "late_policy": rules.PENALTY,
            "penalty_per_day": Decimal(15),
        }
        row = actions.create(night_class.course, values, actor=night_class.alice)
        actions.assign(row, actor=night_class.alice, at=START)
        at = START + timedelta(days=1, hours=1)
        one = actions.submit(
            row, night_class.seats["carol"], actor=night_class.carol, at=at, text="Seven"
        )
        actions.save_marking(one, {"points": Decimal("8.5")}, seen=0, actor=night_class.bob, at=at)
        told = actions.release(one, actor=night_class.alice, at=at)
        assert (told.penalty, told.result) == (Decimal(30), Decimal("5.95"))


def test_homework_made_optional_completes_the_course_for_who_waited_for_it(night_class):
    row = homework(night_class)
    seat = complete(night_class.seats["carol"])
    assert seat.completed_at is None
    with settled(night_class):
        actions.change(row, {"required": False}, actor=night_class.alice)
    with provider_scope(night_class.acme):
        seat.refresh_from_db()
        assert seat.completed_at is not None
        assert not Enrolment.objects.get(pk=night_class.seats["dave"].pk).completed_at


def test_work_counts_only_once_graded_where_the_homework_says_so(night_class):
    row = homework(night_class, needs_grading=True)
    one = hand_in(night_class, row)
    assert work_of(night_class, row).done_at is None
    give_feedback(night_class, one, complete=True)
    assert work_of(night_class, row).done_at is not None


def test_a_certificate_waits_for_homework_and_for_the_minimum_grade(db):
    from unittest.mock import patch

    school = a_class(certificate_enabled=True, certificate_minimum_grade=Decimal(60))
    row = homework(school, grading="points", points=Decimal(10), resubmission="always")
    with patch("lms.certificates.actions.make_pdf"):
        seat = complete(school.seats["carol"])
        one = hand_in(school, row)
        with provider_scope(school.acme):
            assert not Certificate.objects.exists()
        give_feedback(school, one, points=Decimal("5.99"))
        with provider_scope(school.acme):
            assert not Certificate.objects.exists()
        give_feedback(school, one, points=Decimal(6))
    with provider_scope(school.acme):
        (certificate,) = Certificate.objects.all()
        assert certificate.enrolment_id == seat.pk
        assert certificate.content.grade == 60


def exported(provider):
    """{name: content} of the house's export."""
    import zipfile

    from home.exporting import write
    from home.models import HouseExport

    with provider_scope(provider):
        export = HouseExport.objects.create(provider=provider)
        write(export)
        with export.file.open("rb") as file, zipfile.ZipFile(file) as pack:
            return {name: pack.read(name) for name in pack.namelist()}


def test_a_house_is_exported_and_erased_with_all_that_was_handed_in(night_class, private_files):
    from django.core.files.base import ContentFile

    from home.erasing import erase
    from lms.tenants.states import State

    row = homework(
        night_class, kind="file", attachments=[ContentFile(b"%PDF-1.4 sheet", "sheet.pdf")]
    )
    one = hand_in(night_class, row, file=ContentFile(b"%PDF-1.4 notes", "notes.pdf"))
    give_feedback(night_class, one, text="Good")
    assert len(list(private_files.glob("uploads/*"))) == 2
    assert {b"%PDF-1.4 sheet", b"%PDF-1.4 notes"} <= set(exported(night_class.acme).values())
    acme = type(night_class.acme).objects.get(pk=night_class.acme.pk)
    type(acme).objects.filter(pk=acme.pk).update(status=State.ERASED)
    acme.refresh_from_db()
    with settled(night_class):  # files go once it is certain that their rows are gone
        assert erase(acme)
    assert list(private_files.glob("uploads/*")) == []
