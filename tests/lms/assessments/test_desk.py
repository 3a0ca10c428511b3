"""The desk: setting assessments, other terms, marking, marking anew, cost, who gets in."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from lms.assessments import actions
from lms.assessments.errors import TimeUp
from lms.assessments.models import Assessment, Attempt, Response
from lms.assessments.states import AttemptState
from lms.common import clock
from lms.tenants.models import Membership, Role
from lms.tenants.scope import provider_scope
from tests.cast import house, member, person
from tests.lms.assessments.making import (
    PlaceOf,
    answer,
    assessment,
    begin,
    candidate,
    hand_in,
    question,
    settled,
    taken,
)
from tests.lms.certificates.making import enrol
from tests.lms.learning import body_of, reader

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FORM = {
    "title": "The planets", "attempts": "1", "method": "highest", "feedback": "graded",
    "time_zone": "Europe/Berlin",
}  # fmt: skip


@pytest.fixture
def alice(night_class):
    return reader(night_class.alice)


@pytest.fixture
def bob(night_class):
    return reader(night_class.bob)


def text(response):
    return response.content.decode().replace("&#x27;", "'")


def desk(school):
    return f"/desk/{school.course.pk}/assessments/"


def one(school, row):
    return f"{desk(school)}{row.pk}/"


def rows(school):
    with provider_scope(school.acme):
        return list(Assessment.objects.order_by("pk"))


def fresh(school, attempt):
    with provider_scope(school.acme):
        return Attempt.objects.get(pk=attempt.pk)


def responses(school, attempt):
    with provider_scope(school.acme):
        return list(
            Response.objects.filter(attempt=attempt).select_related("given").order_by("place")
        )


# --- Setting ------------------------------------------------------------------------------------


def test_times_are_read_in_their_zone_and_come_back_so(night_class, alice):
    sent = {**FORM, "opens": "2026-07-01T09:30", "closes": "2026-07-02T09:30"}
    assert alice.post(f"{desk(night_class)}new/", sent).status_code == 302
    (row,) = rows(night_class)
    assert row.opens_at == datetime(2026, 7, 1, 7, 30, tzinfo=UTC)
    html = text(alice.get(f"{one(night_class, row)}edit/"))
    assert 'value="2026-07-01T09:30"' in html
    assert 'value="2026-07-02T09:30"' in html


@pytest.mark.parametrize(
    "bad",
    [
        {"title": ""},
        {"title": "\x00"},
        {"opens": "2026-03-29T02:30"},
        {"opens": "2026-07-02T09:30", "closes": "2026-07-01T09:30"},
        {"opens": "yesterday"},
        {"feedback": "closed"},
        {"minutes": "0"},
        {"minutes": "99999999999999999999"},
        {"attempts": "-1"},
        {"pass_percent": "101"},
        {"lesson": "999999"},
        {"time_zone": "Mars/Olympus"},
        {"method": "luck"},
    ],
)
def test_bad_input_is_marked_at_its_field(night_class, alice, bad):
    answer = alice.post(f"{desk(night_class)}new/", {**FORM, **bad})
    assert answer.status_code == 422
    assert "field__error" in text(answer)
    assert rows(night_class) == []


def seen(alice, url):
    return re.search(r'name="seen" value="([^"]+)"', text(alice.get(url)))[1]


def test_questions_are_added_moved_given_points_and_removed(night_class, alice):
    row = assessment(night_class, [], published=False)
    first, second = question(night_class, title="One"), question(night_class, title="Two")
    url = f"{one(night_class, row)}questions/"
    html = text(alice.get(url))
    assert "One" in html and "Two" in html
    for which in (first, second):
        alice.post(url, {"seen": seen(alice, url), "deed": f"add:{which.pk}"})
    sent = {"seen": seen(alice, url), "points-0": "2,5", "points-1": "1", "deed": "move:0:1"}
    alice.post(url, sent)
    with provider_scope(night_class.acme):
        there = [(place.question.title, place.points) for place in row.places.all()]
    assert there == [("Two", Decimal(1)), ("One", Decimal("2.5"))]
    assert "3.5 points" in text(alice.get(url))
    alice.post(url, {"seen": seen(alice, url), "deed": "drop:0"})
    assert "2.5 points" in text(alice.get(url))


def test_drawing_warns_where_there_are_too_few(night_class, alice):
    row = assessment(night_class, [], published=False)
    made = question(night_class, tags=["moons"])
    url = f"{one(night_class, row)}questions/"
    with provider_scope(night_class.acme):
        tag = made.tags.get()
    sent = {"seen": seen(alice, url), "deed": "draw", "tag": tag.pk, "draw": "3", "points": "2"}
    alice.post(url, sent)
    html = text(alice.get(url))
    assert "fewer questions" in html
    assert "6 points" in html
    answer = alice.post(f"{one(night_class, row)}publish/", follow=True)
    assert "fewer questions with these tags" in text(answer)
    assert rows(night_class)[0].state == "draft"
    alice.post(url, {"seen": seen(alice, url), "draw-0": "1"})
    assert "fewer questions" not in text(alice.get(url))


@pytest.mark.parametrize(
    "bad",
    [
        {"deed": "add:99999999999999999999"},
        {"deed": "add:x"},
        {"deed": "move:7:9"},
        {"deed": "drop:x"},
        {"deed": "dance"},
        {"deed": "draw", "tag": "x", "draw": "1", "points": "1"},
        {"points-0": "many"},
        {"points-0": "0"},
        {"points-0": "1e99999"},
        {"points-0": "\x00"},
        {"seen": "stale"},
    ],
)
def test_nonsense_changes_no_questions(night_class, alice, bad):
    row = assessment(night_class, ["single"], published=False)
    url = f"{one(night_class, row)}questions/"
    answer = alice.post(url, {"seen": seen(alice, url), **bad})
    assert answer.status_code in (200, 302)
    with provider_scope(night_class.acme):
        assert [place.points for place in row.places.all()] == [Decimal(1)]


def test_the_same_question_is_not_added_twice(night_class, alice):
    made = question(night_class)
    row = assessment(night_class, [made], published=False)
    url = f"{one(night_class, row)}questions/"
    answer = alice.post(url, {"seen": seen(alice, url), "deed": f"add:{made.pk}"})
    assert "there already" in text(answer)


def test_a_paper_is_seen_as_a_student_gets_it(night_class, alice, bob):
    row = assessment(night_class, ["single", "essay", "matching"])
    for browser in (alice, bob):
        html = text(browser.get(f"{one(night_class, row)}preview/"))
        assert "How many moons" in html
        assert "Phobos and Deimos." not in html
    assert "Phobos and Deimos." in text(alice.get(f"{one(night_class, row)}preview/?solution"))


def test_publishing_withdrawing_copying(night_class, alice):
    row = assessment(night_class, ["single", "essay"], published=False, feedback="graded")
    url = one(night_class, row)
    alice.post(f"{url}publish/")
    assert rows(night_class)[0].is_published
    alice.post(f"{url}withdraw/")
    assert rows(night_class)[0].state == "withdrawn"
    alice.post(f"{url}copy/")
    _first, second = rows(night_class)
    with provider_scope(night_class.acme):
        assert (second.state, second.places.count()) == ("draft", 2)


def test_other_terms_for_one_and_for_several(night_class, alice):
    row = assessment(night_class, ["single"], minutes=60, closes_at=NOON)
    url = f"{one(night_class, row)}terms/"
    carol, dave = (night_class.seats[who].pk for who in ("carol", "dave"))
    assert alice.get(url, {"student": [carol, dave]}).status_code == 200
    alice.post(url, {"student": [carol, dave], "extra_time": "25"})
    alice.post(url, {"student": [carol], "extra_time": "25", "closes": "2026-03-02T12:00"})
    assert candidate(night_class, row, "carol").closes_at == NOON + timedelta(days=1)
    assert candidate(night_class, row, "dave").extra_time == 25
    html = text(alice.get(url, {"student": [carol]}))
    assert 'value="25"' in html and 'value="2026-03-02T12:00"' in html
    assert alice.post(url, {"student": [carol, dave]}).status_code == 422
    bad = {"student": [carol], "opens": "2026-03-03T12:00", "closes": "2026-03-02T12:00"}
    assert "close after it opens" in text(alice.post(url, bad))
    for sent in ({"extra_time": "-1"}, {"extra_time": "401"}, {"closes": "x"}):
        assert alice.post(url, {"student": [dave], **sent}).status_code == 422
    assert alice.post(url, {"student": ["x"]}).status_code == 302


# --- Results ------------------------------------------------------------------------------------


@pytest.fixture
def exam(night_class):
    """Carol's waits for a person, dave has not begun."""
    row = assessment(night_class, ["single", "essay"])
    attempt = taken(night_class, row, [{"choice": "a"}, {"text": "Because."}])
    return row, attempt


