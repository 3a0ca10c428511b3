"""The lesson viewer, as a reader's browser gets it."""

import re
from urllib.parse import urlencode

import pytest

from lms.common import clock
from lms.enrolments import actions as enrolments
from lms.enrolments.models import Enrolment
from lms.events import subscribe, unsubscribe
from lms.progress import events
from lms.progress.models import LessonProgress
from lms.tenants.models import Role
from lms.tenants.scope import provider_scope
from tests.cast import member, person
from tests.lms.certificates.making import course, enrol, lessons_of, school
from tests.lms.learning import everything, lesson, module, reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme():
    return school()


@pytest.fixture
def carol():
    return person("carol")


def url(page, one, deed=""):
    return f"/learn/{page.pk}/{one.pk}/{deed}"


def text(response):
    return response.content.decode()


def progress_of(enrolment, one):
    with provider_scope(enrolment.provider_id):
        return LessonProgress.objects.filter(enrolment=enrolment, lesson=one).first()


# --- What a lesson shows


def test_every_block_an_author_can_place_is_shown(acme, carol):
    page = course(acme, lessons=0)
    one = lesson(page, "All of it", body=everything())
    enrol(carol, page)
    html = text(reader(carol).get(url(page, one)))
    for shown in [
        '<h2 id="one">One</h2>',
        '<h3 id="one-2">One</h3>',
        'id="السلام"',
        "<msup><mi>x</mi><mn>2</mn></msup>",
        'alt="Teal"',
        "<figcaption><p>Just teal</p></figcaption>",
        f'<source src="/learn/{page.pk}/{one.pk}/files/media/',
        'kind="captions"',
        "Spoken words",
        "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ",
        'title="Elsewhere"',
        "The paper",
        '<span class="s1">&#39;&lt;b&gt;&#39;</span>',
        "So it goes",
        '<details class="callout callout--solution">',
        "Hidden at first",
        "<caption>Numbers</caption>",
        "<mfrac>",
        "Opens on example.org",
        "Two and two?",
        "Show the answer",
        "<hr>",
    ]:
        assert shown in html.replace("'&lt;b&gt;'", "&#39;&lt;b&gt;&#39;"), shown


def test_mathematics_is_set_in_the_headings_of_a_table_too(acme, carol):
    columns = [{"type": "text", "heading": r"\(n^2\) & <b>"}]
    table = {
        "caption": r"As \(n\) grows",
        "table": {"columns": columns, "rows": [{"values": ["4"]}]},
    }
    page = course(acme, lessons=0)
    one = lesson(page, "Growth", body=[("table", table)])
    enrol(carol, page)
    html = text(reader(carol).get(url(page, one)))
    heading = html.partition("<thead>")[2].partition("</thead>")[0]
    assert "<msup><mi>n</mi><mn>2</mn></msup>" in heading
    assert "&amp; &lt;b&gt;" in heading
    assert "<mi>n</mi>" in html.partition("<caption>")[2].partition("</caption>")[0]


def test_a_line_never_begins_with_the_full_stop_after_a_formula(acme, carol):
    page = course(acme, lessons=0)
    one = lesson(page, "Squares", body=[("rich_text", r"<p>So \(x^2\). And \(y\) too.</p>")])
    enrol(carol, page)
    html = text(reader(carol).get(url(page, one)))
    assert re.search(
        r'So <span class="nowrap"><math(?:(?!</math>).)*</math>\.</span> And <math', html
    )


def test_leaving_after_signing_in_again_leads_back_to_the_button(acme, carol):
    page = course(acme)
    enrolment = enrol(carol, page)
    answer = reader(carol).get(f"/enrol/{page.pk}/leave/", follow=True)
    assert answer.status_code == 200
    assert "Leave the course" in text(answer)
    with provider_scope(acme):
        enrolment.refresh_from_db()
    assert enrolment.is_active


def test_the_outline_lists_the_headings(acme, carol):
    page = course(acme, lessons=0)
    one = lesson(page, "All of it", body=everything())
    enrol(carol, page)
    assert '<a href="#one-2">One</a>' in text(reader(carol).get(url(page, one)))


def test_a_link_to_another_lesson_stays_in_the_viewer(acme, carol):
    page = course(acme, lessons=0)
    target = lesson(page, "Target")
    link = f'<p><a linktype="page" id="{target.pk}">there</a></p>'
    one = lesson(page, "One", body=[("rich_text", link)])
    enrol(carol, page)
    assert f'<a href="{url(page, target)}">there</a>' in text(reader(carol).get(url(page, one)))


