"""What tests/properties/test_tenancy.py does not draw: how scopes are entered, held and left."""

import asyncio

import pytest
from asgiref.sync import async_to_sync
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.db.models import F

from lms.tenants.scope import (
    CrossTenantWrite,
    NoScope,
    Scope,
    aheld,
    covers,
    current,
    every_tenant,
    held,
    provider_scope,
    scoped,
)
from lms.tenants.tasks import in_provider_scope
from tests.testapp.models import Book, Label, Shelf


def ids():
    return current().provider_ids


def test_outside_every_scope_there_is_none():
    with pytest.raises(NoScope, match="Whose rows"):
        current()


def test_the_inner_scope_counts_and_the_outer_one_comes_back(acme, globex):
    with provider_scope(acme):
        with provider_scope(globex):
            assert ids() == {globex.pk}
        assert ids() == {acme.pk}


def test_a_scope_is_left_when_the_code_fails(acme):
    with pytest.raises(ZeroDivisionError), provider_scope(acme):
        1 / 0  # noqa: B018
    with pytest.raises(NoScope):
        current()


def test_providers_are_named_by_themselves_their_ids_or_collections(acme, globex):
    with provider_scope(acme, [str(globex.pk)]):
        assert ids() == {acme.pk, globex.pk}


@pytest.mark.parametrize("nobody", [None, 7, "acme"])
def test_what_names_no_provider_is_refused(nobody):
    with pytest.raises(ValueError, match=r"names no provider|badly formed"):
        provider_scope(nobody)


def test_every_tenant_needs_a_reason():
    with pytest.raises(ValueError, match="reason"):
        every_tenant(" ")


def test_a_lazy_scope_is_found_on_first_use_and_once(acme):
    calls = []

    def find():
        calls.append(1)
        return Scope(frozenset({acme.pk}))

    with scoped(find):
        assert calls == []
        assert covers(acme.pk)
        assert covers(acme.pk)
    assert calls == [1]


def test_a_lazy_scope_may_turn_out_to_be_none():
    with scoped(lambda: None), pytest.raises(NoScope):
        current()


def test_functions_coroutines_and_generators_run_in_the_scope_they_are_decorated_with(acme):
    @provider_scope(acme)
    def function():
        return ids()

    @provider_scope(acme)
    async def coroutine():
        return ids()

    @provider_scope(acme)
    def generator():
        yield ids()

    @provider_scope(acme)
    async def async_generator():
        yield ids()

    async def collected():
        return [item async for item in async_generator()]

    assert function() == asyncio.run(coroutine()) == {acme.pk}
    assert list(generator()) == asyncio.run(collected()) == [{acme.pk}]


def test_a_generator_keeps_its_scope_to_itself(acme, globex):
    @provider_scope(acme)
    def generator():
        yield ids()
        yield ids()

    steps = generator()
    with provider_scope(globex):
        assert next(steps) == {acme.pk}
        assert ids() == {globex.pk}
        assert next(steps) == {acme.pk}


def test_concurrent_tasks_keep_their_scopes_apart(acme, globex):
    async def watch(provider):
        async with provider_scope(provider):
            for _ in range(20):
                await asyncio.sleep(0)
                assert ids() == {provider.pk}

    async def both():
        await asyncio.gather(*(watch(p) for p in (acme, globex) * 5))

    asyncio.run(both())


def test_held_steps_run_in_the_scope_held_when_they_were_made(acme):
    def lines():
        try:
            yield ids()
            yield ids()
        finally:
            closed.append(ids())

    closed = []
    with provider_scope(acme):
        steps = held(lines())
    assert next(steps) == {acme.pk}
    steps.close()
    assert closed == [{acme.pk}]


def test_held_async_steps_too(acme):
    async def lines():
        yield ids()

    async def later():
        with provider_scope(acme):
            steps = aheld(lines())
        return [step async for step in steps]

    assert async_to_sync(later)() == [{acme.pk}]


def test_the_provider_is_filled_in_from_a_scope_of_one(acme, globex):
    with provider_scope(acme):
        assert Book.objects.create(title="Emma").provider == acme
    with provider_scope(acme, globex), pytest.raises(CrossTenantWrite):
        Book.objects.create(title="Emma")


def test_no_form_offers_the_provider():
    assert not Book._meta.get_field("provider").editable


