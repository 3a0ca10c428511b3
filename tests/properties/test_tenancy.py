"""P64: no query made for a tenant ever returns another tenant's row.

Each example draws houses with shelves and books, and a scope; then every shape of query there is
must see exactly the books of the houses in scope, or refuse where nobody said whose. On PostgreSQL
the database itself holds raw SQL to the same.
"""

import pickle
from dataclasses import dataclass
from uuid import UUID

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.db import DatabaseError, connection, transaction
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, Subquery, Sum
from hypothesis import given
from hypothesis import strategies as st

from lms.tenants.models import Provider
from lms.tenants.scope import (
    CrossTenantWrite,
    NoScope,
    Scope,
    every_tenant,
    held,
    provider_scope,
    scoped,
)
from tests.cast import fresh_rows, house, person
from tests.testapp.models import Book, Label, Shelf

pytestmark = pytest.mark.django_db

MADE_AT_IMPORT = Book.objects.filter(pages__gte=0)

titles = st.lists(st.sampled_from("abcdef"), max_size=5, unique=True)
worlds = st.lists(titles, min_size=2, max_size=4).filter(any)


@dataclass
class World:
    """Houses with books on one shelf each; every book is read by the same reader."""

    houses: list[Provider]
    reader: object
    books: dict[int, tuple[UUID, str, int]]  # pk: (provider id, title, pages)

    def of(self, ids: set[UUID]) -> dict[int, tuple[UUID, str, int]]:
        return {pk: book for pk, book in self.books.items() if book[0] in ids}


def build(shelves: list[list[str]]) -> World:
    reader = person("carol")
    world = World([], reader, {})
    for number, shelf_titles in enumerate(shelves):
        provider = house(f"house-{number}")
        world.houses.append(provider)
        with provider_scope(provider):
            shelf = Shelf.objects.create(name="all")
            for position, title in enumerate(shelf_titles):
                pages = 10 ** (number + 1) + position
                book = Book.objects.create(title=title, pages=pages, shelf=shelf, reader=reader)
                world.books[book.pk] = (provider.pk, title, pages)
    return world


async def _pks_asynchronously():
    return {book.pk async for book in Book.objects.all()}


async def _counted_asynchronously():
    return await Book.objects.acount()


async def _updated_asynchronously():
    return await Book.objects.aupdate(pages=1)


def _users():
    return get_user_model()._default_manager


def _reader(world):
    return _users().prefetch_related("books").get(pk=world.reader.pk)


# Shapes that answer with primary keys of books.
KEYS = {
    "list": lambda w: [book.pk for book in Book.objects.all()],
    "filter": lambda w: [book.pk for book in Book.objects.filter(pages__gte=0)],
    "own queryset methods": lambda w: [
        book.pk for book in Book.objects.thick() | Book.objects.filter(pages__lt=500)
    ],
    "exclude": lambda w: [book.pk for book in Book.objects.exclude(title="none")],
    "either or": lambda w: [b.pk for b in Book.objects.filter(Q(pages__gte=0) | Q(title="a"))],
    "negation": lambda w: [book.pk for book in Book.objects.filter(~Q(title="none"))],
    "values": lambda w: [row["pk"] for row in Book.objects.values("pk")],
    "iterator": lambda w: [book.pk for book in Book.objects.iterator(chunk_size=2)],
    "in bulk": lambda w: list(Book.objects.in_bulk(list(w.books))),
    "by foreign keys of all": lambda w: [b.pk for b in Book.objects.filter(pk__in=list(w.books))],
    "select related": lambda w: [b.pk for b in Book.objects.select_related("shelf", "reader")],
    "async iteration": lambda w: async_to_sync(_pks_asynchronously)(),
    "made at import time": lambda w: [book.pk for book in MADE_AT_IMPORT.all()],
    "pickled": lambda w: _pickled_keys(),
    "made in another scope": lambda w: [book.pk for book in _made_elsewhere(w)],
    "union": lambda w: {b.pk for b in Book.objects.filter(title="a").union(Book.objects.all())},
    "difference": lambda w: [
        b.pk for b in Book.objects.all().difference(Book.objects.filter(title="none"))
    ],
    "distinct and ordered": lambda w: [
        b.pk for b in Book.objects.order_by("shelf__name", "pk").distinct()
    ],
    "through a private relation": lambda w: [
        b.pk for b in Book.objects.filter(shelf__name="all", reader__name="Carol")
    ],
    "reverse relation": lambda w: [book.pk for book in w.reader.books.all()],
    "prefetch": lambda w: [book.pk for book in _reader(w).books.all()],
    "prefetch with a queryset": lambda w: [
        book.pk
        for user in _users().prefetch_related(
            Prefetch("books", Book.objects.filter(pages__gte=0), to_attr="read")
        )
        for book in user.read
    ],
    "joined from a public table": lambda w: [
        pk
        for pk in _users().filter(pk=w.reader.pk).values_list("books__pk", flat=True)
        if pk is not None
    ],
    "subquery": lambda w: list(
        Book.objects.filter(pk__in=Book.objects.values("pk")).values_list("pk", flat=True)
    ),
    "held for later": lambda w: [book.pk for book in _later(Book.objects.all())],
}