def test_the_lesson_is_marked_with_the_language_of_the_course(acme, carol):
    page = course(acme, language="ar")
    enrol(carol, page)
    html = text(reader(carol).get(url(page, lessons_of(page)[0])))
    assert '<div class="prose" lang="ar" dir="rtl">' in html


def test_scripts_in_plain_fields_are_shown_as_text(acme, carol):
    page = course(acme, lessons=0)
    evil = "<script>alert(1)</script>"
    one = lesson(
        page,
        evil,
        body=[
            ("heading", {"text": evil, "level": "h2"}),
            ("code", {"language": evil, "filename": evil, "code": evil}),
            ("mathematics", {"latex": evil, "label": evil}),
            ("embed", {"url": "https://example.org/" + evil, "title": evil, "caption": evil}),
            ("callout", {"kind": "note", "title": evil, "collapsed": False, "body": []}),
        ],
    )
    enrol(carol, page)
    assert "<script>alert" not in text(reader(carol).get(url(page, one)))


def test_an_edit_is_seen_at_once_after_publishing(acme, carol):
    page = course(acme, lessons=0)
    one = lesson(page, "One", body=[("rich_text", "<p>before</p>")])
    enrol(carol, page)
    browser = reader(carol)
    assert "before" in text(browser.get(url(page, one)))
    one.body = [("rich_text", "<p>after</p>")]
    draft = one.save_revision()
    assert "before" in text(browser.get(url(page, one)))
    draft.publish()
    assert "after" in text(browser.get(url(page, one)))


def test_a_renamed_file_is_shown_by_its_new_name_at_once(acme, carol):
    from tests.lms.learning import document

    page, paper = course(acme, lessons=0), document()
    one = lesson(page, body=[("download", {"document": paper.pk, "title": "", "description": ""})])
    enrol(carol, page)
    browser = reader(carol)
    browser.get(url(page, one))
    paper.title = "A better name"
    paper.save()
    assert "A better name" in text(browser.get(url(page, one)))


def test_a_lesson_is_rendered_once_for_many_readers(acme, carol, monkeypatch):
    from lms.courses import rendering

    page = course(acme, lessons=0)
    one = lesson(page, body=[("rich_text", "<p>before</p>")])
    enrol(carol, page)
    browser = reader(carol)
    browser.get(url(page, one))
    monkeypatch.setattr(rendering, "render_body", None)
    assert browser.get(url(page, one)).status_code == 200


# --- Who may read it


def test_a_visitor_is_asked_to_sign_in(acme):
    page = course(acme)
    response = reader().get(url(page, lessons_of(page)[0]))
    assert response.status_code == 401
    assert "/account/login/?next=" in text(response)


def test_one_without_a_seat_is_offered_to_enrol(acme, carol):
    page = course(acme)
    response = reader(carol).get(url(page, lessons_of(page)[0]))
    assert response.status_code == 403
    assert f'action="/enrol/{page.pk}/"' in text(response)


def test_one_without_a_seat_is_told_that_the_class_is_full(acme, carol):
    page = course(acme, enrolment_limit=1)
    enrol(carol, page)
    response = reader(person("dave")).get(url(page, lessons_of(page)[0]))
    assert response.status_code == 403
    assert 'data-offer="full"' in text(response)


def test_losing_the_race_for_the_last_seat_gets_an_explanation(acme, carol):
    page = course(acme, enrolment_limit=1)
    enrol(carol, page)
    response = reader(person("dave")).post(f"/enrol/{page.pk}/")
    assert response.status_code == 409
    assert "You have not been enrolled" in text(response)


def test_a_course_with_a_price_can_not_be_had_for_nothing(acme, carol):
    page = course(acme, price_minor=100, currency="EUR")
    assert reader(carol).post(f"/enrol/{page.pk}/").status_code == 402


def test_a_free_preview_is_open_to_visitors_and_only_that(acme):
    page = course(acme, lessons=0)
    free, closed = lesson(page, "Free", free_preview=True), lesson(page, "Closed")
    assert reader().get(url(page, free)).status_code == 200
    assert reader().get(url(page, closed)).status_code == 401


def test_an_instructor_reads_as_staff_and_nothing_is_counted(acme):
    page = course(acme)
    alice = person("alice")
    member(alice, acme, Role.INSTRUCTOR)
    browser = reader(alice)
    one = lessons_of(page)[0]
    assert "You are reading as staff" in text(browser.get(url(page, one)))
    assert browser.post(url(page, one, "complete/")).status_code == 403


