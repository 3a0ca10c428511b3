"""Any sequence of deeds at a course's doors, against a simple model of who sits and who waits."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import TestCase
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from lms.admissions import invitations, links, requests, selectors, tasks, waitlist
from lms.admissions.errors import (
    AlreadyEnrolled,
    AlreadyInvited,
    AskedLately,
    InvitationClosed,
    LinkUsedUp,
    NoOffer,
    NotByRequest,
    NotByWaitlist,
    SeatIsFree,
)
from lms.admissions.models import EntryLink, Invitation, JoinRequest, WaitlistEntry
from lms.common import clock
from lms.common.states import IllegalMove
from lms.courses.models import CoursePage
from lms.enrolments import actions as enrolments
from lms.enrolments.errors import ClassFull, EntryByInvitation, EntryByRequest
from lms.tenants.scope import provider_scope
from tests.cast import fresh_rows
from tests.lms.admissions.making import limit, seated, somebody, taken, teaching

pytestmark = pytest.mark.django_db

PEOPLE = ("carol", "dan", "erin", "fred")
START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
who = st.sampled_from(PEOPLE)


class Doors(RuleBasedStateMachine):
    """`page` and `people` are set by the test: they are laid out once for all runs."""

    page: CoursePage
    people: dict

    def __init__(self):
        super().__init__()
        self.rows = fresh_rows()
        self.rows.__enter__()
        self.scope = provider_scope(self.page.provider_id)
        self.scope.__enter__()
        self.at = START
        self.limit = 2
        self.entry = "open"
        self.sitting = set()
        self.line = []  # who waits, in order
        self.held = {}  # whom a seat is offered to: until when
        self.asked = set()
        self.refused = {}  # who was declined: when
        self.invited = {}  # who has an open invitation: until when
        self.uses = 2
        with clock.stopped_at(self.at):
            limit(self.page, self.limit)
            self._set_entry("open")
            self.link = links.make(
                self.page, is_code=True, max_uses=self.uses, actor=self.page.alice, at=self.at
            )

    def teardown(self):
        self.scope.__exit__(None, None, None)
        self.rows.__exit__(None, None, None)

    def _set_entry(self, entry):
        CoursePage.objects.filter(pk=self.page.pk).update(entry=entry)
        self.page.entry = self.entry = entry

    def do(self, deed, *refusals):
        """Whether it went well; with all that follows the commit, at the machine's time."""
        try:
            with clock.stopped_at(self.at), TestCase.captureOnCommitCallbacks(execute=True):
                deed()
        except refusals:
            return False
        return True

    # --- The model

    def used(self):
        return len(self.sitting) + len(self.held)

    def full(self):
        return self.limit is not None and self.used() >= self.limit

    def offer(self):
        while self.line and not self.full():
            self.held[self.line.pop(0)] = self.at + 24 * HOUR

    def sit(self, key):
        self.sitting.add(key)
        self.held.pop(key, None)
        self.invited.pop(key, None)
        self.asked.discard(key)
        if key in self.line:
            self.line.remove(key)
        self.offer()

    def expect_seat(self, key, went_well):
        """For ways that any free seat will do for."""
        could = key in self.sitting or not self.full()
        assert went_well == could
        if could and key not in self.sitting:
            self.sit(key)

    # --- Deeds

    @rule(key=who)
    def enrol(self, key):
        student = self.people[key]
        went = self.do(
            lambda: enrolments.enrol(self.page, student, actor=student, at=self.at),
            ClassFull, EntryByRequest, EntryByInvitation,
        )  # fmt: skip
        if (self.entry != "open" and key not in self.sitting) or (
            any(one != key for one in self.line) and key not in self.sitting
        ):
            assert not went
        else:
            self.expect_seat(key, went)

    @rule(key=who)
    def leave(self, key):
        if key not in self.sitting:
            return
        student = self.people[key]
        assert self.do(lambda: enrolments.leave(self.page, student, actor=student, at=self.at))
        self.sitting.remove(key)
        self.offer()

    @rule(key=who)
    def add(self, key):
        went = self.do(
            lambda: invitations.add(
                self.page, f"{key}@example.org", actor=self.page.alice, at=self.at
            ),
            ClassFull, AlreadyEnrolled,
        )  # fmt: skip
        if key in self.sitting:
            assert not went
        else:
            self.expect_seat(key, went)

    @rule(key=who, days=st.integers(1, 3))
    def invite(self, key, days):
        went = self.do(
            lambda: invitations.invite(
                self.page, f"{key}@example.org", days=days, actor=self.page.alice, at=self.at
            ),
            AlreadyInvited, AlreadyEnrolled,
        )  # fmt: skip
        is_open = self.at < self.invited.get(key, START)
        assert went == (key not in self.sitting and not is_open)
        if went:
            self.invited[key] = self.at + days * 24 * HOUR

    def invitation(self, key):
        rows = Invitation.objects.filter(email=f"{key}@example.org")
        return rows.order_by("-pk").first()

    @rule(key=who)
    def accept(self, key):
        row = self.invitation(key)
        if row is None:
            return
        went = self.do(
            lambda: invitations.accept(row, user=self.people[key], at=self.at),
            ClassFull, InvitationClosed,
        )  # fmt: skip
        if self.at < self.invited.get(key, START):
            self.expect_seat(key, went)
        else:
            assert not went or key in self.sitting

    @rule(key=who)
    def decline(self, key):
        row = self.invitation(key)
        if row is None:
            return
        went = self.do(
            lambda: invitations.decline(row, user=self.people[key], at=self.at), InvitationClosed
        )
        if self.at < self.invited.get(key, START):
            assert went
        self.invited.pop(key, None)

    @rule(key=who)
    def ask(self, key):
        went = self.do(
            lambda: requests.ask(self.page, self.people[key], note="", at=self.at),
            NotByRequest, AlreadyEnrolled, AskedLately,
        )  # fmt: skip
        lately = key in self.refused and self.at < self.refused[key] + 24 * HOUR
        could = self.entry == "request" and key not in self.sitting
        if could and key not in self.asked and lately:
            assert not went
        else:
            assert went == could
            if went:
                self.asked.add(key)

    @rule(key=who, approve=st.booleans())
    def decide(self, key, approve):
        row = JoinRequest.objects.filter(student=self.people[key]).order_by("-pk").first()
        if row is None:
            return
        deed = requests.approve if approve else requests.decline
        went = self.do(lambda: deed(row, actor=self.page.alice, at=self.at), ClassFull, IllegalMove)
        if key not in self.asked:
            assert not went
        elif approve:
            self.expect_seat(key, went)
        else:
            assert went
            self.asked.remove(key)
            self.refused[key] = self.at

    @rule(key=who)
    def wait(self, key):
        went = self.do(
            lambda: waitlist.join(self.page, self.people[key], at=self.at),
            SeatIsFree, AlreadyEnrolled, NotByWaitlist,
        )  # fmt: skip
        invited = self.at < self.invited.get(key, START)
        stands = key in self.line or key in self.held
        may = (self.entry == "open" or invited) and key not in self.sitting
        assert went == (may and (stands or self.full() or bool(self.line)))
        if went and not stands:
            self.line.append(key)

    @rule(key=who, takes=st.booleans())
    def answer(self, key, takes):
        entry = selectors.open_entry(self.people[key], self.page)
        assert (entry is not None) == (key in self.line or key in self.held)
        if entry is None:
            return
        student = self.people[key]
        deed = waitlist.accept if takes else waitlist.leave
        went = self.do(lambda: deed(entry, student=student, at=self.at), NoOffer, ClassFull)
        if not takes:
            assert went
            self.held.pop(key, None)
            if key in self.line:
                self.line.remove(key)
            self.offer()
        elif key in self.line or self.at >= self.held[key]:
            assert not went
        elif self.limit is not None and self.used() > self.limit:
            assert not went  # the limit was lowered: back to their place
            del self.held[key]
            self.line.insert(0, key)
            self.resort()
        else:
            assert went
            self.sit(key)

    def resort(self):
        keys = {one.email.split("@")[0]: one.pk for one in self.people.values()}
        entries = WaitlistEntry.objects.filter(state="waiting").order_by("pk")
        order = [one.student_id for one in entries]
        assert {keys[key] for key in self.line} == set(order)
        self.line.sort(key=lambda key: order.index(keys[key]))

    @rule(key=who)
    def use_code(self, key):
        went = self.do(
            lambda: links.redeem(self.link, self.people[key], at=self.at), ClassFull, LinkUsedUp
        )
        if key not in self.sitting and not self.uses:
            assert not went
        else:
            new = key not in self.sitting
            self.expect_seat(key, went)
            self.uses -= went and new

    @rule(seats=st.sampled_from([1, 2, 3, None]))
    def set_limit(self, seats):
        with clock.stopped_at(self.at):
            limit(self.page, seats)
        self.limit = seats
        self.offer()

    @rule(entry=st.sampled_from(["open", "request", "invitation"]))
    def set_entry(self, entry):
        self._set_entry(entry)

    @rule(hours=st.sampled_from([1, 12, 25]))
    def pass_time(self, hours):
        self.at += hours * HOUR
        with clock.stopped_at(self.at):
            tasks.keep_time()
        for key in [key for key, until in self.held.items() if until <= self.at]:
            del self.held[key]
        self.offer()

    # --- What always holds

    @invariant()
    def seats_are_counted_right(self):
        assert seated(self.page) == self.sitting
        assert taken(self.page) == self.used()

    @invariant()
    def the_line_is_the_models(self):
        rows = list(selectors.waitlist_of(self.page))
        waiting = [one.student.email.split("@")[0] for one in rows if one.state == "waiting"]
        offered = {one.student.email.split("@")[0] for one in rows if one.state == "offered"}
        assert (waiting, offered) == (self.line, set(self.held))

    @invariant()
    def nobody_waits_for_a_free_seat(self):
        assert not self.line or self.full()

    @invariant()
    def what_is_decided_is_gone_from_the_desk(self):
        shown = {one.student.email.split("@")[0] for one in selectors.requests_of(self.page)}
        assert shown == self.asked

    @invariant()
    def uses_are_counted(self):
        assert EntryLink.objects.get(pk=self.link.pk).uses == 2 - self.uses


def test_any_sequence_at_the_doors_of_a_course(db):
    Doors.page = teaching()
    Doors.people = {key: somebody(key) for key in PEOPLE}
    run_state_machine_as_test(Doors, settings=settings(stateful_step_count=30))
