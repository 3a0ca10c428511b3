"""Any sequence of deeds by three people on what two of them mark, against a simple model of it."""

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from lms.common.errors import Forbidden, Invalid, NotFound
from lms.common.states import IllegalMove
from lms.homework import actions, selectors
from lms.homework.errors import MarkedByTwo, MarkIsDone, NotAgreed, NothingToRelease
from lms.homework.models import Feedback, Homework, Marking, Submission, Work
from lms.homework.rules import Opinion, agreed
from lms.tenants.models import Role
from lms.tenants.scope import provider_scope
from tests.cast import fresh_rows, member
from tests.lms.certificates.making import named
from tests.lms.homework.making import Class, a_class

START = datetime(2026, 3, 1, tzinfo=UTC)
CENT = Decimal("0.01")
POINTS = st.decimals(0, 10, places=2)
MARKERS = ("alice", "bob", "erin")


@given(POINTS, POINTS, POINTS)
def test_two_agree_exactly_within_the_tolerance_and_in_whatever_order(one, other, tolerance):
    come_to = agreed(Opinion(one), Opinion(other), tolerance)
    assert come_to == agreed(Opinion(other), Opinion(one), tolerance)
    assert (come_to is not None) == (abs(one - other) <= tolerance)
    if come_to is not None:
        assert min(one, other) <= come_to.points <= max(one, other)
        assert abs(come_to.points - (one + other) / 2) <= CENT / 2


@given(*[st.builds(Opinion, st.none() | POINTS, st.none() | st.booleans())] * 2)
def test_of_a_verdict_two_agree_only_if_they_say_the_same(one, other):
    come_to = agreed(one, other, Decimal(10))
    if come_to is not None:
        assert come_to.complete == one.complete == other.complete
        assert (one.points is None) == (other.points is None)


