"""P64, over time: houses open, fill, export, close, come back and are erased in any order, and the
two that only watch keep every row, page and file."""

from typing import ClassVar

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.test import TestCase
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
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


def done(deed, *args, **kwargs):
    with TestCase.captureOnCommitCallbacks(execute=True):
        return deed(*args, **kwargs)


def opened(slug):
    owner = person(f"{slug}-owner")
    return done(open_provider, name=slug.title(), slug=slug, owner=owner, actor=SYSTEM)


def fill(house, number):
    """A student, a course and a document."""
    student = person(f"student-{number}")
    done(add_member, provider=house, user=student, role=Role.STUDENT, actor=student)
    page = type(house.page).objects.get(provider=house)
    page.add_child(instance=CoursePage(title=f"{house.slug} {number}", summary="S."))
    house.refresh_from_db()
    data = ContentFile(b"words", name=f"{house.slug}.txt")
    Document.objects.create(title=house.slug, file=data, collection_id=house.collection_id)


class Houses(RuleBasedStateMachine):
    watching: ClassVar = {}  # {provider: what it had}; they stand before any example

    def __init__(self):
        super().__init__()
        self.example = transaction.atomic()
        self.example.__enter__()
        forget_cached()
        self.houses, self.opened, self.filled = [], 0, 0

    def teardown(self):
        try:
            for provider, before in self.watching.items():
                assert seen_by(provider) == before
        finally:
            transaction.set_rollback(True)
            self.example.__exit__(None, None, None)

    def _opened(self, slug):
        house = opened(slug)
        self._fill(house)
        return house

    def _fill(self, house):
        self.filled += 1
        fill(house, self.filled)

    def _house(self, number, *states):
        """One of the houses in these states, if there is any."""
        fitting = [house for house in self.houses if house.status in states]
        return fitting[number % len(fitting)] if fitting else None

    @initialize()
    def one_is_open(self):
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
            export = done(closing.ask_for_export, house, actor=owner)
            with provider_scope(house):
                export.refresh_from_db()
            assert export.finished_at and not export.failed

    @rule(number=which)
    def closes(self, number):
        if house := self._house(number, State.OPEN):
            done(move_provider, house, CLOSE, actor=SYSTEM)

    @rule(number=which)
    def comes_back(self, number):
        if house := self._house(number, State.CLOSED):
            done(move_provider, house, REOPEN, actor=SYSTEM)

    @rule(number=which)
    def is_erased(self, number):
        if house := self._house(number, State.CLOSED):
            done(move_provider, house, ERASE, actor=SYSTEM)
            assert done(erasing.erase, Provider.objects.get(pk=house.pk))
            assert not pages_of(house).exists()


def people_owner(house):
    with provider_scope(house):
        return people_of(house).get(email=f"{house.slug}-owner@example.org")


def test_p064_houses_come_and_go_and_others_keep_everything():
    set_up_marketplace()
    watchers = [opened("globex"), opened("initech")]
    for number, house in enumerate(watchers, start=1000):
        fill(house, number)
    Houses.watching = {house: seen_by(house) for house in watchers}
    run_state_machine_as_test(Houses, settings=settings(stateful_step_count=STEPS))
