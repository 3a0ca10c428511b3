"""Two markers: each on their own, until both are done; then one final mark."""

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from lms.homework import actions
from lms.homework.errors import MarkedByTwo, SecondHasBegun
from lms.homework.models import Feedback, Marking
from lms.tenants.models import Role
from lms.tenants.scope import provider_scope
from tests.cast import member, person
from tests.lms.certificates.making import named
from tests.lms.homework.making import give_feedback, hand_in, homework, settled, work_of
from tests.lms.homework.test_desk import FORM, review, rows, text
from tests.lms.learning import WAV, body_of, reader

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def staff(night_class):
    """Browsers of alice (who sets homework), bob and erin (assistants)."""
    erin = named("erin", "Erin Mwangi")
    member(erin, night_class.acme, Role.ASSISTANT)
    people = {"alice": night_class.alice, "bob": night_class.bob, "erin": erin}
    return {name: reader(one) for name, one in people.items()}


def twice(school, **values):
    values = {"grading": "points", "points": Decimal(10), "second_marker": "every", **values}
    return homework(school, **values)


def mark(school, browser, row, deed="finish", who="carol", headers=None, **data):
    """Post the form as it stands on the page; `data` over it."""
    one = latest(school, row, who)
    html = text(browser.get(review(school, row, who)))
    known = re.search(r'name="version" value="(\d+)"', html)
    data = {"version": known[1] if known else 0, "deed": deed, **data}
    with settled(school):
        return browser.post(f"{review(school, row, who)}{one.pk}/mark/", data, headers=headers)


def stage(browser, school, row, who="carol"):
    found = re.search(r'data-stage="(\w+)"', text(browser.get(review(school, row, who))))
    return found and found[1]


def latest(school, row, who="carol"):
    with provider_scope(school.acme):
        return work_of(school, row, who).latest


def marked(school, row, who="carol"):
    return latest(school, row, who).marked


def test_neither_sees_the_others_mark_before_both_are_done(night_class, staff, mailoutbox):
    row = twice(night_class)
    hand_in(night_class, row)
    mailoutbox.clear()
    mark(night_class, staff["bob"], row, points="7.25", text="Bobs words")
    assert stage(staff["bob"], night_class, row) == "done"
    for who in ("alice", "erin"):
        html = text(staff[who].get(review(night_class, row)))
        assert "Bobs words" not in html and "7.25" not in html
        assert "Bob Otieno is done" in html
    mark(night_class, staff["erin"], row, deed="save", points="8", text="Erins words")
    assert "Erins words" not in text(staff["bob"].get(review(night_class, row)))
    assert stage(staff["alice"], night_class, row) == "full"
    mark(night_class, staff["erin"], row, points="8", text="Erins words")
    for who in staff:
        html = text(staff[who].get(review(night_class, row)))
        assert "Bobs words" in html and "Erins words" in html and "7.25" in html
    assert not mailoutbox  # the student hears of the final mark only


def test_markers_see_each_other_where_the_homework_says_so(night_class, staff):
    row = twice(night_class, open_marking=True)
    hand_in(night_class, row)
    mark(night_class, staff["bob"], row, points="7", text="Bobs words")
    assert "Bobs words" in text(staff["erin"].get(review(night_class, row)))


def test_the_same_marks_agree_and_are_released_as_the_final_one(night_class, staff, mailoutbox):
    row = twice(night_class)
    hand_in(night_class, row)
    mailoutbox.clear()
    mark(night_class, staff["bob"], row, points="7", text="Good start")
    mark(night_class, staff["erin"], row, points="7", text="Clear end")
    assert marked(night_class, row) == "agreed"
    page = f"{night_class.url}{row.pk}/"
    carol = reader(night_class.carol)
    assert "Good start" not in text(carol.get(page))
    one = latest(night_class, row)
    with settled(night_class):
        staff["bob"].post(f"{review(night_class, row)}{one.pk}/mark/", {"deed": "release"})
    html = text(carol.get(page))
    assert "7 of 10 points" in html and "Good start" in html and "Clear end" in html
    assert "Bob Otieno" not in html
    assert [one.to for one in mailoutbox] == [["carol@example.org"]]