class TwoMarkers(RuleBasedStateMachine):
    """`school` and `people` are set by the test: the page tree is built once for all runs."""

    school: Class
    people: dict

    @initialize(tolerance=st.integers(0, 4), sees=st.booleans())
    def set_homework(self, tolerance, sees):
        self.rows = fresh_rows()
        self.rows.__enter__()
        self.scope = provider_scope(self.school.acme)
        self.scope.__enter__()
        self.at, self.tolerance, self.sees = START, Decimal(tolerance), sees
        values = {
            "title": "Stars", "kind": "text", "grading": "points", "points": Decimal(10),
            "second_marker": "every", "tolerance": self.tolerance, "open_marking": sees,
            "resubmission": "always",
        }  # fmt: skip
        self.row = actions.create(self.school.course, values, actor=self.school.alice)
        actions.assign(self.row, actor=self.school.alice, at=self.at)
        self.told = None  # the points of the last feedback on what stands
        self.hand_in()

    def teardown(self):
        if hasattr(self, "rows"):
            self.scope.__exit__(None, None, None)
            self.rows.__exit__(None, None, None)

    def hand_in(self):
        self.one = actions.submit(
            self.row, self.school.seats["carol"], actor=self.school.carol, at=self.at, text="7"
        )
        self.drafts = {}  # {who: [points, done]}, at most two
        self.final = None  # points, once both are done
        self.decided = False
        self.told = None

    @property
    def both_done(self):
        return len(self.drafts) == 2 and all(done for _points, done in self.drafts.values())

    def fresh(self):
        self.at += timedelta(minutes=1)
        return Submission.objects.select_related("work__homework", "work__enrolment").get(
            pk=self.one.pk
        )

    @rule()
    def hand_in_again(self):
        self.at += timedelta(minutes=1)
        self.hand_in()

    @rule(who=st.sampled_from(MARKERS), points=st.integers(0, 10))
    def save(self, who, points):
        one = self.fresh()
        known = one.markings.filter(saved_by=self.people[who]).exclude(place=3).first()
        try:
            actions.save_marking(
                one, {"points": Decimal(points), "text": who}, actor=self.people[who],
                seen=known.version if known else 0, at=self.at,
            )  # fmt: skip
        except MarkedByTwo:
            assert len(self.drafts) == 2 and who not in self.drafts
        except MarkIsDone:
            assert self.drafts[who][1]
        else:
            self.drafts[who] = [Decimal(points), False]

    @rule(who=st.sampled_from(MARKERS))
    def finish(self, who):
        try:
            actions.finish(self.fresh(), actor=self.people[who], at=self.at)
        except NothingToRelease:
            assert who not in self.drafts
            return
        was_done, self.drafts[who][1] = self.drafts[who][1], True
        if self.both_done and not was_done:
            one, other = (points for points, _done in self.drafts.values())
            self.decided = abs(one - other) <= self.tolerance
            mean = ((one + other) / 2).quantize(CENT, ROUND_HALF_UP)
            self.final = mean if self.decided else None

    @rule(who=st.sampled_from(MARKERS))
    def take_back(self, who):
        try:
            actions.take_back(self.fresh(), actor=self.people[who])
        except NotFound:
            assert not self.drafts.get(who, [0, False])[1]
        except IllegalMove:
            assert self.both_done
        else:
            assert not self.both_done
            self.drafts[who][1] = False

    @rule(who=st.sampled_from(MARKERS), by=st.sampled_from(MARKERS))
    def give_up(self, who, by):
        place = Marking.objects.filter(submission=self.one, saved_by=self.people[who])
        if (row := place.exclude(place=3).first()) is None:
            return
        try:
            actions.give_up(self.fresh(), row.place, actor=self.people[by])
        except Forbidden:
            assert by not in (who, "alice")
        except MarkIsDone:
            assert self.drafts[who][1]
        else:
            del self.drafts[who]

    @rule(who=st.sampled_from(MARKERS), points=st.integers(0, 10), note=st.sampled_from(["", "So"]))
    def decide(self, who, points, note):
        one, actor = self.fresh(), self.people[who]
        known = one.markings.filter(place=3).first()
        values = {"points": Decimal(points), "note": note}
        try:
            actions.save_marking(
                one, values, seen=known.version if known else 0, actor=actor, at=self.at, final=True
            )
            changed = known.points != points or known.note != note or known.text
            self.final, self.decided = Decimal(points), self.decided and not changed
            actions.decide(one, actor=actor, at=self.at)
        except Forbidden:
            assert who != "alice"
        except NotAgreed:
            assert not self.both_done
        except Invalid:
            assert not note
        else:
            self.decided = True

    @rule(who=st.sampled_from(MARKERS))
    def release(self, who):
        try:
            actions.release(self.fresh(), actor=self.people[who], at=self.at)
        except NotAgreed:
            assert not (self.both_done and self.decided)
        else:
            assert self.both_done and self.decided
            self.told = self.final

    @invariant()
    def agrees_with_the_model(self):
        if not hasattr(self, "one"):
            return
        marked = Submission.objects.get(pk=self.one.pk).marked
        done = sum(done for _points, done in self.drafts.values())
        expected = ["open", "once", "agreed" if self.decided else "apart"][done]
        assert marked == expected
        rows = Marking.objects.filter(submission=self.one).exclude(place=3)
        found = {row.saved_by_id: [row.points, row.done_at is not None] for row in rows}
        assert found == {self.people[who].pk: draft for who, draft in self.drafts.items()}
        told = Feedback.objects.filter(submission=self.one).order_by("-released_at", "-pk").first()
        assert (told and told.points) == self.told
        assert Work.objects.get(homework=self.row).is_graded == (told is not None)
        waiting = {"once": 0, "apart": 0} | ({marked: 1} if marked in ("once", "apart") else {})
        homework = Homework.objects.get(pk=self.row.pk)
        assert selectors.stage_counts(homework) == waiting

    @invariant()
    def nobody_sees_what_they_may_not_see_yet(self):
        if not hasattr(self, "one") or self.sees or self.both_done:
            return
        work = Work.objects.select_related("homework").get(homework=self.row)
        for who in MARKERS:
            (one, *_older) = selectors.submissions_of(work, marker=self.people[who])
            marks = selectors.marks_of(one, work.homework, self.people[who])
            seen = [*marks.shown, *filter(None, [marks.draft, marks.final])]
            assert all(row.saved_by_id == self.people[who].pk for row in seen)


@pytest.mark.django_db
def test_any_sequence_of_deeds_by_markers_agrees_with_the_model():
    class OfSchool(TwoMarkers):
        school = a_class()
        people: dict = {}

    erin = named("erin", "Erin Mwangi")
    member(erin, OfSchool.school.acme, Role.ASSISTANT)
    OfSchool.people = {"alice": OfSchool.school.alice, "bob": OfSchool.school.bob, "erin": erin}
    run_state_machine_as_test(OfSchool, settings=settings(stateful_step_count=25))