def test_the_list_is_filtered_by_how_students_stand(night_class, alice, exam):
    row, _attempt = exam
    erin = person("erin")
    night_class.seats["erin"] = enrol(erin, night_class.course)
    begin(night_class, row, "erin")
    url = one(night_class, row)

    def found(query):
        html = text(alice.get(f"{url}?{query}"))
        return {name for name in ("Carol", "Dave", "Erin") if name in html}

    assert found("") == {"Carol", "Dave", "Erin"}
    assert found("show=to_mark") == {"Carol"}
    assert found("show=running") == {"Erin"}
    assert found("show=not_begun") == {"Dave"}
    assert found("show=graded") == set()
    assert found("q=carol") == {"Carol"}
    assert found("show=dance&page=x") == {"Carol", "Dave", "Erin"}
    html = text(alice.get(url))
    assert re.search(r'data-count="to_mark">[^<]*<span class="chip__count">1<', html)


def test_the_desk_says_in_which_courses_attempts_wait(night_class, alice, bob, exam):
    html = text(alice.get("/desk/homework/"))
    assert "1 attempt to mark" in html and "Question bank" in html
    html = text(bob.get("/desk/homework/"))
    assert "1 attempt to mark" in html and "Question bank" not in html


def test_results_as_a_table(night_class, alice, exam):
    row, _attempt = exam
    response = alice.get(f"{one(night_class, row)}results.csv")
    table = list(csv.reader(io.StringIO(body_of(response).decode())))
    assert [line[0] for line in table[1:]] == ["Carol Wanjiru", "Dave Kim"]
    assert table[1][3] == "Submitted"