def _pickled_keys():
    query = pickle.loads(pickle.dumps(Book.objects.all().query))
    again = Book.objects.all()
    again.query = query
    return [book.pk for book in again]


def _made_elsewhere(world):
    with provider_scope(world.houses[0]):
        return Book.objects.filter(pages__gte=0)


def _later(books):
    steps = held(books)
    with provider_scope():
        return list(steps)


# Shapes that answer with a number: (what was got, what the visible books say).
NUMBERS = {
    "count": (lambda w: Book.objects.count(), lambda seen: len(seen)),
    "exists": (lambda w: Book.objects.exists(), lambda seen: bool(seen)),
    "async count": (lambda w: async_to_sync(_counted_asynchronously)(), lambda seen: len(seen)),
    "contains": (
        lambda w: sum(
            Book.objects.contains(Book(pk=pk, provider_id=owner))
            for pk, (owner, _title, _pages) in w.books.items()
        ),
        lambda seen: len(seen),
    ),
    "aggregate": (
        lambda w: Book.objects.aggregate(n=Sum("pages"))["n"] or 0,
        lambda seen: sum(pages for _owner, _title, pages in seen.values()),
    ),
    "annotated count over a join": (
        lambda w: _users().annotate(n=Count("books")).get(pk=w.reader.pk).n,
        lambda seen: len(seen),
    ),
    "joined sum over a public table": (
        lambda w: _users().filter(pk=w.reader.pk).aggregate(n=Sum("books__pages"))["n"] or 0,
        lambda seen: sum(pages for _owner, _title, pages in seen.values()),
    ),
    "filter across a join": (
        lambda w: _users().filter(books__title="a").count(),
        lambda seen: sum(title == "a" for _owner, title, _pages in seen.values()),
    ),
    "exclude across a join": (
        lambda w: _users().exclude(books__title="a").count(),
        lambda seen: int(all(title != "a" for _owner, title, _pages in seen.values())),
    ),
    "exists subquery": (
        lambda w: _users().filter(Exists(Book.objects.filter(reader=OuterRef("pk")))).count(),
        lambda seen: int(bool(seen)),
    ),
    "scalar subquery": (
        lambda w: (
            _users()
            .annotate(p=Subquery(Book.objects.filter(reader=OuterRef("pk")).values("pages")[:1]))
            .exclude(p=None)
            .count()
        ),
        lambda seen: int(bool(seen)),
    ),
    "update": (
        lambda w: Book.objects.update(state="lent"),
        lambda seen: len(seen),
    ),
    "update through a filter": (
        lambda w: Book.objects.filter(shelf__name="all").update(pages=1),
        lambda seen: len(seen),
    ),
    "update of a reverse relation": (
        lambda w: w.reader.books.update(pages=1),
        lambda seen: len(seen),
    ),
    "async update": (
        lambda w: async_to_sync(_updated_asynchronously)(),
        lambda seen: len(seen),
    ),
    "delete": (
        lambda w: Book.objects.all().delete()[1].get("testapp.Book", 0),
        lambda seen: len(seen),
    ),
    "delete through a filter": (
        lambda w: Book.objects.filter(shelf__name="all").delete()[1].get("testapp.Book", 0),
        lambda seen: len(seen),
    ),
}

