"""P4, P5, P11 to P15, P84, P88 to P90: files and progress as the student sees them."""

import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.utils.formats import date_format
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lms.common import clock
from lms.courses.models import LessonPage
from lms.progress import rules
from lms.progress.models import LessonProgress
from lms.tenants.scope import provider_scope
from tests.cast import fresh_rows, person
from tests.lms.certificates.making import Shelf, course, enrol, lessons_of
from tests.lms.learning import WAV, body_of, document, lesson, reader, recording

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def private_files(settings, tmp_path):
    private = {**settings.STORAGES["private"], "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "private": private}


def url(page, one, deed=""):
    return f"/learn/{page.pk}/{one.pk}/{deed}"


def shown(html):
    """(done, total, percent) as the lesson page says it."""
    done, total = map(int, re.search(r"(\d+) of (\d+) lessons", html).groups())
    return done, total, int(re.search(r"(\d+)% done", html)[1])


def cards(html):
    """{course id: its part of a dashboard or history page}."""
    parts = re.split(r'data-course="(\d+)"', html)[1:]
    return {int(pk): part for pk, part in zip(parts[::2], parts[1::2], strict=True)}


def get(browser, path):
    return browser.get(path).content.decode()


@given(content=st.binary(min_size=1, max_size=5000), data=st.data())
def test_p004_a_file_of_a_lesson_comes_back_byte_for_byte_and_only_from_that_lesson(
    acme, carol, content, data
):
    with fresh_rows():
        page = course(acme)
        paper = document(content, "paper.pdf")
        value = {"document": paper.pk, "title": "", "description": ""}
        one = lesson(page, body=[("download", value)])
        enrol(carol, page)
        browser = reader(carol)
        path = re.search(r'class="download" href="([^"]+)"', get(browser, url(page, one)))[1]
        assert body_of(browser.get(path)) == content
        first = data.draw(st.integers(0, len(content) - 1))
        last = data.draw(st.integers(first, len(content) + 10))
        part = browser.get(path, headers={"Range": f"bytes={first}-{last}"})
        assert (part.status_code, body_of(part)) == (206, content[first : last + 1])
        elsewhere = path.replace(f"/{one.pk}/", f"/{lessons_of(page)[0].pk}/")
        assert browser.get(elsewhere).status_code == 404


@given(downloadable=st.booleans(), students=st.integers(1, 3))
def test_p005_whatever_is_downloadable_can_be_downloaded_by_every_enrolled_student(
    acme, downloadable, students
):
    with fresh_rows():
        page = course(acme, lessons=0, downloadable=downloadable)
        talk, paper = recording(), document(b"paper")
        one = lesson(page, body=[
            ("audio", {"media": talk.pk, "title": "", "transcript": ""}),
            ("download", {"document": paper.pk, "title": "", "description": ""}),
        ])  # fmt: skip
        for number in range(students):
            student = person(f"student{number}")
            enrol(student, page)
            browser = reader(student)
            html = get(browser, url(page, one))
            links = re.findall(r'href="([^"]+)" download', html)
            played = re.search(r'<source src="([^"]+/media/[^"]+)"', html)[1]
            saving = browser.get(f"{played}?download")
            assert saving.status_code == (200 if downloadable else 403)
            assert [body_of(browser.get(link)) for link in links] == (
                [WAV, b"paper"] if downloadable else [b"paper"]
            )


@given(total=st.integers(1, 400), done=st.integers(0, 399))
def test_p011_one_lesson_is_exactly_one_share(total, done):
    done %= total
    before, after = rules.percentage(done, total), rules.percentage(done + 1, total)
    assert after - before == rules.share(total)
    assert rules.percentage(0, total) == 0
    assert rules.percentage(total, total) == 100
    assert (rules.shown(after) == 100) == (done + 1 == total)


@pytest.fixture
def mixed(acme):
    """Courses by the numbers of their required and optional lessons."""
    return Shelf(lambda lessons: course(acme, *lessons))


@given(required=st.integers(1, 5), optional=st.integers(0, 2), data=st.data())
def test_p011_completing_raises_the_shown_progress_by_one_lesson(
    mixed, carol, required, optional, data
):
    (page,) = mixed((required, optional))
    with fresh_rows():
        enrol(carol, page)
        browser = reader(carol)
        order = data.draw(st.permutations(lessons_of(page)))
        done = 0
        for one in order:
            browser.post(url(page, one, "complete/"))
            done += one.required
            expected = (done, required, 100 * done // required)
            assert shown(get(browser, url(page, one))) == expected
        one = data.draw(st.sampled_from(order))
        browser.post(url(page, one, "uncomplete/"))
        done -= one.required
        assert shown(get(browser, url(page, one))) == (done, required, 100 * done // required)


@given(plan=st.lists(st.tuples(st.integers(1, 4), st.integers(0, 4)), min_size=1, max_size=4))
def test_p012_the_dashboard_shows_completion_for_every_enrolled_course(shelf, carol, plan):
    pages = shelf(*(lessons for lessons, _wanted in plan))
    with fresh_rows():
        browser, expected = reader(carol), {}
        for page, (lessons, wanted) in zip(pages, plan, strict=True):
            enrol(carol, page)
            done = min(wanted, lessons)
            for one in lessons_of(page)[:done]:
                browser.post(url(page, one, "complete/"))
            expected[page.pk] = done, lessons, 100 * done // lessons
        found = cards(get(browser, "/learn/")) | cards(get(browser, "/learn/?show=completed"))
        assert {pk: shown(part) for pk, part in found.items()} == expected


@given(lessons=st.integers(1, 5), data=st.data())
def test_p013_each_lessons_shown_status_matches_whether_it_was_completed(
    shelf, carol, lessons, data
):
    (page,) = shelf(lessons)
    with fresh_rows():
        enrol(carol, page)
        browser, every = reader(carol), lessons_of(page)
        done = data.draw(st.sets(st.sampled_from(every)))
        for one in done:
            browser.post(url(page, one, "complete/"))
        html = get(browser, url(page, every[0]))
        rows = {int(pk): classes for classes, pk in re.findall(
            r'class="(lesson[^"]*)" id="row-(\d+)"', html)}  # fmt: skip
        assert {one.pk: "lesson--done" in rows[one.pk] for one in every} == {
            one.pk: one in done for one in every
        }


@given(moment=st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)))
def test_p014_each_completed_lesson_carries_and_shows_when(acme, shelf, carol, moment):
    (page,) = shelf(1)
    with fresh_rows():
        enrolment, one = enrol(carol, page), lessons_of(page)[0]
        browser = reader(carol)
        # Opened a day before, and clicked again a day after: neither is when it was completed.
        for days, deed in ((-1, browser.get), (0, browser.post), (1, browser.post)):
            with clock.stopped_at(moment + timedelta(days=days)):
                deed(url(page, one, "complete/" if days >= 0 else ""))
        with provider_scope(acme):
            stored = LessonProgress.objects.get(enrolment=enrolment, lesson=one).completed_at
        assert stored == moment
        assert f'<time datetime="{moment.isoformat()}">' in get(browser, url(page, one))


@given(before=st.integers(1, 3), added=st.integers(1, 3), data=st.data())
def test_p015_adding_lessons_never_alters_records_of_completed_ones(
    acme, shelf, carol, before, added, data
):
    def records():
        with provider_scope(acme):
            return list(LessonProgress.objects.filter(enrolment=enrolment).order_by("pk").values())

    (page,) = shelf(before)
    with fresh_rows():
        enrolment, browser = enrol(carol, page), reader(carol)
        for one in lessons_of(page):
            browser.post(url(page, one, "complete/"))
        with provider_scope(acme):
            enrolment.refresh_from_db()
        kept, completed_at = records(), enrolment.completed_at
        for _number in range(added):
            new = lesson(page)
            if data.draw(st.booleans()):
                new.move(lessons_of(page)[0], pos="left")
        with provider_scope(acme):
            enrolment.refresh_from_db()
        assert records() == kept
        assert enrolment.completed_at == completed_at is not None
        one = LessonPage.objects.get(pk=kept[0]["lesson_id"])
        total = before + added
        assert shown(get(browser, url(page, one)))[:2] == (before, total)


@given(texts=st.lists(st.text("abcdefgh", min_size=3, max_size=12), min_size=1, max_size=4))
def test_p084_an_edit_is_seen_by_enrolled_students_at_once_after_publishing(shelf, carol, texts):
    (page,) = shelf(1)
    with fresh_rows():
        (one,) = lessons_of(page)
        enrol(carol, page)
        browser = reader(carol)
        get(browser, url(page, one))
        for number, text in enumerate(texts):
            one.title, one.body = f"Title {number}", [("rich_text", f"<p>body {text} {number}</p>")]
            one.save_revision().publish()
            html = get(browser, url(page, one))
            assert f"<p>body {text} {number}</p>" in html
            assert html.count(f"Title {number}</bdi>") == 1


@given(plan=st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=4))
def test_p088_the_history_lists_every_course_with_its_status_and_completion_date(
    acme, shelf, carol, plan
):
    pages = shelf(*[3] * len(plan))
    with fresh_rows():
        browser, expected = reader(carol), {}
        for page, (done, leaves) in zip(pages, plan, strict=True):
            enrolment = enrol(carol, page)
            for one in lessons_of(page)[:done]:
                browser.post(url(page, one, "complete/"))
            if leaves:
                browser.post(f"/enrol/{page.pk}/leave/")
            with provider_scope(acme):
                enrolment.refresh_from_db()
            status = ("Left" if leaves else "Completed" if done == 3
                      else "In progress" if done else "Not started")  # fmt: skip
            expected[page.pk] = status, enrolment.completed_at
        found = cards(get(browser, "/learn/history/"))
        assert found.keys() == expected.keys()
        for pk, (status, completed_at) in expected.items():
            assert f">{status}</span>" in found[pk]
            when = completed_at.isoformat() if completed_at else ""
            cell = f'Completed" class="nowrap"><time datetime="{when}'
            assert (cell in found[pk]) == (completed_at is not None)