def marks(school, attempt, **sent):
    """Fields of marks by place: {place: (points, comment)}."""
    found = {}
    for response in responses(school, attempt):
        points, comment = sent.get(f"p{response.place}", (None, None))
        if points is not None:
            found |= {
                f"r{response.pk}-points": points,
                f"r{response.pk}-comment": comment,
                f"r{response.pk}-seen": response.marked_like,
            }
    return found


def test_marking_an_essay_and_grading(night_class, alice, exam):
    row, attempt = exam
    url = f"{one(night_class, row)}attempts/{attempt.pk}/"
    html = text(alice.get(url))
    assert "Because." in html and "Olbers." in html and "1 answer is not marked yet." in html
    refused = alice.post(url, {**marks(night_class, attempt), "deed": "grade"})
    assert "not marked yet" in text(refused)
    sent = marks(night_class, attempt, p1=("0,5", "Well begun."))
    answer = alice.post(url, {**sent, "deed": "grade", "comment": "Good."})
    assert answer.status_code == 302
    again = fresh(night_class, attempt)
    assert (again.state, again.score, again.comment) == (AttemptState.GRADED, Decimal(75), "Good.")
    assert responses(night_class, attempt)[1].comment == "Well begun."


@pytest.mark.parametrize("points", ["-1", "1.01", "NaN", "1e9", "0.001", "x", "\x00"])
def test_points_that_are_not_to_be_had_are_refused_and_the_rest_is_kept(
    night_class, alice, exam, points
):
    row, attempt = exam
    url = f"{one(night_class, row)}attempts/{attempt.pk}/"
    sent = marks(night_class, attempt, p0=("1", "Yes."), p1=(points, "Hm <b>"))
    answer = alice.post(url, {**sent, "deed": "grade"})
    assert answer.status_code == 422
    assert "field__error" in text(answer) and "Hm &lt;b&gt;" in text(answer)
    first, second = responses(night_class, attempt)
    assert (first.comment, second.points) == ("Yes.", None)


def test_marks_are_saved_as_they_are_typed_and_nobody_overwrites_another(
    night_class, alice, bob, exam
):
    row, attempt = exam
    url = f"{one(night_class, row)}attempts/{attempt.pk}/"
    sent = marks(night_class, attempt, p1=("1", "Mine."))
    told = alice.post(url, {**sent, "deed": "autosave"}).json()
    (key,) = told["kept"]
    assert told["errors"] == told["conflicts"] == {}
    theirs = {**sent, f"r{key}-points": "0", f"r{key}-comment": "Theirs."}
    told = bob.post(url, {**theirs, "deed": "autosave"}).json()
    assert told["conflicts"] == {key: {"points": "1.00", "comment": "Mine."}}
    html = text(bob.post(url, {**theirs, "deed": "save"}))
    assert "Mine." in html and "Theirs." in html
    stamp = re.search(rf'name="r{key}-seen" value="([^"]+)"', html)[1]
    bob.post(url, {**theirs, f"r{key}-seen": stamp, "deed": "save"})
    assert responses(night_class, attempt)[1].comment == "Theirs."