scopes = st.sampled_from(["one", "some", "lazy", "nested", "nobody's", "every", "none"])


def enter(kind, world, data):
    """The scope to enter and the ids it covers; None for no scope at all."""
    ids = [provider.pk for provider in world.houses]
    chosen = data.draw(st.lists(st.sampled_from(ids), unique=True, min_size=1), label="scope")
    match kind:
        case "one":
            return provider_scope(chosen[0]), {chosen[0]}
        case "some" | "nested":
            return provider_scope(chosen), set(chosen)
        case "lazy":
            return scoped(lambda: Scope(frozenset(chosen))), set(chosen)
        case "nobody's":
            return provider_scope(), set()
        case "every":
            return every_tenant("the property itself"), set(ids)
    return scoped(lambda: None), None


@given(world=worlds, kind=scopes, data=st.data())
def test_p064_rows_of_other_tenants_are_never_returned(world, kind, data):
    with fresh_rows():
        world = build(world)
        scope, ids = enter(kind, world, data)
        outer = provider_scope(world.houses[-1]) if kind == "nested" else provider_scope()
        for shape, keys in KEYS.items():
            with outer, scope:
                if ids is None:
                    with pytest.raises(NoScope):
                        pytest.fail(f"{shape}: {keys(world)}")
                else:
                    assert sorted(keys(world)) == sorted(world.of(ids)), shape


@given(world=worlds, kind=scopes, data=st.data())
def test_p064_rows_of_other_tenants_are_never_counted_or_changed(world, kind, data):
    with fresh_rows():
        world = build(world)
        scope, ids = enter(kind, world, data)
        for shape, (number, expected) in NUMBERS.items():
            with fresh_rows():
                if ids is None:
                    with scope, pytest.raises(NoScope):
                        pytest.fail(f"{shape}: {number(world)}")
                else:
                    with scope:
                        assert number(world) == expected(world.of(ids)), shape
                with every_tenant("see what is left"):
                    left = set(Book.objects.filter(state="shelved").values_list("pk", "pages"))
                others = {(pk, book[2]) for pk, book in world.books.items()} - {
                    (pk, book[2]) for pk, book in world.of(ids or set()).items()
                }
                assert others <= left, shape


