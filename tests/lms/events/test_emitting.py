import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from wagtail.models import ModelLogEntry

from lms.common import clock
from lms.events import (
    SYSTEM,
    Event,
    UndeclaredEvent,
    declared,
    emit,
    emit_many,
    subscribe,
    subscribe_to_many,
    unsubscribe,
)
from lms.events.emitting import _handlers_of_many
from lms.events.vocabulary import _declared
from lms.tenants import events
from lms.tenants.models import AuditEntry
from lms.tenants.scope import provider_scope
from tests.cast import house, person
from tests.testapp.models import Book


@pytest.fixture
def acme(db):
    return house("acme")


@pytest.fixture
def alice(db):
    return person("alice")


@pytest.fixture
def book(acme):
    with provider_scope(acme):
        return Book.objects.create(title="Emma")


@pytest.fixture
def heard():
    """What subscribers of PROVIDER_MOVED were told."""
    told = []
    subscribe(events.PROVIDER_MOVED, told.append)
    yield told
    unsubscribe(events.PROVIDER_MOVED, told.append)


def test_an_event_is_logged_with_its_actor_data_and_provider(acme, alice, book):
    emit(events.PROVIDER_MOVED, book, actor=alice, was="a")
    entry = ModelLogEntry.objects.get(action="tenants.provider_moved")
    assert (entry.user, entry.object_id) == (alice, str(book.pk))
    assert entry.data == {"was": "a", "provider": str(acme.pk)}


def test_what_nobody_did_is_logged_without_a_user(acme):
    emit(events.PROVIDER_MOVED, acme, actor=SYSTEM)
    assert ModelLogEntry.objects.get(action="tenants.provider_moved").user is None


@pytest.mark.parametrize("actor", [None, object()])
def test_an_actor_is_required(acme, actor):
    with pytest.raises(TypeError, match="name the actor"):
        emit(events.PROVIDER_MOVED, acme, actor=actor)


def test_an_undeclared_event_is_refused_and_not_logged(acme):
    stray = Event("tests.strayed", "Nobody declared this.")
    del _declared["tests.strayed"]
    with pytest.raises(UndeclaredEvent):
        emit(stray, acme, actor=SYSTEM)
    assert not ModelLogEntry.objects.filter(action="tests.strayed").exists()


@pytest.mark.parametrize("name", ["added", "Tenants.added", "tenants.member_added", "a.b.c"])
def test_a_malformed_or_taken_name_is_refused(name):
    with pytest.raises(ValueError, match=r"form|Two events"):
        Event(name, "Something.")


def test_subscribers_hear_after_the_commit(acme, heard, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        emit(events.PROVIDER_MOVED, acme, actor=SYSTEM, now="open")
        assert heard == []
    assert [(h.row, h.provider_id, h.data["now"]) for h in heard] == [(acme, acme.pk, "open")]


@pytest.mark.django_db(transaction=True)
def test_a_deed_undone_is_neither_logged_nor_heard_of(heard):
    acme = house("acme")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        emit(events.PROVIDER_MOVED, acme, actor=SYSTEM)
        1 / 0  # noqa: B018
    assert heard == []
    assert not ModelLogEntry.objects.exists()


def test_a_failing_subscriber_is_logged_and_keeps_nobody_else_from_hearing(
    acme, heard, caplog, django_capture_on_commit_callbacks
):
    def fail(happened):
        raise RuntimeError("the post office is closed")

    unsubscribe(events.PROVIDER_MOVED, heard.append)
    subscribe(events.PROVIDER_MOVED, fail)
    subscribe(events.PROVIDER_MOVED, heard.append)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            emit(events.PROVIDER_MOVED, acme, actor=SYSTEM)
    finally:
        unsubscribe(events.PROVIDER_MOVED, fail)
    assert len(heard) == 1
    assert "the post office is closed" in caplog.text


def test_subscribers_run_in_the_scope_and_at_the_time_of_the_deed(
    acme, book, django_capture_on_commit_callbacks
):
    seen = []

    def look(happened):
        seen.append((list(Book.objects.all()), clock.now()))

    subscribe(events.PROVIDER_MOVED, look)
    try:
        with (
            django_capture_on_commit_callbacks(execute=True),
            provider_scope(acme),
            clock.later(days=1),
        ):
            moment = clock.now()
            emit(events.PROVIDER_MOVED, acme, actor=SYSTEM)
    finally:
        unsubscribe(events.PROVIDER_MOVED, look)
    assert seen == [([book], moment)]


def test_many_at_once_are_logged_one_by_one_and_heard_of_both_ways(
    acme, alice, heard, django_capture_on_commit_callbacks
):
    together = []
    subscribe_to_many(events.PROVIDER_MOVED, together.append)
    globex = house("globex")
    try:
        with django_capture_on_commit_callbacks(execute=True):
            deeds = [(acme, {"was": "a"}), (globex, {"was": "b"})]
            emit_many(events.PROVIDER_MOVED, deeds, actor=alice)
            emit_many(events.PROVIDER_MOVED, [], actor=alice)
            assert heard == together == []
    finally:
        _handlers_of_many[events.PROVIDER_MOVED.name].remove(together.append)
    assert [(h.row, h.data["was"]) for h in heard] == [(acme, "a"), (globex, "b")]
    assert together == [heard]
    logged = ModelLogEntry.objects.filter(action="tenants.provider_moved").order_by("data__was")
    found = [(one.user, one.object_id, one.label, one.data["was"]) for one in logged]
    assert found == [
        (alice, str(acme.pk), str(acme), "a"),
        (alice, str(globex.pk), str(globex), "b"),
    ]
    for provider, was in ((acme, "a"), (globex, "b")):
        with provider_scope(provider):
            entry = AuditEntry.objects.get(event="tenants.provider_moved")
        assert (entry.person_id, entry.data) == (alice.pk, {"was": was})


def test_many_cost_the_database_what_one_costs(acme, alice):
    def cost(number):
        deeds = [(acme, {"was": str(n)}) for n in range(number)]
        with CaptureQueriesContext(connection) as found:
            emit_many(events.PROVIDER_MOVED, deeds, actor=alice)
        return len(found)

    cost(1)  # what is remembered from then on
    assert cost(1) == cost(50) == 2


@pytest.mark.django_db(transaction=True)
def test_many_undone_leave_nothing(heard):
    acme = house("acme")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        emit_many(events.PROVIDER_MOVED, [(acme, {})] * 3, actor=SYSTEM)
        1 / 0  # noqa: B018
    assert heard == []
    assert not ModelLogEntry.objects.exists()


def test_every_declared_event_has_a_meaning():
    assert all(str(event.meaning).endswith(".") for event in declared())