def test_next_goes_through_what_waits(night_class, alice, exam):
    row, attempt = exam
    second = taken(night_class, row, [{"choice": "a"}, {"text": "Well."}], "dave")
    url = f"{one(night_class, row)}attempts/{attempt.pk}/"
    sent = marks(night_class, attempt, p1=("1", ""))
    answer = alice.post(
        url, {**sent, "deed": "grade_next", "show": "to_mark"}, headers={"HX-Request": "true"}
    )
    assert "Dave Kim" in text(answer) and "<html" not in text(answer)
    there = f"{one(night_class, row)}attempts/{second.pk}/?show=to_mark"
    assert answer["HX-Push-Url"] == there
    last = alice.get(f"{there}&step=next", headers={"HX-Request": "true"})
    assert "That was the last one." in text(last)


def test_all_answers_to_one_question_are_marked_at_once(night_class, alice, exam):
    row, attempt = exam
    other = taken(night_class, row, [{"choice": "b"}, {"text": "Dust."}], "dave")
    url = f"{one(night_class, row)}answers/"
    assert "2 to mark" in text(alice.get(url))
    key = responses(night_class, attempt)[1].given.question_id
    html = text(alice.get(f"{url}{key}/"))
    assert "Because." in html and "Dust." in html
    sent = {
        **marks(night_class, attempt, p1=("1", "")),
        **marks(night_class, other, p1=("0", "No")),
    }
    alice.post(f"{url}{key}/", sent)
    assert "All answers are marked" in text(alice.get(f"{url}{key}/"))
    assert "Because." in text(alice.get(f"{url}{key}/?all"))
    assert alice.get(f"{url}99999/").status_code == 404
    alice.post(f"{one(night_class, row)}grade/")
    assert fresh(night_class, other).score == 0
    assert fresh(night_class, attempt).score == 100


def test_an_answer_that_came_too_late_can_be_counted(night_class, alice):
    row = assessment(night_class, ["single", "essay"], minutes=10)
    with clock.stopped_at(NOON):
        attempt = begin(night_class, row)
    with pytest.raises(TimeUp):
        answer(night_class, attempt, 0, {"choice": "a"}, at=NOON + timedelta(minutes=11))
    hand_in(night_class, attempt, NOON + timedelta(minutes=12))
    url = f"{one(night_class, row)}attempts/{attempt.pk}/"
    assert "came after the end" in text(alice.get(url))
    alice.post(f"{url}late/0/")
    assert responses(night_class, attempt)[0].points == 1
    assert "came after the end" not in text(alice.get(url))


# --- Marking anew -------------------------------------------------------------------------------


@pytest.fixture
def corrected(night_class):
    """Carol answered what was wrong then and is right now."""
    made = question(night_class)
    row = assessment(night_class, [made])
    attempt = taken(night_class, row, [{"choice": "b"}])
    data = {"prompt": "How many?", "choices": [
        {"key": "a", "text": "Two"}, {"key": "b", "text": "One", "credit": 100},
    ]}  # fmt: skip
    with settled(night_class):
        made.refresh_from_db()
        actions.change_question(
            made, title="T", data=data, points=Decimal(1), actor=night_class.alice, at=clock.now()
        )
    return row, attempt


def test_marking_anew_shows_every_change_and_does_just_that(night_class, alice, corrected):
    row, attempt = corrected
    url = f"{one(night_class, row)}regrade/"
    html = text(alice.get(url))
    assert "Carol Wanjiru" in html and "1 grade would change." in html
    digest = re.search(r'name="digest" value="(\w+)"', html)[1]
    stale = alice.post(url, {"digest": "other"})
    assert stale.status_code == 409 and "once more" in text(stale)
    assert fresh(night_class, attempt).score == 0
    alice.post(url, {"digest": digest})
    assert fresh(night_class, attempt).score == 100
    assert "Nothing to mark anew" in text(alice.get(url))


def test_the_analysis_says_how_hard_questions_are_and_what_was_chosen(night_class, alice):
    row = assessment(night_class, ["single"])
    for number, choice in enumerate("aabbcc"):
        name = f"s{number}"
        night_class.seats[name] = enrol(person(name), night_class.course)
        taken(night_class, row, [{"choice": choice}], name)
    html = text(alice.get(f"{one(night_class, row)}analysis/"))
    assert "33 %" in html
    assert "That is the Earth." not in html
    assert re.search(r"Two</bdi>.*?<td[^>]*>2</td>", html, re.DOTALL)
    empty = assessment(night_class, ["single"])
    assert "Nothing has been handed in" in text(alice.get(f"{one(night_class, empty)}analysis/"))


