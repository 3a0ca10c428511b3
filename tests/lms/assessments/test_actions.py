"""Starting, answering, handing in, marking, marking anew."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from lms.assessments import actions
from lms.assessments.errors import (
    AnsweredElsewhere,
    AttemptClosed,
    GradesMoved,
    NoAttemptsLeft,
    NotAllMarked,
    NothingToTake,
    NotOpen,
    TimeUp,
    TooFewToDraw,
)
from lms.assessments.models import Attempt, Response, Tag
from lms.assessments.states import AttemptState
from lms.common import clock
from lms.common.errors import Forbidden, Invalid
from tests.lms.assessments.making import (
    ASKED,
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

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_right_answers_of_every_kind_earn_all_points(night_class):
    row = assessment(night_class, list(ASKED))
    attempt = taken(night_class, row, [right for _data, right, _wrong in ASKED.values()])
    assert attempt.state == AttemptState.GRADED
    assert (attempt.points, attempt.score) == (Decimal(len(ASKED)), Decimal(100))
    assert candidate(night_class, row).done_at is not None


def test_wrong_answers_of_every_kind_earn_nothing(night_class):
    row = assessment(night_class, list(ASKED), pass_percent=50)
    attempt = taken(night_class, row, [wrong for _data, _right, wrong in ASKED.values()])
    assert (attempt.points, attempt.score) == (0, 0)
    assert candidate(night_class, row).done_at is None


def test_an_essay_waits_for_a_person(night_class):
    row = assessment(night_class, ["single", "essay"])
    attempt = taken(night_class, row, [{"choice": "a"}, {"text": "Because."}])
    assert attempt.state == AttemptState.SUBMITTED
    with settled(night_class):
        essay = attempt.responses.get(place=1)
        with pytest.raises(NotAllMarked):
            actions.grade(attempt, actor=night_class.alice, at=clock.now())
        actions.mark_answer(
            essay, points=Decimal("0.5"), comment="Go on", actor=night_class.bob, at=clock.now()
        )
        graded = actions.grade(attempt, comment="Good", actor=night_class.bob, at=clock.now())
    assert (graded.points, graded.score, graded.comment) == (Decimal("1.5"), 75, "Good")


def test_nobody_marks_who_may_not_and_no_points_there_are_not(night_class):
    row = assessment(night_class, ["essay"])
    attempt = taken(night_class, row, [{"text": "Because."}])
    with settled(night_class):
        essay = attempt.responses.get(place=0)
        with pytest.raises(Forbidden):
            actions.mark_answer(essay, points=Decimal(1), actor=night_class.carol, at=clock.now())
        for points in (Decimal(-1), Decimal("1.01")):
            with pytest.raises(Invalid):
                actions.mark_answer(essay, points=points, actor=night_class.bob, at=clock.now())


def test_an_attempt_begun_twice_is_one(night_class):
    row = assessment(night_class, attempts=1)
    assert begin(night_class, row).pk == begin(night_class, row).pk


def test_attempts_run_out_unless_one_is_given(night_class):
    row = assessment(night_class, attempts=1)
    taken(night_class, row, [{"choice": "b"}])
    with pytest.raises(NoAttemptsLeft):
        begin(night_class, row)
    with settled(night_class):
        seat = night_class.seats["carol"]
        actions.allow(row, seat, {"extra_attempts": 1}, actor=night_class.bob)
    assert begin(night_class, row).number == 2


AVERAGE = Decimal("33.33")


@pytest.mark.parametrize(
    ("method", "counts"), [("highest", 100), ("latest", 0), ("first", 0), ("average", AVERAGE)]
)
def test_what_counts_of_several_attempts(night_class, method, counts):
    row = assessment(night_class, attempts=0, method=method)
    for choice in ("b", "a", "c"):
        taken(night_class, row, [{"choice": choice}])
    assert candidate(night_class, row).score == counts


def test_outside_its_time_it_is_not_begun(night_class):
    row = assessment(night_class, opens_at=NOON, closes_at=NOON + 10 * MINUTE)
    for at in (NOON - MINUTE, NOON + 10 * MINUTE):
        with pytest.raises(NotOpen):
            begin(night_class, row, at=at)
    assert begin(night_class, row, at=NOON).ends_at == NOON + 10 * MINUTE


def test_what_comes_after_the_end_is_kept_apart_and_can_be_counted(night_class):
    row = assessment(night_class, ["single"], minutes=10)
    attempt = begin(night_class, row, at=NOON)
    answer(night_class, attempt, 0, {"choice": "b"}, at=NOON + 9 * MINUTE)
    with pytest.raises(TimeUp):
        answer(night_class, attempt, 0, {"choice": "a"}, seen=1, at=NOON + 11 * MINUTE)
    with settled(night_class):
        assert actions.close_due(at=NOON + 11 * MINUTE) == 1
        held = Attempt.objects.get(pk=attempt.pk)
        assert (held.score, held.by_clock, held.submitted_at) == (0, True, NOON + 10 * MINUTE)
        response = held.responses.get()
        assert (response.answer, response.late) == ({"choice": "b"}, {"choice": "a"})
        actions.take_late(response, actor=night_class.bob, at=NOON + 20 * MINUTE)
        assert Attempt.objects.get(pk=attempt.pk).score == 100


def test_a_form_sent_in_time_may_arrive_a_moment_later(night_class):
    row = assessment(night_class, ["single"], minutes=10)
    attempt = begin(night_class, row, at=NOON)
    held = hand_in(night_class, attempt, NOON + 10 * MINUTE + timedelta(seconds=20))
    assert (held.by_clock, held.submitted_at) == (False, NOON + 10 * MINUTE)


def test_more_time_reaches_an_attempt_that_is_running(night_class):
    row = assessment(night_class, ["single"], minutes=10)
    attempt = begin(night_class, row, at=NOON)
    with settled(night_class):
        seat = night_class.seats["carol"]
        actions.allow(row, seat, {"extra_time": 25}, actor=night_class.bob)
        assert Attempt.objects.get(pk=attempt.pk).ends_at == NOON + 13 * MINUTE
        actions.allow(row, seat, {"extra_time": 0}, actor=night_class.bob)
        assert Attempt.objects.get(pk=attempt.pk).ends_at == NOON + 13 * MINUTE


def test_two_windows_do_not_overwrite_each_other(night_class):
    row = assessment(night_class, ["single"])
    attempt = begin(night_class, row)
    answer(night_class, attempt, 0, {"choice": "a"})
    with pytest.raises(AnsweredElsewhere) as refused:
        answer(night_class, attempt, 0, {"choice": "b"})
    assert refused.value.details == {"version": 1, "answer": {"choice": "a"}}
    assert answer(night_class, attempt, 0, {"choice": "a"}).version == 1
    assert answer(night_class, attempt, 0, {"choice": "b"}, seen=1).version == 2


def test_after_handing_in_nothing_is_answered(night_class):
    row = assessment(night_class, ["single"])
    attempt = taken(night_class, row, [{"choice": "b"}])
    with pytest.raises(AttemptClosed):
        answer(night_class, attempt, 0, {"choice": "a"}, seen=1)
    with settled(night_class):
        assert Response.objects.get().answer == {"choice": "b"}


def test_who_sits_in_a_question_keeps_it_as_it_was(night_class):
    asked = question(night_class)
    row = assessment(night_class, [asked])
    attempt = begin(night_class, row)
    changed = {**ASKED["single"][0], "prompt": "How many moons has Venus?"}
    changed["choices"] = [
        {"key": "a", "text": "Two"},
        {"key": "c", "text": "None", "credit": 100},
    ]
    with settled(night_class):
        actions.change_question(
            asked,
            title="Venus",
            data=changed,
            points=Decimal(1),
            actor=night_class.alice,
            at=clock.now(),
        )
    answer(night_class, attempt, 0, {"choice": "a"})
    assert hand_in(night_class, attempt).score == 100
    later = begin(night_class, row, "dave")
    with settled(night_class):
        assert later.responses.get().given.number == 2


def test_marking_anew_shows_every_change_before_it_is_made(night_class):
    asked = question(night_class)
    row = assessment(night_class, [asked, "essay"], pass_percent=50)
    carol = taken(night_class, row, [{"choice": "a"}, {}])
    dave = taken(night_class, row, [{"choice": "b"}, {}], "dave")
    corrected = {**ASKED["single"][0]}
    corrected["choices"] = [
        {"key": "a", "text": "Two"},
        {"key": "b", "text": "One", "credit": 100},
        {"key": "c", "text": "None"},
    ]
    with settled(night_class):
        actions.change_question(
            asked,
            title=asked.title,
            data=corrected,
            points=Decimal(1),
            actor=night_class.alice,
            at=clock.now(),
        )
        preview = actions.preview_regrade(row, actor=night_class.alice)
        shown = [(one.attempt.pk, one.score_before, one.score_after) for one in preview.changes]
        assert shown == [(carol.pk, 50, 0), (dave.pk, 0, 50)]
        assert Attempt.objects.get(pk=carol.pk).score == 50
        with pytest.raises(GradesMoved):
            actions.commit_regrade(row, "other", actor=night_class.alice, at=clock.now())
        actions.commit_regrade(row, preview.digest, actor=night_class.alice, at=clock.now())
        assert Attempt.objects.get(pk=carol.pk).score == 0
        assert Attempt.objects.get(pk=dave.pk).score == 50
        assert actions.preview_regrade(row, actor=night_class.alice).looked_at == 0
    assert candidate(night_class, row).done_at is None
    assert candidate(night_class, row, "dave").done_at is not None


def test_what_a_person_marked_is_not_marked_anew(night_class):
    asked = question(night_class)
    row = assessment(night_class, [asked])
    attempt = taken(night_class, row, [{"choice": "b"}])
    with settled(night_class):
        actions.mark_answer(
            attempt.responses.get(), points=Decimal("0.5"), actor=night_class.bob, at=clock.now()
        )
        actions.change_question(
            asked,
            title=asked.title,
            data={**ASKED["single"][0], "explanation": "Other"},
            points=Decimal(1),
            actor=night_class.alice,
            at=clock.now(),
        )
        assert actions.preview_regrade(row, actor=night_class.alice).changes == ()
        assert Attempt.objects.get(pk=attempt.pk).score == 50


def test_draws_are_from_the_tags_and_never_twice(night_class):
    for number in range(4):
        question(night_class, title=f"Question {number}", tags=["moons", f"t{number % 2}"])
    with settled(night_class):
        moons = Tag.objects.get(name="moons")
    row = assessment(night_class, [PlaceOf(tags=(moons,), draw=2), PlaceOf(tags=(moons,), draw=2)])
    attempt = begin(night_class, row)
    with settled(night_class):
        drawn = list(attempt.responses.values_list("given__question", flat=True))
    assert len(set(drawn)) == 4
    with pytest.raises(TooFewToDraw):
        assessment(night_class, [PlaceOf(tags=(moons,), draw=5)])


def test_an_empty_assessment_is_not_published(night_class):
    with pytest.raises(NothingToTake):
        assessment(night_class, [])