# Raw SQL that answers with primary keys of books.
RAW_KEYS = {
    "select": "SELECT id FROM testapp_book",
    "every condition there is": "SELECT id FROM testapp_book WHERE true OR provider_id IS NOT NULL",
    "by keys of all": "SELECT id FROM testapp_book WHERE id = ANY (%(keys)s)",
    "by houses of all": "SELECT id FROM testapp_book WHERE provider_id = ANY (%(houses)s)",
    "joined from a public table": (
        "SELECT b.id FROM accounts_user u LEFT JOIN testapp_book b ON b.reader_id = u.id"
        " WHERE b.id IS NOT NULL"
    ),
    "joined to a private table": (
        "SELECT b.id FROM testapp_shelf s JOIN testapp_book b ON b.shelf_id = s.id"
    ),
    "subquery": "SELECT id FROM testapp_book WHERE id IN (SELECT id FROM testapp_book)",
    "union": "SELECT id FROM testapp_book UNION SELECT id FROM testapp_book",
    "common table": "WITH b AS MATERIALIZED (SELECT * FROM testapp_book) SELECT id FROM b",
    "lateral": (
        "SELECT b.id FROM tenants_provider p, LATERAL"
        " (SELECT id FROM testapp_book WHERE provider_id = p.id) b"
    ),
    "links": "SELECT book_id FROM testapp_book_labels",
    "locked": "SELECT id FROM testapp_book FOR UPDATE",
    "updated": "UPDATE testapp_book SET pages = 1 RETURNING id",
    "updated from a public table": (
        "UPDATE testapp_book b SET pages = 1 FROM accounts_user u WHERE u.id = b.reader_id"
        " RETURNING b.id"
    ),
    "links deleted": "DELETE FROM testapp_book_labels RETURNING book_id",
    "deleted": "WITH gone AS (DELETE FROM testapp_book_labels)"
    " DELETE FROM testapp_book WHERE id <> 0 RETURNING id",
}

RAW_WRITES = {
    "insert": (
        "INSERT INTO testapp_book (title, pages, state, provider_id)"
        " VALUES ('new', 1, 'shelved', %(other)s)"
    ),
    "insert or update": (
        "INSERT INTO testapp_book (title, pages, state, provider_id)"
        " SELECT title, pages, state, %(other)s FROM testapp_book"
        " ON CONFLICT (provider_id, title) DO UPDATE SET pages = 1"
    ),
    "moving house": "UPDATE testapp_book SET provider_id = %(other)s",
}

on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has no row-level security"
)


def _labelled(world):
    """Each book with a label of its house, so that there are links."""
    for provider in world.houses:
        with provider_scope(provider):
            label = Label.objects.create(name="all")
            for book in Book.objects.all():
                book.labels.add(label)


@on_postgresql
@given(world=worlds, kind=scopes, data=st.data())
def test_p064_raw_sql_reaches_rows_in_scope_only(world, kind, data):
    with fresh_rows():
        world = build(world)
        _labelled(world)
        scope, ids = enter(kind, world, data)
        everything = {"keys": list(world.books), "houses": [house.pk for house in world.houses]}
        outer = provider_scope(world.houses[-1]) if kind == "nested" else provider_scope()
        for shape, sql in RAW_KEYS.items():
            with fresh_rows(), outer, scope, connection.cursor() as cursor:
                cursor.execute(sql, everything)
                found = [pk for (pk,) in cursor.fetchall()]
                # Where nobody said whose, nobody's.
                assert sorted(found) == sorted(world.of(ids or set())), shape


@on_postgresql
@given(titles_of_own=titles.filter(bool), scoped_at_all=st.booleans())
def test_p064_raw_sql_writes_no_row_out_of_scope(titles_of_own, scoped_at_all):
    with fresh_rows():
        world = build([titles_of_own, ["a"]])
        own, other = world.houses
        for name, sql in RAW_WRITES.items():
            scope = provider_scope(own) if scoped_at_all else scoped(lambda: None)
            with fresh_rows():
                try:
                    with scope, transaction.atomic(), connection.cursor() as cursor:
                        cursor.execute(sql, {"other": other.pk})
                        # Without a scope there is nothing to move or copy.
                        assert not scoped_at_all and cursor.rowcount == 0, name
                except DatabaseError as error:
                    assert "row-level security" in str(error), name
                with every_tenant("see what is there"):
                    now = set(Book.objects.values_list("pk", "provider_id", "title", "pages"))
                assert now == {(pk, *book) for pk, book in world.books.items()}, name


def _new(owner, world, **values):
    return Book(provider=owner, title="new", reader=world.reader, **values)


def _bulk_update_to_foreign_shelf(own, other, world):
    book = Book.objects.create(title="new", provider=own)
    book.shelf = _shelf_of(other)
    Book.objects.bulk_update([book], ["shelf"])