# --- Cost and access ----------------------------------------------------------------------------


def test_pages_cost_the_same_for_one_and_for_many(
    night_class, alice, exam, django_assert_max_num_queries
):
    row, attempt = exam
    taken(night_class, row, [{"choice": "a"}, {"text": "x"}], "dave")
    key = responses(night_class, attempt)[1].given.question_id
    url = one(night_class, row)
    alice.get(url)
    shared = 14  # the visitor, the house, the page around it (as at the homework desk)
    for path, own in (
        ("", 4), (f"attempts/{attempt.pk}/", 4), (f"answers/{key}/", 4), ("answers/", 3),
        ("questions/", 8), ("analysis/", 2), ("preview/", 3), ("regrade/", 3),
    ):  # fmt: skip
        with django_assert_max_num_queries(shared + own):
            assert alice.get(url + path).status_code == 200


@pytest.mark.parametrize("students", [3, 12])
def test_the_next_attempt_takes_at_most_ten_queries(
    night_class, alice, students, django_assert_max_num_queries
):
    row = assessment(night_class, ["single", "essay", "matching", "blanks", "file"], attempts=2)
    first = taken(night_class, row, [{"choice": "a"}, {"text": "x"}])
    for number in range(students):
        name = f"more{number:02}"
        night_class.seats[name] = enrol(person(name), night_class.course)
        taken(night_class, row, [{"choice": "a"}, {"text": "x"}], name)
        taken(night_class, row, [{"choice": "b"}, {"text": "y"}], name)
    url = f"{one(night_class, row)}attempts/{first.pk}/?step=next&show=to_mark"
    alice.get(url, headers={"HX-Request": "true"})
    with django_assert_max_num_queries(10):
        answer = alice.get(url, headers={"HX-Request": "true"})
    assert "More00" in text(answer)


PAGES = (
    "",
    "analysis/",
    "preview/",
    "answers/",
    "regrade/",
    "results.csv",
    "edit/",
    "questions/",
    "terms/",
)
DEEDS = ("publish/", "withdraw/", "copy/", "grade/", "regrade/", "edit/", "questions/", "terms/")


@pytest.mark.parametrize("who", ["carol", "stranger", "elsewhere"])
def test_who_does_not_mark_there_gets_nowhere(night_class, exam, who):
    row, attempt = exam
    if who == "carol":
        eve = night_class.carol
    else:
        eve = person("eve")
        member(eve, house("other") if who == "elsewhere" else night_class.acme,
               Role.INSTRUCTOR if who == "elsewhere" else Role.STUDENT)  # fmt: skip
    browser, url = reader(eve), one(night_class, row)
    assert browser.get(desk(night_class)).status_code in (403, 404)
    for path in (*PAGES, f"attempts/{attempt.pk}/"):
        assert browser.get(url + path).status_code in (403, 404), path
    for path in (*DEEDS, f"attempts/{attempt.pk}/", f"attempts/{attempt.pk}/late/0/"):
        assert browser.post(url + path, FORM).status_code in (403, 404), path


@pytest.mark.parametrize("who", ["bob", "new"])
def test_assistants_and_new_instructors_mark_but_do_not_set(night_class, exam, who):
    row, attempt = exam
    browser = reader(night_class.bob)
    if who == "new":
        nina = person("nina")
        member(nina, night_class.acme, Role.INSTRUCTOR)
        with provider_scope(night_class.acme):
            Membership.objects.filter(user=nina).update(approved=False)
        browser = reader(nina)
    url = one(night_class, row)
    for path in ("", "preview/", "answers/", "regrade/", f"attempts/{attempt.pk}/"):
        assert browser.get(url + path).status_code == 200, path
    for path in ("edit/", "questions/"):
        assert browser.get(url + path).status_code == 403, path
    for path in ("publish/", "withdraw/", "copy/", "edit/", "questions/"):
        assert browser.post(url + path, FORM).status_code == 403, path
    assert browser.post(f"{desk(night_class)}new/", FORM).status_code == 403
    assert "New assessment" not in text(browser.get(desk(night_class)))


def test_a_closed_attempt_of_another_assessment_is_not_reached_through_this_one(night_class, alice):
    first, second = assessment(night_class), assessment(night_class)
    attempt = taken(night_class, first, [{"choice": "a"}])
    url = f"{one(night_class, second)}attempts/{attempt.pk}/"
    assert alice.get(url).status_code == 404
    assert alice.post(url, {"deed": "grade"}).status_code == 404


__all__ = ["PlaceOf"]