def test_within_the_tolerance_the_mean_counts(night_class, staff):
    row = twice(night_class, tolerance=Decimal(1))
    hand_in(night_class, row)
    mark(night_class, staff["bob"], row, points="7.25")
    mark(night_class, staff["erin"], row, points="8")
    with provider_scope(night_class.acme):
        final = Marking.objects.get(place=3)
    assert (marked(night_class, row), final.points) == ("agreed", Decimal("7.63"))


def test_further_apart_who_may_set_homework_decides_with_a_note(night_class, staff):
    row = twice(night_class, tolerance=Decimal(1))
    hand_in(night_class, row)
    mark(night_class, staff["bob"], row, points="5", text="Thin")
    mark(night_class, staff["erin"], row, points="8", text="Fine")
    assert marked(night_class, row) == "apart"
    assert stage(staff["bob"], night_class, row) == "apart"
    refused = mark(night_class, staff["bob"], row, deed="decide", final="1", points="5", note="x")
    assert refused.status_code == 403
    assert stage(staff["alice"], night_class, row) == "decide"
    html = text(mark(night_class, staff["alice"], row, deed="decide", final="1", points="6.5"))
    assert "Please say why." in html
    assert marked(night_class, row) == "apart"
    html = text(mark(night_class, staff["alice"], row, deed="decide", final="1", note="Both"))
    assert "Please decide." in html
    data = {"final": "1", "points": "6.5", "note": "Between the two", "text": "Well tried"}
    mark(night_class, staff["alice"], row, deed="release", **data)
    assert (marked(night_class, row), work_of(night_class, row).is_graded) == ("agreed", True)
    html = text(reader(night_class.carol).get(f"{night_class.url}{row.pk}/"))
    assert "6.5 of 10 points" in html and "Well tried" in html
    assert "Between the two" not in html and "Thin" not in html
    seen = text(staff["bob"].get(review(night_class, row)))
    assert "Between the two" in seen and "Decided by Alice Okafor" in seen


def test_the_named_one_decides_and_nobody_else(night_class, staff):
    ada = person("ada")
    member(ada, night_class.acme, Role.ADMIN)
    row = twice(night_class, decided_by=ada)
    hand_in(night_class, row)
    mark(night_class, staff["bob"], row, points="5")
    mark(night_class, staff["erin"], row, points="8")
    assert stage(staff["alice"], night_class, row) == "apart"
    assert "Ada decides" in text(staff["alice"].get(review(night_class, row)))
    assert stage(reader(ada), night_class, row) == "decide"


def test_a_final_mark_that_is_changed_has_to_be_decided_anew(night_class, staff):
    row = twice(night_class)
    hand_in(night_class, row)
    for who in ("bob", "erin"):
        mark(night_class, staff[who], row, points="7")
    one = latest(night_class, row)
    url = f"{review(night_class, row)}{one.pk}/mark/"
    same = {"version": "1", "final": "1", "points": "7", "text": "", "note": ""}
    staff["alice"].post(url, {**same, "deed": "autosave"})
    assert marked(night_class, row) == "agreed"
    staff["alice"].post(url, {**same, "points": "9", "deed": "autosave"})
    assert marked(night_class, row) == "apart"
    refused = staff["bob"].post(url, {"deed": "release"})
    assert "no final mark yet" in text(refused)
    assert not work_of(night_class, row).is_graded


def test_nobody_is_both_and_a_third_has_to_go_on(night_class, staff):
    row = twice(night_class)
    one = hand_in(night_class, row)
    mark(night_class, staff["bob"], row, points="7")
    again = mark(night_class, staff["bob"], row, points="9")
    assert "You are done with this" in text(again)
    mark(night_class, staff["erin"], row, deed="save", points="8")
    third = mark(night_class, staff["alice"], row, deed="save", points="6", text="Alices words")
    assert "Two others mark this" in text(third)
    assert "Alices words" in text(third)  # to be copied
    with provider_scope(night_class.acme):
        found = {(row.saved_by.name, row.points) for row in Marking.objects.all()}
        assert found == {("Bob Otieno", 7), ("Erin Mwangi", 8)}
        with pytest.raises(IntegrityError), transaction.atomic():
            Marking.objects.filter(place=2).update(saved_by=night_class.bob)
        with pytest.raises(MarkedByTwo):
            actions.save_marking(one, {"text": "x"}, seen=0, actor=night_class.alice, at=NOON)