@given(
    plan=st.lists(st.integers(0, 2), min_size=1, max_size=4),
    day=st.dates(date(2024, 1, 1), date(2026, 1, 1)),
)
def test_p089_a_completed_course_joins_the_completed_list_with_its_date(shelf, carol, plan, day):
    pages = shelf(*[2] * len(plan))
    with fresh_rows():
        browser, completed = reader(carol), set()
        noon = datetime.combine(day, time(12), UTC)
        for page, done in zip(pages, plan, strict=True):
            with clock.stopped_at(noon - timedelta(days=40)):
                enrol(carol, page)
            with clock.stopped_at(noon):
                for one in lessons_of(page)[:done]:
                    browser.post(url(page, one, "complete/"))
                if done == 2:
                    completed.add(page.pk)
        found = cards(get(browser, "/learn/?show=completed"))
        assert found.keys() == completed
        for part in found.values():
            assert f"Completed on {date_format(day, 'DATE_FORMAT')}" in part


@given(seconds=st.lists(st.lists(st.integers(0, 9000), max_size=3), min_size=1, max_size=4))
@example(seconds=[[3600]])
def test_p090_total_hours_equal_the_sum_over_all_courses(acme, shelf, carol, seconds):
    pages = shelf(*map(len, seconds))
    with fresh_rows():
        for page, spent in zip(pages, seconds, strict=True):
            enrolment = enrol(carol, page)
            with provider_scope(acme):
                for one, amount in zip(lessons_of(page), spent, strict=True):
                    LessonProgress.objects.create(
                        enrolment=enrolment, lesson=one, lesson_title=one.title,
                        opened_at=clock.now(), seconds=amount,
                    )  # fmt: skip
        html = get(reader(carol), "/learn/history/")
        shares = [int(value) for value in re.findall(r'<data value="(\d+)">', html)]
        assert sorted(shares) == sorted(sum(spent) // 60 for spent in seconds)
        hours, minutes = divmod(sum(shares), 60)
        total = " ".join(
            [f"{hours} h"] * (hours > 0) + [f"{minutes} min"] * (minutes > 0 or hours == 0)
        )
        assert f'<p class="stat__value">{total}</p>' in html


@settings(max_examples=200)
@given(
    order=st.lists(st.integers(1, 9), unique=True, max_size=9),
    completed=st.sets(st.integers(1, 9)),
    last=st.none() | st.integers(1, 9),
)
def test_resuming_leads_to_something_undone_while_there_is_any(order, completed, last):
    found = rules.resume_at(order, completed, last)
    undone = [one for one in order if one not in completed]
    if undone:
        assert found in undone
    else:
        assert found in order or (found is None and not order)
    if last in undone:
        assert found == last


@settings(max_examples=200)
@given(claimed=st.floats(), since=st.floats(-100, 10**6))
def test_no_more_time_is_credited_than_has_passed(claimed, since):
    got = rules.credited(claimed, since)
    assert 0 <= got <= rules.LONGEST_BEAT
    assert got <= max(0, since)
