import pytest

from tests.architecture.escapes import ALLOWED, escapes_in, found


def test_ways_around_the_scope_are_used_only_where_the_list_allows_them():
    strays = {
        file: sorted(escapes - set(ALLOWED.get(file, ())))
        for file, escapes in found().items()
        if escapes - set(ALLOWED.get(file, ()))
    }
    assert strays == {}


def test_the_list_allows_nothing_that_is_not_used():
    uses = found()
    unused = {
        file: sorted(set(allowed) - uses.get(file, set()))
        for file, allowed in ALLOWED.items()
        if set(allowed) - uses.get(file, set())
    }
    assert unused == {}


@pytest.mark.parametrize(
    "bad",
    [
        "Book.objects.raw('SELECT 1')",
        "Book._base_manager.all()",
        "getattr(Book, '_base_manager').all()",
        "with every_tenant('because'): pass",
        "scope.every_tenant('because')",
        "with unfenced('because'): pass",
        "QuerySet(Book).all()",
        "models.QuerySet(Book).all()",
        "@every_tenant('because')\ndef f(): pass",
        "connection.cursor()",
        "rows.extra(where=['1=1'])",
        "rows.annotate(n=RawSQL('1', []))",
        "rows._raw_delete('default')",
    ],
)
def test_a_way_around_the_scope_is_found(bad):
    assert list(escapes_in(bad))


@pytest.mark.parametrize(
    "good",
    [
        "Book.objects.filter(title='raw')",
        "with provider_scope(provider): pass",
        "raw = 1\ncursor = raw",
        "def f(rows: QuerySet[Book]) -> None: pass",
        "# every_tenant('in a comment')",
        "text = 'every_tenant(…)'",
    ],
)
def test_ordinary_code_is_left_alone(good):
    assert not list(escapes_in(good))