def _save_with_foreign_key(own, other, world):
    _new(own, world, shelf_id=_shelf_of(other).pk).save()


def _moved(own, other, world):
    book = _new(own, world)
    book.save()
    book.provider = other
    book.save()


def _linked(own, other, world):
    with provider_scope(other):
        label = Label.objects.create(name="theirs")
    book = _new(own, world)
    book.save()
    book.labels.add(label)


def _shelf_of(provider):
    with provider_scope(provider):
        return Shelf.objects.create(name="theirs")


async def _create_asynchronously(own, other, world):
    await Book.objects.acreate(provider=other, title="new")


WRITES = {
    "save": lambda own, other, w: _new(other, w).save(),
    "create": lambda own, other, w: Book.objects.create(provider=other, title="new"),
    "create asynchronously": async_to_sync(_create_asynchronously),
    "create by relation": lambda own, other, w: w.reader.books.create(provider=other, title="n"),
    "bulk create": lambda own, other, w: Book.objects.bulk_create([_new(own, w), _new(other, w)]),
    "get or create": lambda own, other, w: Book.objects.get_or_create(provider=other, title="n"),
    "update or create": lambda own, other, w: Book.objects.update_or_create(
        provider=other, title="new"
    ),
    "update of the provider": lambda own, other, w: Book.objects.update(provider=other),
    "update of the provider's id": lambda own, other, w: Book.objects.update(provider_id=other.pk),
    "bulk update of the provider": lambda own, other, w: Book.objects.bulk_update(
        list(Book.objects.all()), ["provider"]
    ),
    "another's row as a target": lambda own, other, w: _new(own, w, shelf=_shelf_of(other)).save(),
    "another's key as a target": _save_with_foreign_key,
    "another's row in bulk create": lambda own, other, w: Book.objects.bulk_create(
        [_new(own, w, shelf=_shelf_of(other))]
    ),
    "another's row in update": lambda own, other, w: Book.objects.update(shelf=_shelf_of(other)),
    "another's key in update": lambda own, other, w: Book.objects.update(
        shelf_id=_shelf_of(other).pk
    ),
    "a computed key in update": lambda own, other, w: Book.objects.update(
        shelf=Subquery(Shelf.objects.values("pk")[:1])
    ),
    "another's row in bulk update": _bulk_update_to_foreign_shelf,
    "another's row as a link": _linked,
    "moving house": _moved,
}


# Writing to another house is in order where both are in scope; mixing the two never is.
WITHIN_REACH = {
    "save",
    "create",
    "create asynchronously",
    "create by relation",
    "bulk create",
    "get or create",
    "update or create",
}


@given(wide=st.booleans(), titles_of_own=titles.filter(bool))
def test_p064_no_write_crosses_from_one_tenant_to_another(wide, titles_of_own):
    with fresh_rows():
        world = build([titles_of_own, ["a"]])
        own, other = world.houses
        scope = provider_scope(own, other) if wide else provider_scope(own)
        for name, write in WRITES.items():
            if wide and name in WITHIN_REACH:
                continue
            with fresh_rows():
                with scope, pytest.raises(CrossTenantWrite), transaction.atomic():
                    pytest.fail(f"{name}: {write(own, other, world)}")
                with provider_scope(other):
                    assert set(Book.objects.values_list("pk", "title")) == {
                        (pk, title) for pk, (_owner, title, _p) in world.of({other.pk}).items()
                    }, name


@given(titles_of_own=titles.filter(bool))
def test_p064_no_write_happens_without_a_scope(titles_of_own):
    with fresh_rows():
        world = build([titles_of_own, ["a"]])
        for name, write in WRITES.items():
            with pytest.raises(NoScope), transaction.atomic():
                pytest.fail(f"{name}: {write(*world.houses, world)}")
        with every_tenant("count"):
            assert Book.objects.count() == len(world.books)
