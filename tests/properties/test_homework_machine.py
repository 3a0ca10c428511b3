"""Any sequence of deeds on one student's homework, against a simple model of it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from lms.homework import actions, rules
from lms.homework.errors import AlreadySubmitted, NothingToRelease, TooLate
from lms.homework.models import Feedback, Homework, Submission, Work
from lms.homework.rules import Standing
from lms.homework.selectors import counts
from lms.homework.states import WorkState
from lms.progress.selectors import course_progress
from lms.tenants.scope import provider_scope
from tests.cast import fresh_rows
from tests.lms.homework.making import Class, a_class

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Piece(RuleBasedStateMachine):
    """`school` is set by the test: the page tree is built once for all runs."""

    school: Class

    def __init__(self):
        super().__init__()
        self.rows = fresh_rows()
        self.rows.__enter__()
        self.scope = provider_scope(self.school.acme)
        self.scope.__enter__()
        self.at = START
        self.row = None
        self.seat = self.school.seats["carol"]
        self.submitted = None  # when the standing submission came
        self.handed_in = 0
        self.verdict = None  # of the standing submission: None, True, False
        self.graded = self.overridden = False
        self.extended = None

    def teardown(self):
        self.scope.__exit__(None, None, None)
        self.rows.__exit__(None, None, None)

    @property
    def deadline(self):
        return self.extended or self.due + timedelta(minutes=30)

    @precondition(lambda self: self.row is None)
    @rule(
        kind=st.sampled_from(["checkmark", "text"]),
        hours=st.integers(1, 6),
        late=st.sampled_from([rules.ACCEPT, rules.CUT_OFF]),
        again=st.sampled_from([rules.NEVER, rules.UNTIL_GRADED, rules.ALWAYS]),
        needs_grading=st.booleans(),
    )
    def assign(self, kind, hours, late, again, needs_grading):
        self.kind, self.late, self.again, self.needs_grading = kind, late, again, needs_grading
        self.due = START + hours * HOUR
        values = {
            "title": "Stars",
            "kind": kind,
            "due_at": self.due,
            "grace_minutes": 30,
            "late_policy": late,
            "resubmission": again,
            "needs_grading": needs_grading,
        }
        self.row = actions.create(self.school.course, values, actor=self.school.alice)
        actions.assign(self.row, actor=self.school.alice, at=self.at)

    @rule(hours=st.integers(1, 3))
    def time_passes(self, hours):
        self.at += hours * HOUR

    @precondition(lambda self: self.row)
    @rule()
    def submit(self):
        again = self.submitted is not None
        closed = self.late == rules.CUT_OFF and self.at > self.deadline
        allowed = not again or self.again == rules.ALWAYS
        allowed |= self.again == rules.UNTIL_GRADED and (not self.graded or self.verdict is False)
        try:
            actions.submit(self.row, self.seat, actor=self.school.carol, at=self.at, text="Seven")
        except TooLate:
            assert closed
            return
        except AlreadySubmitted:
            assert not allowed
            return
        if again and self.kind == "checkmark":
            return  # set already
        assert allowed and not closed
        self.submitted, self.graded, self.verdict = self.at, False, None
        self.handed_in += 1

    @precondition(lambda self: self.row and self.kind == "checkmark")
    @rule()
    def unmark(self):
        actions.unmark(self.row, self.seat, actor=self.school.carol, at=self.at)
        self.submitted, self.graded, self.verdict = None, False, None

    @precondition(lambda self: self.submitted)
    @rule(verdict=st.sampled_from([True, False, None]), words=st.sampled_from(["", "Good"]))
    def feedback(self, verdict, words):
        submission = Work.objects.get(homework=self.row).latest
        known = submission.markings.first()
        seen = known.version if known else 0
        values = {"complete": verdict, "text": words}
        actions.save_marking(submission, values, seen=seen, actor=self.school.bob, at=self.at)
        try:
            actions.release(submission, actor=self.school.alice, at=self.at)
        except NothingToRelease:
            assert verdict is None and not words
            return
        self.graded, self.verdict = True, verdict

    @precondition(lambda self: self.row)
    @rule(on=st.booleans())
    def override(self, on):
        deed = actions.override if on else actions.end_override
        deed(self.row, self.seat, actor=self.school.alice, at=self.at)
        self.overridden = on

    @precondition(lambda self: self.row)
    @rule(hours=st.one_of(st.none(), st.integers(0, 12)))
    def extend(self, hours):
        until = None if hours is None else self.due + hours * HOUR
        actions.extend(self.row, self.seat, until=until, actor=self.school.alice)
        self.extended = until

    @invariant()
    def agrees_with_the_model(self):
        if self.row is None:
            return
        work = Work.objects.filter(homework=self.row).first() or Work()
        state = WorkState.PENDING
        if self.submitted:
            state = WorkState.GRADED if self.graded else WorkState.SUBMITTED
        assert (work.state, work.submitted_at) == (state, self.submitted)
        assert (work.overridden_at is not None) == self.overridden
        done = self.overridden or (
            self.submitted is not None
            and not (self.graded and self.verdict is False)
            and (self.graded or not self.needs_grading)
        )
        assert (work.done_at is not None) == done
        assert course_progress(self.seat).work.done == done
        assert Submission.objects.filter(work__homework=self.row).count() == self.handed_in
        if self.graded:
            told = Feedback.objects.order_by("-released_at", "-pk").first()
            assert told.complete == self.verdict

    @invariant()
    def stands_in_one_way_in_the_list_and_by_the_rules(self):
        if self.row is None:
            return
        homework = Homework.objects.get(pk=self.row.pk)
        if self.submitted:
            late = self.submitted > self.deadline
            mine = (
                Standing.GRADED if self.graded else (Standing.LATE if late else Standing.SUBMITTED)
            )
        elif self.overridden:
            mine = Standing.COMPLETED
        else:
            mine = Standing.OVERDUE if self.at > self.deadline else Standing.PENDING
        daves = self.due + timedelta(minutes=30) < self.at
        expected = dict.fromkeys(map(str, Standing), 0)
        expected[mine] += 1
        expected[Standing.OVERDUE if daves else Standing.PENDING] += 1
        assert counts(homework, self.at) == expected


def test_any_sequence_of_deeds_agrees_with_the_model(db):
    class OfSchool(Piece):
        school = a_class()

    run_state_machine_as_test(OfSchool, settings=settings(stateful_step_count=20))
