"""Any sequence of asking, taking back, time passing and tasks killed half-way, against a simple
model of who is still there."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import TestCase
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from lms.accounts.models import User
from lms.common import clock
from lms.common.errors import Forbidden
from lms.common.states import IllegalMove, StaleMove
from lms.planner.models import Note
from lms.privacy import actions, erasing
from lms.privacy.models import Erasure
from lms.privacy.states import State
from lms.wishlist.models import Wish
from tests.cast import forget_cached, fresh_rows, person

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 1, tzinfo=UTC)
GRACE = timedelta(days=14)


class Killed(Exception):
    """The worker died here."""


class Leaving(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.rows = fresh_rows()
        self.rows.__enter__()
        forget_cached()
        self.at = START
        self.due = None  # when the account is to be erased, while it may be taken back
        self.begun = self.gone = False
        with clock.stopped_at(self.at):
            self.carol = person("zebulon")
            self.dave = person("dave")
            for someone in (self.carol, self.dave):
                for number in range(3):
                    Note.objects.create(
                        person=someone, text=f"{someone.name} {number}", created_at=self.at
                    )
        self.notes = 3

    def teardown(self):
        self.rows.__exit__(None, None, None)

    def now(self):
        return clock.stopped_at(self.at)

    @property
    def is_there(self):
        return not self.begun

    @rule()
    def ask(self):
        with self.now(), TestCase.captureOnCommitCallbacks(execute=True):
            user = User.objects.get(pk=self.carol.pk)
            if self.gone:
                with pytest.raises(Forbidden):
                    actions.ask_for_erasure(user, actor=user, at=self.at)
                return
            erasure = actions.ask_for_erasure(user, actor=user, at=self.at)
        if self.is_there and self.due is None:
            self.due = self.at + GRACE
        assert self.begun or erasure.due_at == self.due

    @rule()
    def take_back(self):
        erasure = Erasure.objects.filter(person=self.carol).order_by("-asked_at", "-pk").first()
        waiting = Erasure.objects.filter(person=self.carol, state=State.WAITING).first()
        if erasure is None:
            return
        with self.now(), TestCase.captureOnCommitCallbacks(execute=True):
            if waiting is None:
                with pytest.raises((IllegalMove, StaleMove)):
                    actions.take_back(erasure, actor=self.carol)
                return
            actions.take_back(waiting, actor=self.carol)
        self.due = None

    @rule(days=st.integers(min_value=1, max_value=10))
    def time_passes(self, days):
        self.at += timedelta(days=days)

    @rule()
    def begin(self):
        with self.now(), TestCase.captureOnCommitCallbacks(execute=True):
            actions.begin_due(at=self.at)
        if self.due is not None and self.due <= self.at:
            self.due, self.begun = None, True

    @rule(batches=st.integers(min_value=0, max_value=4))
    def erase_and_be_killed(self, batches):
        """A task does so many batches, and dies within the next."""
        erasure = Erasure.objects.filter(person=self.carol, state=State.ERASING).first()
        if erasure is None:
            return
        forget, left = erasing._forget, batches

        def dying(erasure, holding):
            nonlocal left
            if left == 0:
                raise Killed
            done = forget(erasure, holding)
            left -= done
            return done

        erasing._forget = dying
        try:
            with self.now(), TestCase.captureOnCommitCallbacks(execute=True):
                erasing.erase(erasure)
        except Killed:
            return
        finally:
            erasing._forget = forget
        self.gone = True

    @rule()
    def erase(self):
        for erasure in Erasure.objects.filter(person=self.carol, state=State.ERASING):
            with self.now(), TestCase.captureOnCommitCallbacks(execute=True):
                assert erasing.erase(erasure)
            self.gone = True

    @invariant()
    def nobody_is_erased_who_may_still_stay(self):
        user = User.objects.get(pk=self.carol.pk)
        assert user.is_active is self.is_there
        assert user.leaves_on == self.due or self.begun
        if self.is_there:
            assert user.name == "Zebulon"
            assert Note.objects.filter(person=user).count() == self.notes

    @invariant()
    def who_is_gone_is_gone_for_good(self):
        if self.gone:
            user = User.objects.get(pk=self.carol.pk)
            assert "zebulon" not in f"{user.name} {user.email}".lower()
            assert not Note.objects.filter(person=user).exists()
            assert not Wish.objects.filter(person=user).exists()
            assert Erasure.objects.filter(person=user, state=State.ERASED).count() == 1

    @invariant()
    def others_lose_nothing(self):
        assert User.objects.get(pk=self.dave.pk).name == "Dave"
        assert Note.objects.filter(person=self.dave).count() == 3

    @invariant()
    def one_is_open_at_most(self):
        rows = Erasure.objects.filter(person=self.carol)
        assert rows.filter(state__in=(State.WAITING, State.ERASING)).count() <= 1


def test_leaving_in_any_order_with_workers_that_die():
    run_state_machine_as_test(Leaving, settings=settings(stateful_step_count=25))
