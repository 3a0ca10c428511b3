"""P72 and P73: reports of a course count what happened in their days, and nothing else."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.assessments.models import Attempt, Candidate
from lms.common import clock
from lms.enrolments.models import Enrolment
from lms.homework.models import Feedback, Homework, Submission, Work
from lms.progress.models import LessonProgress, StudyTime
from lms.tenants.scope import provider_scope
from tests.cast import fresh_rows
from tests.lms.assessments.making import assessment, question
from tests.lms.certificates.making import lessons_of
from tests.lms.homework.making import a_class, homework
from tests.lms.learning import reader

pytestmark = pytest.mark.django_db

# Clocks change inside: New York on March 8, Cairo on April 24 at midnight, Chatham on April 5.
ZONES = ("UTC", "America/New_York", "Africa/Cairo", "Asia/Kathmandu", "Pacific/Chatham")
BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
NOW = datetime(2026, 5, 10, 12, tzinfo=UTC)
STATUSES = ("submitted", "late", "pending", "overdue")
PEOPLE = ("carol", "dave")

moments = st.integers(0, 64 * 96).map(lambda quarters: BEGAN + timedelta(minutes=15 * quarters))
days = st.dates(date(2026, 2, 25), date(2026, 5, 12))
spans = st.tuples(days, days).map(sorted)
maybe = st.none() | moments


@pytest.fixture
def school():
    """Three lessons, three pieces of homework (one without a due date) and an assessment."""
    found = a_class(lessons=3)
    with clock.stopped_at(BEGAN):
        for number in range(3):
            homework(found, title=f"Piece {number}", grading="points", points=Decimal(10))
        assessment(found, [question(found)])
    with provider_scope(found.acme):
        Enrolment.objects.update(enrolled_at=BEGAN - timedelta(days=90))
        Homework.objects.update(assigned_at=BEGAN - timedelta(days=90))
    return found


def cells(html, key, which):
    """{cell: what it says} of the row that `which` ("student", "homework") names."""
    row = html.split(f'data-{which}="{key}"')[1].split("</tr>")[0]
    found = re.findall(r'data-cell="(\w+)">(.*?)</td>', row)
    return {name: re.sub(r"<[^>]+>", "", text).strip() for name, text in found}


def page(school, zone, first, last, by="students"):
    type(school.alice).objects.filter(pk=school.alice.pk).update(time_zone=zone)
    with clock.stopped_at(NOW):
        answer = reader(school.alice).get(
            f"/desk/{school.course.pk}/reports/?first={first}&last={last}&by={by}"
        )
    assert answer.status_code == 200
    return answer.content.decode()


@given(data=st.data(), zone=st.sampled_from(ZONES), span=spans)
def test_p072_a_report_counts_what_happened_in_its_days_only(school, data, zone, span):
    first, last = span
    wanted = {who: {"lessons": 0, "seconds": 0, "attempts": 0, "results": []} for who in PEOPLE}

    def inside(moment):
        return first <= moment.astimezone(ZoneInfo(zone)).date() <= min(last, _today(zone))

    with fresh_rows(), provider_scope(school.acme):
        pieces = list(Homework.objects.order_by("pk"))
        for who in PEOPLE:
            mine, seat = wanted[who], school.seats[who]
            for lesson in lessons_of(school.course):
                if (at := data.draw(maybe)) is None:
                    continue
                row = LessonProgress.objects.create(
                    enrolment=seat, lesson=lesson, lesson_title="x", opened_at=at, completed_at=at
                )
                mine["lessons"] += inside(at)
                for start in data.draw(st.sets(moments, max_size=3)):
                    StudyTime.objects.create(progress=row, start=start, seconds=600)
                    mine["seconds"] += 600 * inside(start)
            for piece in pieces[:2]:
                if (at := data.draw(maybe)) is None:
                    continue
                work = Work.objects.create(homework=piece, enrolment=seat, submitted_at=at)
                submission = Submission.objects.create(work=work, number=1, submitted_at=at)
                told = sorted(data.draw(st.sets(moments, max_size=2)))
                for number, moment in enumerate(told):
                    Feedback.objects.create(
                        submission=submission, points=Decimal(4 + number), released_at=moment
                    )
                in_days = [4 + number for number, moment in enumerate(told) if inside(moment)]
                mine["results"] += [in_days[-1] * 10] if in_days else []
            taken = data.draw(maybe)
            if taken is not None:
                attempt = _attempt(school, seat, taken, graded=data.draw(maybe))
                mine["attempts"] += inside(taken)
                if attempt.graded_at and inside(attempt.graded_at):
                    mine["results"].append(60)
        if not any(inside(BEGAN + timedelta(days=number)) for number in range(-5, 72)):
            return  # all of it is still to come
        html = page(school, zone, first, last)
    for who, mine in wanted.items():
        said = cells(html, school.seats[who].pk, "student")
        assert said["lessons"] == str(mine["lessons"])
        assert said["minutes"] == str(mine["seconds"] // 60)
        assert said["attempts"] == str(mine["attempts"])
        results = mine["results"]
        mean = f"{sum(results) / len(results):.1f} %" if results else "–"
        assert said["result"] == mean
    lessons = sum(mine["lessons"] for mine in wanted.values())
    chart = html.split('id="chart-1"')[1].split("</table>")[0]
    drawn = [int(number) for number in re.findall(r'class="numeric">(\d+)</td>', chart)]
    assert sum(drawn) == lessons


def _today(zone):
    return NOW.astimezone(ZoneInfo(zone)).date()


def _attempt(school, seat, taken, graded):
    candidate = Candidate.objects.create(assessment=school.course.assessments.get(), enrolment=seat)
    return Attempt.objects.create(
        candidate=candidate,
        number=1,
        state="graded" if graded else "submitted",
        seed="s",
        started_at=taken,
        submitted_at=taken,
        most=Decimal(1),
        score=Decimal(60) if graded else None,
        graded_at=graded,
    )


@given(data=st.data(), zone=st.sampled_from(ZONES), span=spans)
def test_p073_homework_says_who_submitted_who_is_pending_and_who_is_overdue(
    school, data, zone, span
):
    first, last = span
    if first > _today(zone):
        return
    last = min(last, _today(zone))

    def day(moment):
        return moment.astimezone(ZoneInfo(zone)).date()

    wanted = {who: dict.fromkeys(STATUSES, 0) for who in PEOPLE}
    by_piece = {}
    with fresh_rows(), provider_scope(school.acme):
        for number, piece in enumerate(Homework.objects.order_by("pk")):
            due = data.draw(moments) if number < 2 else None
            Homework.objects.filter(pk=piece.pk).update(due_at=due)
            by_piece[piece.pk] = dict.fromkeys(STATUSES, 0)
            for who in PEOPLE:
                at = sorted(data.draw(st.sets(moments, max_size=2)))
                if at:
                    work = Work.objects.create(
                        homework=piece,
                        enrolment=school.seats[who],
                        state="submitted",
                        submitted_at=at[-1],
                    )
                    for place, moment in enumerate(at, start=1):
                        Submission.objects.create(work=work, number=place, submitted_at=moment)
                in_days = [moment for moment in at if first <= day(moment) <= last]
                if in_days:
                    status = "late" if due and in_days[-1] > due else "submitted"
                elif any(day(moment) < first for moment in at):
                    continue
                elif due and due < NOW and day(due) <= last:
                    if day(due) < first:
                        continue
                    status = "overdue"
                else:
                    status = "pending"
                wanted[who][status] += 1
                by_piece[piece.pk][status] += 1
        html = page(school, zone, first, last)
        pieces = page(school, zone, first, last, by="homework")
    for who, numbers in wanted.items():
        said = cells(html, school.seats[who].pk, "student")
        assert {name: int(said[name]) for name in STATUSES} == numbers
    for key, numbers in by_piece.items():
        said = cells(pieces, key, "homework")
        assert {name: int(said[name]) for name in STATUSES} == numbers