def test_a_stranger_from_another_house_gets_no_further_than_a_student(acme):
    page = course(acme)
    mallory = person("mallory")
    member(mallory, school("globex"), Role.ADMIN)
    assert reader(mallory).get(url(page, lessons_of(page)[0])).status_code == 403


def test_leaving_closes_the_lessons_and_coming_back_opens_them_again(acme, carol):
    page = course(acme)
    enrol(carol, page)
    browser, one = reader(carol), lessons_of(page)[0]
    browser.post(f"/enrol/{page.pk}/leave/")
    assert browser.get(url(page, one)).status_code == 403
    browser.post(f"/enrol/{page.pk}/")
    assert browser.get(url(page, one)).status_code == 200


def test_a_removed_student_is_told_that_their_seat_was_taken_away(acme, carol):
    from lms.events import SYSTEM

    page = course(acme)
    enrol(carol, page)
    enrolments.remove(page, carol, actor=SYSTEM, at=clock.now())
    assert "Your enrolment was ended" in text(reader(carol).get(url(page, lessons_of(page)[0])))


@pytest.mark.parametrize("number", [0, 1, 10**6, 10**18])
def test_a_lesson_that_never_was_is_not_found(acme, carol, number):
    page = course(acme)
    enrol(carol, page)
    assert reader(carol).get(f"/learn/{page.pk}/{number}/").status_code == 404


def test_a_deleted_lesson_is_gone_for_those_who_could_know_it(acme, carol):
    page = course(acme, lessons=2)
    enrol(carol, page)
    one = lessons_of(page)[0]
    browser = reader(carol)
    browser.post(url(page, one, "complete/"))
    address = url(page, one)
    with provider_scope(acme):
        one.delete()
    assert browser.get(address).status_code == 410
    assert reader().get(address).status_code == 404


def test_a_lesson_that_moved_to_another_course_is_followed_there(acme, carol):
    here, there = course(acme, title="Here"), course(acme, title="There")
    enrol(carol, here)
    enrol(carol, there)
    one = lessons_of(here)[0]
    one.slug = "moved"
    one.save()
    address = url(here, one)
    one.move(there, pos="last-child")
    assert reader(carol).get(address).url == url(there, one)


def test_an_unpublished_module_takes_its_lessons_with_it(acme, carol):
    page = course(acme, lessons=1)
    part = module(page)
    one = lesson(part)
    enrol(carol, page)
    part.unpublish()
    assert reader(carol).get(url(page, one)).status_code == 404


# --- Completing


def test_completing_leads_on_to_the_next_lesson(acme, carol):
    page = course(acme, lessons=2)
    enrol(carol, page)
    first, second = lessons_of(page)
    assert reader(carol).post(url(page, first, "complete/")).url == url(page, second)


def test_completing_in_two_tabs_counts_once_and_keeps_the_first_moment(acme, carol):
    page = course(acme, lessons=2)
    enrolment, (one, _other) = enrol(carol, page), lessons_of(page)
    reader(carol).post(url(page, one, "complete/"))
    first = progress_of(enrolment, one).completed_at
    with clock.later(hours=1):
        reader(carol).post(url(page, one, "complete/"))
    assert progress_of(enrolment, one).completed_at == first


def test_htmx_gets_the_foot_of_the_lesson_its_row_and_the_progress(acme, carol):
    page = course(acme, lessons=0)
    part = module(page)
    one, _other = lesson(part), lesson(part)
    enrol(carol, page)
    response = reader(carol).post(url(page, one, "complete/"), headers={"HX-Request": "true"})
    html = text(response)
    assert response.status_code == 200
    assert "<html" not in html
    assert "1 of 2 lessons" in html
    assert f'id="row-{one.pk}"' in html
    assert re.search(r'<small id="module-done" hx-swap-oob="true">.*1/2</small>', html)
    assert "Not done after all" in html


def test_a_completed_lesson_can_be_undone(acme, carol):
    page = course(acme, lessons=2)
    enrolment, one = enrol(carol, page), lessons_of(page)[0]
    browser = reader(carol)
    browser.post(url(page, one, "complete/"))
    browser.post(url(page, one, "uncomplete/"))
    assert progress_of(enrolment, one).completed_at is None


