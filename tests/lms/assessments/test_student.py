"""Students' pages: seeing, taking, handing in, results; with and without a script."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lms.assessments import actions
from lms.assessments.models import Attempt, Response
from lms.common import clock
from lms.tenants.models import Role
from tests.cast import house, member, person
from tests.lms.assessments.making import (
    ASKED,
    answer,
    assessment,
    begin,
    question,
    settled,
    taken,
)
from tests.lms.learning import body_of, reader

HOUR = timedelta(hours=1)


@pytest.fixture
def carol(night_class):
    return reader(night_class.carol)


def page(night_class, row, *more):
    return f"/learn/{night_class.course.pk}/assessments/{row.pk}/" + "".join(more)


def sitting(night_class, row, made, *more):
    return page(night_class, row, f"attempts/{made.pk}/", *more)


def fields(place, seen=0, **values):
    """A question's fields as a form sends them: `_` is the field itself, others are added to it."""
    name = f"q{place}"
    typed = {name if key == "_" else f"{name}-{key}": value for key, value in values.items()}
    return {f"{name}-seen": seen, **typed}


def test_the_list_shows_what_is_published_with_scores(night_class, carol):
    shown = assessment(night_class, title="Moons")
    assessment(night_class, title="A draft", published=False)
    taken(night_class, shown, [{"choice": "a"}])
    html = carol.get(f"/learn/{night_class.course.pk}/assessments/").content.decode()
    assert "Moons" in html and "A draft" not in html
    assert 'data-standing="done"' in html and "100 %" in html


def test_who_has_no_seat_sees_nothing(night_class):
    row = assessment(night_class)
    made = begin(night_class, row)
    mallory = person("mallory")
    member(mallory, house("globex"), Role.ADMIN)
    for browser in (reader(), reader(mallory), reader(person("stranger"))):
        for address in (page(night_class, row), sitting(night_class, row, made)):
            assert browser.get(address).status_code in (401, 403, 404)
        answered = browser.post(sitting(night_class, row, made, "answers/0/"), fields(0, _="a"))
        assert answered.status_code in (302, 403, 404)
    with settled(night_class):
        assert Response.objects.get().answer == {}


def test_nobody_answers_in_anothers_attempt(night_class):
    row = assessment(night_class)
    made = begin(night_class, row)
    dave = reader(night_class.dave)
    assert dave.get(sitting(night_class, row, made)).status_code == 404
    assert dave.get(sitting(night_class, row, made, "result/")).status_code == 404
    saved = dave.post(sitting(night_class, row, made, "answers/0/"), fields(0, _="a"))
    assert saved.status_code == 404


def test_a_form_without_a_script_takes_it_from_beginning_to_end(night_class, carol):
    row = assessment(night_class, list(ASKED))
    begun = carol.post(page(night_class, row, "start/"))
    html = carol.get(begun.url).content.decode()
    assert html.count("<fieldset") == len(ASKED)
    typed = {
        **fields(0, _="a"),
        **fields(1, _=["a", "c"]),
        **fields(2, _="true"),
        **fields(3, _="Nairobi"),
        **fields(4, _="299792 km"),
        **fields(5, a="Moon", b="Titan"),
        **fields(6, a=1, b=2, c=3),
        **fields(7, a="Earth", b="Sun"),
    }
    kept = carol.post(f"{begun.url}submit/", {**typed, "deed": "save"})
    assert kept.url == begun.url
    html = carol.get(begun.url).content.decode()
    assert 'value="Nairobi"' in html and html.count("checked") == 4
    done = carol.post(f"{begun.url}submit/", {**typed, "deed": "submit"}, follow=True)
    html = done.content.decode()
    assert 'data-score="100"' in html
    assert "Yes, two." in html and "Phobos and Deimos." in html


def test_a_script_saves_one_answer_after_the_other(night_class, carol):
    row = assessment(night_class, ["single", "short"])
    made = begin(night_class, row)
    save = sitting(night_class, row, made, "answers/1/")
    assert carol.post(save, fields(1, _="Nai")).json() == {"version": 1}
    assert carol.post(save, fields(1, seen=1, _="Nairobi")).json() == {"version": 2}
    refused = carol.post(
        save, fields(1, seen=1, _="Kisumu"), headers={"accept": "application/json"}
    )
    assert refused.status_code == 409
    said = refused.json()["error"]
    assert said["code"] == "ANSWERED_ELSEWHERE"
    assert said["details"] == {"version": 2, "answer": {"text": "Nairobi"}}


def test_two_windows_handing_in_lose_nothing(night_class, carol):
    row = assessment(night_class, ["short"])
    made = begin(night_class, row)
    answer(night_class, made, 0, {"text": "Mombasa"})
    address = sitting(night_class, row, made, "submit/")
    refused = carol.post(address, {**fields(0, _="Nairobi"), "deed": "submit"})
    html = refused.content.decode()
    assert refused.status_code == 409
    assert 'value="Nairobi"' in html and 'name="q0-seen" value="1"' in html
    carol.post(address, {**fields(0, seen=1, _="Nairobi"), "deed": "submit"})
    with settled(night_class):
        assert Attempt.objects.get().score == 100