def test_a_mark_is_taken_back_as_long_as_the_other_is_not_done(night_class, staff):
    row = twice(night_class)
    hand_in(night_class, row)
    mark(night_class, staff["bob"], row, points="7")
    mark(night_class, staff["bob"], row, deed="take_back")
    assert (marked(night_class, row), stage(staff["bob"], night_class, row)) == ("open", "mark")
    mark(night_class, staff["bob"], row, points="6")
    mark(night_class, staff["erin"], row, points="6")
    refused = mark(night_class, staff["bob"], row, deed="take_back")
    assert "not possible in the present state" in text(refused)
    assert marked(night_class, row) == "agreed"


def test_a_place_that_was_only_begun_is_left_to_another(night_class, staff):
    row = twice(night_class)
    hand_in(night_class, row)
    mark(night_class, staff["bob"], row, deed="save", points="7", text="Begun")
    mark(night_class, staff["erin"], row, deed="save", text="x")
    assert mark(night_class, staff["erin"], row, deed="give_up", place="1").status_code == 403
    mark(night_class, staff["alice"], row, deed="give_up", place="1")
    assert stage(staff["alice"], night_class, row) == "mark"
    with provider_scope(night_class.acme):
        (left,) = Marking.objects.all()
    assert left.text == "x"


def test_drafts_of_both_are_kept_apart_and_a_stale_tab_is_told(night_class, staff):
    row = twice(night_class)
    one = hand_in(night_class, row)
    url = f"{review(night_class, row)}{one.pk}/mark/"
    for who, points in (("bob", "5"), ("erin", "9")):
        answer = staff[who].post(url, {"version": 0, "points": points, "deed": "autosave"})
        assert answer.json() == {"version": 1}
    stale = staff["bob"].post(url, {"version": 0, "points": "6", "deed": "autosave"})
    assert stale.status_code == 409
    for who, points in (("bob", "5"), ("erin", "9")):
        assert f'value="{points}.00"' in text(staff[who].get(review(night_class, row)))


def test_the_list_says_who_marked_and_next_goes_through_what_waits(night_class, staff):
    row = twice(night_class)
    for who in ("carol", "dave"):
        hand_in(night_class, row, who)
        mark(night_class, staff["bob"], row, who=who, points="7")
    html = text(staff["erin"].get(f"{night_class.desk}{row.pk}/?show=once"))
    assert re.search(r'data-count="once">Waits for second marker <[^>]+>2<', html)
    assert html.count("<bdi>Bob Otieno</bdi>") == 2
    answer = mark(
        night_class, staff["erin"], row, "finish_next", show="once", points="3", headers=HTMX
    )
    assert "<h1><bdi>Dave Kim" in text(answer)
    answer = mark(
        night_class,
        staff["erin"],
        row,
        "finish_next",
        "dave",
        show="once",
        points="7",
        headers=HTMX,
    )
    assert "That was the last one." in text(answer)
    html = text(staff["alice"].get(f"{night_class.desk}{row.pk}/?show=apart"))
    assert "Carol Wanjiru" in html and "Dave Kim" not in html
    # Only what has a final mark is released.
    with settled(night_class):
        staff["alice"].post(f"{night_class.desk}{row.pk}/bulk/", {"deed": "release_all"})
    assert not work_of(night_class, row).is_graded
    assert work_of(night_class, row, "dave").is_graded


def test_one_marker_asks_for_another_where_the_homework_leaves_it_to_them(night_class, staff):
    row = twice(night_class, second_marker="some")
    hand_in(night_class, row)
    hand_in(night_class, row, "dave")
    give_feedback(night_class, latest(night_class, row), points=Decimal(4), release=False)
    staff["bob"].post(f"{review(night_class, row)}second/")
    assert stage(staff["alice"], night_class, row) == "mark"  # hers still
    mark(night_class, staff["alice"], row, points="4")
    mark(night_class, staff["bob"], row, points="4")
    assert marked(night_class, row) == "agreed"
    kept = staff["bob"].post(f"{review(night_class, row)}second/", {"end": "1"})
    assert "both are needed" in text(kept)
    assert work_of(night_class, row).twice
    assert stage(staff["alice"], night_class, row, "dave") is None
    mark(night_class, staff["alice"], row, "release", "dave", points="9")
    assert work_of(night_class, row, "dave").is_graded
    with provider_scope(night_class.acme), pytest.raises(SecondHasBegun):
        actions.ask_second(row, night_class.seats["carol"], on=False, actor=night_class.alice)


