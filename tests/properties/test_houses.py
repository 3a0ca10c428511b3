"""P64, over time: houses open, fill, export, close, come back and are erased in any order, and the
two that only watch keep every row, page and file."""

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.test import TestCase
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from home import closing, erasing
from home.actions import open_provider, set_up_marketplace
from home.belongings import FILES, files_of, pages_of, people_of, private_models
from lms.courses.models import CoursePage
from lms.events import SYSTEM
from lms.files.models import Document
from lms.tenants.actions import add_member, move_provider
from lms.tenants.models import Provider, Role
from lms.tenants.scope import provider_scope
from lms.tenants.states import CLOSE, ERASE, REOPEN, State
from tests.cast import forget_cached, person

pytestmark = pytest.mark.django_db

STEPS = 6
which = st.integers(min_value=0, max_value=2)


def seen_by(provider):
    """All that is the provider's, row by row."""
    with provider_scope(provider):
        rows = {model._meta.label: model._default_manager for model in private_models()}
        rows |= {model._meta.label: files_of(provider, model) for model in FILES}
        rows |= {"pages": pages_of(provider), "people": people_of(provider)}
        found = {name: list(each.order_by("pk").values()) for name, each in rows.items()}
        for document in files_of(provider, Document):
            found[document.file.name] = [document.file.size]
    return found


class Houses(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.example = transaction.atomic()
        self.example.__enter__()
        forget_cached()
        self.houses, self.opened, self.filled = [], 0, 0

    def teardown(self):
        transaction.set_rollback(True)
        self.example.__exit__(None, None, None)

    def _done(self, deed, *args, **kwargs):
        with TestCase.captureOnCommitCallbacks(execute=True):
            return deed(*args, **kwargs)

    def _opened(self, slug):
        owner = person(f"{slug}-owner")
        house = self._done(open_provider, name=slug.title(), slug=slug, owner=owner, actor=SYSTEM)
        self._fill(house)
        return house

    def _fill(self, house):
        self.filled += 1
        student = person(f"student-{self.filled}")
        self._done(add_member, provider=house, user=student, role=Role.STUDENT, actor=student)
        page = type(house.page).objects.get(provider=house)
        page.add_child(instance=CoursePage(title=f"{house.slug} {self.filled}", summary="S."))
        house.refresh_from_db()
        data = ContentFile(b"words", name=f"{house.slug}.txt")
        Document.objects.create(title=house.slug, file=data, collection_id=house.collection_id)

    def _house(self, number, *states):
        """One of the houses in these states, if there is any."""
        fitting = [house for house in self.houses if house.status in states]
        return fitting[number % len(fitting)] if fitting else None

    @initialize()
    def two_watch(self):
        set_up_marketplace()
        self.watching = [self._opened("globex"), self._opened("initech")]
        self.before = [seen_by(each) for each in self.watching]
        self.houses.append(self._opened("acme"))

    @rule()
    def opens(self):
        self.opened += 1
        self.houses.append(self._opened(f"house-{self.opened}"))

    @rule(number=which)
    def fills(self, number):
        if house := self._house(number, State.OPEN):
            self._fill(house)

    @rule(number=which)
    def exports(self, number):
        if house := self._house(number, State.OPEN, State.CLOSED):
            owner = people_owner(house)
            export = self._done(closing.ask_for_export, house, actor=owner)
            with provider_scope(house):
                export.refresh_from_db()
            assert export.finished_at and not export.failed

    @rule(number=which)
    def closes(self, number):
        if house := self._house(number, State.OPEN):
            self._done(move_provider, house, CLOSE, actor=SYSTEM)

    @rule(number=which)
    def comes_back(self, number):
        if house := self._house(number, State.CLOSED):
            self._done(move_provider, house, REOPEN, actor=SYSTEM)

    @rule(number=which)
    def is_erased(self, number):
        if house := self._house(number, State.CLOSED):
            self._done(move_provider, house, ERASE, actor=SYSTEM)
            assert self._done(erasing.erase, Provider.objects.get(pk=house.pk))
            assert not pages_of(house).exists()

    @invariant()
    def those_who_watch_lose_nothing(self):
        for provider, before in zip(getattr(self, "watching", ()), self.before_or(), strict=True):
            assert seen_by(provider) == before

    def before_or(self):
        return getattr(self, "before", ())


def people_owner(house):
    with provider_scope(house):
        return people_of(house).get(email=f"{house.slug}-owner@example.org")


def test_p064_houses_come_and_go_and_others_keep_everything():
    run_state_machine_as_test(Houses, settings=settings(stateful_step_count=STEPS))