def test_after_the_time_the_answers_kept_until_then_count(night_class, carol, monkeypatch):
    row = assessment(night_class, ["short"], minutes=10)
    made = begin(night_class, row)
    answer(night_class, made, 0, {"text": "Nairobi"})
    later = clock.now() + HOUR
    monkeypatch.setattr(clock, "now", lambda: later)
    late = carol.post(
        sitting(night_class, row, made, "answers/0/"),
        fields(0, seen=1, _="Mombasa"),
        headers={"accept": "application/json"},
    )
    assert late.json()["error"]["code"] == "TIME_UP"
    shown = carol.get(sitting(night_class, row, made), follow=True).content.decode()
    assert 'data-score="100"' in shown and "Time was up" in shown
    with settled(night_class):
        assert Response.objects.get().late == {"text": "Mombasa"}


def test_answers_are_shown_when_the_teacher_wants(night_class, carol):
    closes = clock.now() + HOUR
    secret = assessment(night_class, [question(night_class)], feedback="never")
    later = assessment(night_class, [question(night_class)], feedback="closed", closes_at=closes)
    for row in (secret, later):
        made = taken(night_class, row, [{"choice": "b"}])
        html = carol.get(sitting(night_class, row, made, "result/")).content.decode()
        assert "That is the Earth." not in html and 'data-score="0"' in html


def test_right_answers_stay_hidden_where_they_are_to(night_class, carol):
    row = assessment(night_class, show_right=False)
    made = taken(night_class, row, [{"choice": "b"}])
    html = carol.get(sitting(night_class, row, made, "result/")).content.decode()
    assert "That is the Earth." in html
    assert "A right answer" not in html and "Phobos" not in html


def test_a_file_is_an_answer(night_class, carol):
    asked = question(night_class, "file", data={"prompt": "Your drawing"})
    row = assessment(night_class, [asked])
    made = begin(night_class, row)
    sent = SimpleUploadedFile("notes.pdf", b"%PDF-1.4 notes")
    address = sitting(night_class, row, made, "submit/")
    carol.post(address, {**fields(0, _=sent), "deed": "submit"})
    with settled(night_class):
        kept = Response.objects.select_related("upload").get()
    assert kept.upload.name == "notes.pdf"
    bob = reader(night_class.bob)
    file = sitting(night_class, row, made, "files/0/notes.pdf")
    assert body_of(bob.get(file)) == b"%PDF-1.4 notes"
    assert body_of(carol.get(file)) == b"%PDF-1.4 notes"
    assert reader(night_class.dave).get(file).status_code == 404


@pytest.mark.parametrize(
    "typed",
    [
        {"q0-seen": "x", "q0": "\x00"},
        {"q0-seen": "9" * 40, "q0": "zz"},
        {"q0-seen": "-1", "q0": "b" * 70},
        {"q0": "a" * 100_000},
    ],
)
def test_nonsense_is_refused_and_breaks_nothing(night_class, carol, typed):
    row = assessment(night_class, ["single"])
    made = begin(night_class, row)
    answered = carol.post(
        sitting(night_class, row, made, "answers/0/"), typed, headers={"accept": "application/json"}
    )
    assert answered.status_code in (400, 409, 422)
    assert carol.post(sitting(night_class, row, made, "submit/"), typed).status_code < 500
    far = sitting(night_class, row, made, f"answers/{10**30}/")
    assert carol.post(far, typed).status_code == 404


def test_an_essay_of_a_megabyte_is_kept(night_class, carol):
    row = assessment(night_class, ["essay"])
    made = begin(night_class, row)
    text = "words " * 170_000
    saved = carol.post(sitting(night_class, row, made, "answers/0/"), fields(0, _=text))
    assert saved.json() == {"version": 1}
    with settled(night_class):
        assert Response.objects.get().answer == {"text": text}


def test_the_number_of_questions_costs_no_queries(night_class, carol):
    numbers = []
    for kinds in (["single"], list(ASKED)):
        row = assessment(night_class, kinds)
        made = begin(night_class, row)
        carol.get(sitting(night_class, row, made))
        with CaptureQueriesContext(
            connection,
        ) as asked:
            carol.get(sitting(night_class, row, made))
        numbers.append(len(asked))
    assert numbers[0] == numbers[1] <= 20


def test_saving_an_answer_takes_few_queries(night_class, carol, django_assert_max_num_queries):
    row = assessment(night_class, ["single"])
    made = begin(night_class, row)
    address = sitting(night_class, row, made, "answers/0/")
    carol.post(address, fields(0, _="b"))
    with django_assert_max_num_queries(12):
        assert carol.post(address, fields(0, seen=1, _="a")).json() == {"version": 2}


def test_markdown_of_teachers_brings_no_scripts(night_class, carol):
    data = {
        **ASKED["single"][0],
        "prompt": "<script>x</script> [a](javascript:x) ![p](https://e.org/x.png) \\(x^2\\)",
    }
    row = assessment(night_class, [question(night_class, data=data)])
    html = carol.get(sitting(night_class, row, begin(night_class, row))).content.decode()
    assert "<script>x" not in html and 'href="javascript' not in html
    assert "e.org/x" not in html and "<math" in html


def test_staff_see_it_without_an_attempt(night_class):
    row = assessment(night_class, published=False)
    bob = reader(night_class.bob)
    assert bob.get(page(night_class, row)).status_code == 200
    assert bob.post(page(night_class, row, "start/")).status_code == 403


def test_progress_counts_required_assessments(night_class, carol):
    from lms.progress.selectors import course_progress

    row = assessment(night_class, pass_percent=50)
    seat = night_class.seats["carol"]
    with settled(night_class):
        before = course_progress(seat)
    taken(night_class, row, [{"choice": "a"}])
    with settled(night_class):
        after = course_progress(seat)
        actions.withdraw(row, actor=night_class.alice)
    assert (before.work.total, before.work.done, after.work.done) == (1, 0, 1)