def test_a_made_up_instance_does_not_take_over_a_row_by_its_key(acme, globex):
    with provider_scope(globex):
        theirs = Book.objects.create(title="Emma")
    with provider_scope(acme), pytest.raises(IntegrityError), transaction.atomic():
        Book(pk=theirs.pk, provider=acme, title="stolen").save()
    with provider_scope(globex):
        theirs.refresh_from_db()
    assert (theirs.title, theirs.provider) == ("Emma", globex)


def test_a_row_is_read_again_in_scope_only(acme, globex):
    with provider_scope(globex):
        theirs = Book.objects.create(title="Emma")
        theirs.refresh_from_db()
        later = Book.objects.defer("title").get()
    for again in (theirs.refresh_from_db, lambda: later.title):
        with pytest.raises(NoScope):
            again()
        with provider_scope(acme), pytest.raises(Book.DoesNotExist):
            again()
    with provider_scope(globex):
        assert later.title == "Emma"


def test_a_row_of_another_house_is_not_deleted(acme, globex):
    with provider_scope(globex):
        theirs = Book.objects.create(title="Emma")
    with provider_scope(acme), pytest.raises(CrossTenantWrite):
        theirs.delete()
    with pytest.raises(NoScope):
        theirs.delete()


def test_the_key_of_a_row_in_reach_may_be_linked(acme):
    with provider_scope(acme):
        shelf = Shelf.objects.create(name="all")
        book = Book.objects.create(title="Emma", shelf_id=shelf.pk)
        book.labels.add(Label.objects.create(name="old"))
        assert Book.objects.update(shelf=None) == 1
        assert Book.objects.update(shelf=shelf) == 1
        assert Book.objects.update(pages=F("pages") + 1) == 1


def test_updating_conflicts_needs_the_provider_in_the_key(acme):
    with provider_scope(acme), pytest.raises(CrossTenantWrite):
        Book.objects.bulk_create(
            [Book(title="Emma")],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["title"],
        )


def test_bulk_update_writes_rows_in_scope(acme):
    with provider_scope(acme):
        shelf = Shelf.objects.create(name="all")
        book = Book.objects.create(title="Emma")
        book.shelf = shelf
        assert Book.objects.bulk_update([book], ["shelf"]) == 1


def test_raw_sql_is_refused_in_a_tenants_scope(acme):
    with provider_scope(acme), pytest.raises(NoScope):
        Book.objects.raw("SELECT * FROM testapp_book")


def test_a_task_enters_the_scope_of_the_id_it_carries(acme):
    @in_provider_scope
    def count(provider_id, start):
        return start + Book.objects.count()

    with provider_scope(acme):
        Book.objects.create(title="Emma")
    assert count(str(acme.pk), 10) == 11


def test_a_manager_without_the_scope_is_a_failed_system_check(monkeypatch):
    from django.db import models

    from lms.tenants.checks import tenant_models_have_scoped_managers

    assert tenant_models_have_scoped_managers() == []
    bare = models.Manager()
    bare.name, bare.model = "bare", Book
    monkeypatch.setitem(Book._meta.__dict__, "managers", (bare,))
    assert {error.id for error in tenant_models_have_scoped_managers()} == {"tenants.E001"}


def test_a_key_that_is_not_there_is_refused_like_another_houses(acme):
    with provider_scope(acme):
        book = Book.objects.create(title="Emma")
        for write in (
            lambda: Book.objects.create(title="Persuasion", shelf_id=404),
            lambda: Book.objects.bulk_create([Book(title="Persuasion", shelf_id=404)]),
            lambda: Book.objects.update(shelf_id=404),
            lambda: book.labels.add(404),
        ):
            with pytest.raises(CrossTenantWrite), transaction.atomic():
                write()


def test_a_key_written_as_text_is_the_same_key(acme):
    with provider_scope(acme):
        shelf = Shelf.objects.create(name="all")
        assert Book.objects.create(title="Emma", shelf_id=str(shelf.pk)).shelf == shelf
        assert Book.objects.update(shelf_id=str(shelf.pk)) == 1


def test_a_dump_holds_every_houses_rows_and_can_be_loaded(acme, globex, tmp_path):
    for provider in (acme, globex):
        with provider_scope(provider):
            Book.objects.create(title=provider.slug)
    dump = tmp_path / "books.json"
    call_command("dumpdata", "testapp.book", output=str(dump), verbosity=0)
    with every_tenant("start anew"):
        Book.objects.all().delete()
    call_command("loaddata", str(dump), verbosity=0)
    with every_tenant("look"):
        assert set(Book.objects.values_list("title", flat=True)) == {"acme", "globex"}
    with pytest.raises(NoScope):
        current()