def test_that_two_mark_is_set_at_the_desk_and_stays_once_both_have_begun(night_class, staff):
    form = {**FORM, "grading": "points", "points": "10"}
    data = {**form, "second_marker": "every", "tolerance": "0.5", "assign": "1"}
    staff["alice"].post(f"{night_class.desk}new/", data)
    (row,) = rows(night_class)
    assert (row.second_marker, row.tolerance) == ("every", Decimal("0.5"))
    hand_in(night_class, row)
    edit = f"{night_class.desk}{row.pk}/edit/"
    mark(night_class, staff["bob"], row, deed="save", points="7")
    assert staff["alice"].post(edit, form).status_code == 302  # what is left out stays
    assert rows(night_class)[0].second_marker == "every"
    mark(night_class, staff["bob"], row, points="7")
    refused = staff["alice"].post(edit, {**form, "second_marker": "none"})
    assert refused.status_code == 422
    assert "Two have begun" in text(refused)


def test_spoken_marks_are_heard_by_the_other_once_both_are_done(night_class, staff):
    row = twice(night_class)
    one = hand_in(night_class, row)
    voice = SimpleUploadedFile("bob.wav", WAV + b"bob")
    mark(night_class, staff["bob"], row, points="7", voice=voice)
    heard = f"{review(night_class, row)}{one.pk}/spoken/1/bob.wav"
    assert body_of(staff["bob"].get(heard)) == WAV + b"bob"
    assert staff["erin"].get(heard).status_code == staff["alice"].get(heard).status_code == 404
    mark(night_class, staff["erin"], row, points="7")
    assert body_of(staff["erin"].get(heard)) == WAV + b"bob"
    with settled(night_class):
        staff["erin"].post(f"{review(night_class, row)}{one.pk}/mark/", {"deed": "release"})
    with provider_scope(night_class.acme):
        told = Feedback.objects.get()
    carol = reader(night_class.carol)
    answer = carol.get(f"{night_class.url}{row.pk}/feedback/{told.pk}/a.wav")
    assert body_of(answer) == WAV + b"bob"
    assert carol.get(heard).status_code == 404


def test_remarks_of_the_other_marker_are_hidden_as_long_as_their_mark_is(night_class, staff):
    row = twice(night_class, kind="audio")
    one = hand_in(night_class, row)
    url = f"{review(night_class, row)}{one.pk}/remarks/"
    staff["bob"].post(url, {"second": "1", "text": "Bobs remark"})
    assert "Bobs remark" in text(staff["bob"].get(review(night_class, row)))
    assert "Bobs remark" not in text(staff["erin"].get(review(night_class, row)))
    for who in ("bob", "erin"):
        mark(night_class, staff[who], row, points="7")
    assert "Bobs remark" in text(staff["erin"].get(review(night_class, row)))


def test_the_next_submission_of_two_markers_takes_at_most_ten_queries(
    night_class, staff, django_assert_max_num_queries
):
    row = twice(night_class, kind="video", tolerance=Decimal(1))
    for who in ("carol", "dave"):
        hand_in(night_class, row, who)
        for marker in ("bob", "erin"):
            mark(night_class, staff[marker], row, who=who, points="7", text="Good")
    url = f"{review(night_class, row)}?step=next"
    staff["alice"].get(url, headers=HTMX)
    with django_assert_max_num_queries(10):
        assert staff["alice"].get(url, headers=HTMX).status_code == 200


def test_what_is_handed_in_anew_is_marked_by_two_anew(night_class, staff):
    row = twice(night_class, resubmission="always")
    hand_in(night_class, row)
    for who in ("bob", "erin"):
        mark(night_class, staff[who], row, points="7")
    hand_in(night_class, row, text="Eight")
    assert (marked(night_class, row), stage(staff["bob"], night_class, row)) == ("open", "mark")