def test_the_last_required_lesson_completes_the_course_once(
    acme, carol, django_capture_on_commit_callbacks
):
    heard = []
    handler = subscribe(events.COURSE_COMPLETED, lambda happened: heard.append(happened.row.pk))
    try:
        page = course(acme, lessons=2, optional=1)
        enrolment = enrol(carol, page)
        browser = reader(carol)
        with django_capture_on_commit_callbacks(execute=True):
            for one in lessons_of(page)[:2]:
                browser.post(url(page, one, "complete/"))
            browser.post(url(page, one, "uncomplete/"))
            browser.post(url(page, one, "complete/"))
    finally:
        unsubscribe(events.COURSE_COMPLETED, handler)
    with provider_scope(acme):
        enrolment = Enrolment.objects.get(pk=enrolment.pk)
    assert heard == [enrolment.pk]
    assert enrolment.completed_at is not None
    assert enrolment.is_active


def test_progress_can_not_be_made_with_get(acme, carol):
    page = course(acme)
    enrol(carol, page)
    assert reader(carol).get(url(page, lessons_of(page)[0], "complete/")).status_code == 405


# --- Resuming, time and positions


def test_the_course_opens_where_the_student_left_off(acme, carol):
    page = course(acme, lessons=3)
    enrol(carol, page)
    browser = reader(carol)
    second = lessons_of(page)[1]
    browser.get(url(page, second))
    assert browser.get(f"/learn/{page.pk}/").url == url(page, second)


def test_after_completing_a_lesson_the_course_opens_at_the_next(acme, carol):
    page = course(acme, lessons=3)
    enrol(carol, page)
    browser = reader(carol)
    first, second, _third = lessons_of(page)
    browser.post(url(page, first, "complete/"))
    assert browser.get(f"/learn/{page.pk}/").url == url(page, second)


def test_reading_time_is_believed_only_as_far_as_time_has_passed(acme, carol):
    page = course(acme)
    enrolment, one = enrol(carol, page), lessons_of(page)[0]
    browser = reader(carol)
    start = clock.now()
    with clock.stopped_at(start):
        browser.get(url(page, one))
    with clock.stopped_at(start.replace(microsecond=0)), clock.later(seconds=30):
        browser.post(url(page, one, "report/"), {"seconds": "28"})
        browser.post(url(page, one, "report/"), {"seconds": "5000"})
        browser.post(url(page, one, "report/"), {"seconds": "nan"})
        browser.post(url(page, one, "report/"), {"seconds": "-9"})
    assert progress_of(enrolment, one).seconds == 28
    with clock.stopped_at(start), clock.later(hours=5):
        browser.post(url(page, one, "report/"), {"seconds": "18000"})
    assert progress_of(enrolment, one).seconds == 28 + 60


def test_where_a_recording_was_left_is_remembered_and_offered(acme, carol):
    from tests.lms.learning import recording

    page, talk = course(acme, lessons=0), recording()
    one = lesson(page, body=[("audio", {"media": talk.pk, "title": "", "transcript": ""})])
    enrolment = enrol(carol, page)
    browser = reader(carol)
    fields = {f"position-{talk.pk}": "192.34", "position-999": "5", f"position-{10**30}": "5"}
    assert browser.post(url(page, one, "report/"), fields).status_code == 204
    assert progress_of(enrolment, one).positions == {str(talk.pk): 192.3}
    assert f'{{"{talk.pk}": 192.3}}' in text(browser.get(url(page, one)))


# --- Cost


@pytest.mark.parametrize("lessons", [2, 30])
def test_a_lesson_page_takes_at_most_fifteen_queries(
    acme, carol, lessons, django_assert_max_num_queries
):
    page = course(acme, lessons=0)
    for number in range(lessons):
        lesson(module(page), f"Lesson {number}")
    one = lesson(page, "All of it", body=everything())
    enrol(carol, page)
    browser = reader(carol)
    browser.get(url(page, one))
    with django_assert_max_num_queries(15):
        browser.get(url(page, one))


@pytest.mark.parametrize("number", [2**63, 10**30])
def test_a_number_no_page_can_have_is_not_found(acme, carol, number):
    page = course(acme)
    browser = reader(carol)
    for path in (
        f"/learn/{number}/", f"/learn/{page.pk}/{number}/", f"/learn/{number}/trailer/x",
        f"/enrol/{number}/", f"/certificates/of/{number}/",
    ):  # fmt: skip
        assert browser.get(path, follow=True).status_code == 404, path


def test_a_report_with_endless_digits_is_taken_for_what_makes_sense_in_it(acme, carol):
    page = course(acme)
    enrol(carol, page)
    (one,) = lessons_of(page)
    sent = urlencode({f"position-{'9' * 5000}": "1", "seconds": "9" * 5000})
    form = "application/x-www-form-urlencoded"
    assert reader(carol).post(url(page, one, "report/"), sent, form).status_code == 204
