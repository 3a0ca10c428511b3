"""The second wall: what PostgreSQL itself shows and takes, asked in raw SQL past every manager, as
the role the application speaks as."""

import asyncio
import copy
import threading

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.core.checks import run_checks
from django.db import IntegrityError, ProgrammingError, connection, connections, transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from lms.tenants.middleware import TenantMiddleware
from lms.tenants.models import Membership, Provider
from lms.tenants.permissions import forget_roles
from lms.tenants.postgresql import wall
from lms.tenants.scope import Scope, every_tenant, held, provider_scope, scoped
from lms.tenants.states import State
from tests.cast import house
from tests.testapp.models import Book, Label

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="row-level security"),
]


def raw(sql, params=()):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def change(sql, params=()):
    """How many rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.rowcount


def titles():
    return [title for (title,) in raw("SELECT title FROM testapp_book ORDER BY title")]


@pytest.fixture
def books(acme, globex):
    """One of each house."""
    for provider in (acme, globex):
        with provider_scope(provider):
            book = Book.objects.create(title=f"{provider.slug}'s")
            book.labels.add(Label.objects.create(name="old"))


@pytest.fixture
def committed(db, request):
    """acme and globex with a book each, committed, and in the connection's place one of a pool as
    the production settings have it (of one, or of the parameter): with transactions of its own.
    """
    outer = connections["default"]
    settings = copy.deepcopy(outer.settings_dict)
    size = getattr(request, "param", 1)
    settings["OPTIONS"]["pool"] = {"min_size": 1, "max_size": size, "timeout": 10}
    connections["default"] = type(outer)(settings)
    houses = [Provider(slug=name, name=name, status=State.OPEN) for name in ("acme", "globex")]
    books = [Book(title=f"{provider.slug}'s", provider=provider) for provider in houses]
    try:
        with every_tenant("set up"):
            Provider.objects.bulk_create(houses)
            Book.objects.bulk_create(books)
        yield houses
    finally:
        with every_tenant("clear away"):
            for rows in (Book.objects, Provider.objects):
                rows.all()._raw_delete("default")
        connection.close()
        connection.close_pool()
        connections["default"] = outer


# --- Who asks -------------------------------------------------------------------------------------


def test_the_application_speaks_as_a_role_that_can_not_pass_or_move_the_wall(books):
    ((role, superuser, bypasses),) = raw(
        "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
    )
    assert (role, superuser, bypasses) == ("fledge_app", False, False)
    assert list(wall.weaknesses(connection)) == []
    for statement in (
        "ALTER TABLE testapp_book DISABLE ROW LEVEL SECURITY",
        "DROP POLICY provider_scope ON testapp_book",
        "TRUNCATE testapp_book CASCADE",
    ):
        with pytest.raises(ProgrammingError), transaction.atomic():
            raw(statement)


def test_a_role_that_passes_every_policy_is_a_failed_deployment_check():
    def found():
        return {
            error.id for error in run_checks(include_deployment_checks=True, databases=["default"])
        }

    assert "tenants.E002" not in found()
    with connection.as_owner():
        assert "tenants.E002" in found()


# --- What is shown --------------------------------------------------------------------------------


def test_without_a_scope_raw_sql_finds_nothing(books):
    assert titles() == []
    assert raw("SELECT count(*) FROM testapp_book_labels") == [(0,)]
    assert Book._base_manager.count() == 0


def test_in_a_scope_raw_sql_finds_that_houses_rows_and_no_others(books, acme, globex):
    with provider_scope(acme):
        assert titles() == ["acme's"]
        assert raw("SELECT count(*) FROM testapp_book_labels") == [(1,)]
        with provider_scope(globex):
            assert titles() == ["globex's"]
        assert titles() == ["acme's"]
    with provider_scope(acme, globex):
        assert titles() == ["acme's", "globex's"]
    with provider_scope():
        assert titles() == []
    assert titles() == []


def test_every_tenant_still_reaches_everything(books):
    with every_tenant("the test"):
        assert titles() == ["acme's", "globex's"]
        assert raw("UPDATE testapp_book SET pages = 7 RETURNING pages") == [(7,), (7,)]


def test_a_cursor_obeys_the_scope_it_is_used_in_not_the_one_it_was_made_in(books, acme, globex):
    with provider_scope(acme):
        cursor = connection.cursor()
    for provider, expected in ((globex, [("globex's",)]), ((), [])):
        with provider_scope(provider):
            cursor.execute("SELECT title FROM testapp_book")
            assert cursor.fetchall() == expected
    cursor.execute("SELECT title FROM testapp_book")
    assert cursor.fetchall() == []


def test_copying_out_obeys_the_scope_too(books, globex):
    out = "COPY (SELECT title FROM testapp_book) TO STDOUT"
    assert titles() == []
    with connection.cursor() as cursor, provider_scope(globex), cursor.copy(out) as lines:
        assert list(lines.rows()) == [("globex's",)]


# --- What is taken --------------------------------------------------------------------------------


def insert(provider):
    change(
        "INSERT INTO testapp_book (title, pages, state, provider_id)"
        " VALUES ('new', 1, 'shelved', %s)",
        [provider.pk],
    )


def test_raw_writes_of_another_houses_rows_are_refused(books, acme, globex):
    with provider_scope(acme):
        insert(acme)
        for write in (
            lambda: insert(globex),
            lambda: change("UPDATE testapp_book SET provider_id = %s", [globex.pk]),
        ):
            with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                write()
        assert change("UPDATE testapp_book SET pages = 9 WHERE title = 'globex''s'") == 0
        assert change("DELETE FROM testapp_book WHERE title = 'globex''s'") == 0


def test_raw_writes_without_a_scope_are_refused(books, acme):
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        insert(acme)
    assert change("UPDATE testapp_book SET pages = 9") == 0
    assert change("DELETE FROM testapp_book") == 0


# --- Transactions ---------------------------------------------------------------------------------


@pytest.mark.parametrize("failing", [False, True])
def test_a_savepoint_rolled_back_takes_no_scope_back(books, acme, globex, failing):
    def fail():
        with pytest.raises(ProgrammingError):
            raw("SELECT nonsense FROM testapp_book")

    with provider_scope(acme):
        savepoint = transaction.savepoint()
        with provider_scope(globex):
            assert titles() == ["globex's"]
            if failing:
                fail()
            transaction.savepoint_rollback(savepoint)
            assert titles() == ["globex's"]
            if failing:
                fail()
        # In another scope than the statement that failed: nothing can be told before this.
        transaction.savepoint_rollback(savepoint)
        assert titles() == ["acme's"]
    assert titles() == []


def test_a_transaction_rolled_back_takes_no_scope_back(committed):
    acme, globex = committed
    for failing in (False, True):
        with provider_scope(acme):
            assert titles() == ["acme's"]
            with provider_scope(globex):
                try:
                    with transaction.atomic():
                        assert titles() == ["globex's"]
                        if failing:
                            raw("SELECT nonsense FROM testapp_book")
                        transaction.set_rollback(True)
                except ProgrammingError:
                    assert failing
                assert titles() == ["globex's"]
            assert titles() == ["acme's"]
        assert titles() == []


def test_a_commit_refused_takes_no_scope_back(committed):
    acme, globex = committed
    with provider_scope(acme):
        assert titles() == ["acme's"]
    connection.set_autocommit(False)
    with provider_scope(globex):
        assert change("UPDATE testapp_book SET shelf_id = -1") == 1
    with pytest.raises(IntegrityError):
        connection.commit()
    with provider_scope(globex):
        assert titles() == ["globex's"]
    connection.rollback()
    connection.set_autocommit(True)


def test_the_isolation_level_can_still_be_chosen(committed):
    with provider_scope(committed[0]), transaction.atomic():
        connection.cursor().execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        assert titles() == ["acme's"]


# --- Connections ----------------------------------------------------------------------------------


def test_a_pooled_connection_carries_no_scope_to_its_next_user(committed):
    acme, globex = committed
    whose = "SELECT pg_backend_pid(), current_user"
    connection.close()
    for unfinished in (False, True):
        with provider_scope(acme):
            assert titles() == ["acme's"]
            first = raw(whose)
            if unfinished:
                connection.set_autocommit(False)
                with provider_scope(globex):
                    assert titles() == ["globex's"]
        connection.close()
        assert titles() == []
        assert raw(whose) == first == [(first[0][0], "fledge_app")]
        with provider_scope(globex):
            assert titles() == ["globex's"]
        connection.close()


@pytest.mark.parametrize("committed", [3], indirect=True)
def test_threads_with_many_reads_keep_apart(committed):
    wrong = []

    make, settings = type(connections["default"]), connection.settings_dict

    def read(number):
        connections["default"] = make(settings)
        try:
            for turn in range(100):
                provider = committed[(turn + number) % 2]
                with provider_scope(provider):
                    assert titles() == [f"{provider.slug}'s"]
                if turn % 7 == 0:
                    assert titles() == []
                if turn % 10 == 0:
                    connection.close()
        except Exception as error:
            wrong.append(error)
        finally:
            connections.close_all()

    connection.close()
    threads = [threading.Thread(target=read, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_interleaved_tasks_on_one_connection_keep_apart(books, acme, globex):
    async def read(provider):
        async with provider_scope(provider):
            for _ in range(20):
                await asyncio.sleep(0)
                assert await sync_to_async(titles)() == [f"{provider.slug}'s"]

    async def nobody():
        for _ in range(20):
            assert await sync_to_async(titles)() == []

    async def all_of_them():
        await asyncio.gather(nobody(), *(read(p) for p in (acme, globex) * 5))

    async_to_sync(all_of_them)()  # in this thread, and so on this connection


# --- Rows that come later -------------------------------------------------------------------------


def test_a_streamed_response_reads_in_its_own_scope(books, acme, globex):
    def lines():
        for _ in range(3):
            yield from titles()

    with provider_scope(acme):
        response = StreamingHttpResponse(held(lines()))
    seen = []
    with provider_scope(globex):
        for chunk in response.streaming_content:
            seen.append(chunk)
            assert titles() == ["globex's"]
    assert seen == [b"acme's"] * 3


@pytest.mark.parametrize("debug", [False, True])
def test_a_server_side_cursor_goes_on_in_the_scope_it_was_opened_in(acme, globex, debug):
    with provider_scope(acme):
        Book.objects.bulk_create([Book(title=f"{n}") for n in range(30)])
    with provider_scope(globex):
        Book.objects.create(title="theirs")
    connection.force_debug_cursor = debug
    try:
        with provider_scope(acme):
            books = Book.objects.iterator(chunk_size=3)
            count = 0
            for _book in books:
                count += 1
                with provider_scope(globex):
                    assert titles() == ["theirs"]
        assert count == 30
        for rows in (list, lambda cursor: cursor.fetchmany(40), lambda cursor: cursor.fetchall()):
            with provider_scope(acme):
                cursor = connection.chunked_cursor()
                cursor.execute("SELECT title FROM testapp_book")
            assert titles() == []
            assert len(rows(cursor)) == 30
            assert titles() == []
    finally:
        connection.force_debug_cursor = False


# --- Scopes found late ----------------------------------------------------------------------------


def test_a_lazy_scope_stays_unasked_by_statements_about_public_rows(books, acme):
    asked = []

    def find():
        asked.append(1)
        return Scope(frozenset({acme.pk}))

    with scoped(find):
        raw("SELECT count(*) FROM wagtailcore_page")
        assert asked == []
        assert titles() == ["acme's"]
        assert Book._base_manager.count() == 1
    assert asked == [1]


def test_pages_for_visitors_of_the_marketplace_ask_for_no_memberships(
    books, django_assert_num_queries
):
    def page(request):
        raw("SELECT count(*) FROM wagtailcore_page")
        return HttpResponse(str(len(titles())))

    from home.actions import set_up_marketplace

    set_up_marketplace()
    request = RequestFactory().get("/", headers={"host": "testserver"})
    request.user = AnonymousUser()
    middleware = TenantMiddleware(page)
    assert middleware(request).content == b"0"
    with django_assert_num_queries(2):  # what the page itself asks
        middleware(request)


def test_memberships_are_read_across_houses_whatever_the_scope(books, globex, carol, mallory):
    from lms.tenants.permissions import roles_of

    with provider_scope(globex):
        forget_roles(carol)
        assert list(roles_of(carol)) != []
        assert titles() == ["globex's"]


# --- Policies -------------------------------------------------------------------------------------


def test_every_table_of_private_rows_has_its_policy():
    assert wall.missing(connection) == []
    assert {Book._meta.db_table, Membership._meta.db_table} < set(wall.conditions())


def test_a_table_without_its_policy_is_found_and_mended_and_then_left_alone(
    django_assert_num_queries,
):
    with connection.as_owner():
        for harm in (
            "DROP POLICY provider_scope ON testapp_book",
            "COMMENT ON POLICY provider_scope ON testapp_shelf IS 'an older one'",
            "ALTER TABLE testapp_label NO FORCE ROW LEVEL SECURITY",
        ):
            connection.cursor().execute(harm)
        assert wall.missing(connection) == ["testapp_book", "testapp_label", "testapp_shelf"]
        assert any("testapp_book" in weakness for weakness in wall.weaknesses(connection))
        wall.install(connection)
        assert wall.missing(connection) == []
        with django_assert_num_queries(8):  # two to look, the rest are grants
            wall.install(connection)


@pytest.mark.parametrize("houses", [1, 3])
def test_queries_still_use_the_indexes_that_begin_with_the_provider(acme, houses):
    providers = [acme, *(house(f"house-{n}") for n in range(houses - 1))]
    with provider_scope(providers), transaction.atomic():
        connection.cursor().execute("SET LOCAL enable_seqscan = off")
        plan = Book.objects.filter(title="Emma").explain()
    assert "book_once" in plan
    assert "provider_id = " in plan.split("Index Cond")[1].splitlines()[0]
