"""The fence as code meets it: where it stands, and that without it nothing has changed."""

import pytest
from django.contrib.auth import get_user_model
from django.db.models import Count, QuerySet
from wagtail.models import Page

from home.fence import RULES
from lms.courses.models import CoursePage
from lms.tenants.models import Provider
from lms.tenants.scope import every_tenant, fenced, provider_scope, scoped, unfenced
from lms.tenants.scope.context import Scope, held
from lms.tenants.scope.fence import in_force

pytestmark = pytest.mark.django_db


def names():
    return set(Provider.objects.values_list("slug", flat=True))


def test_outside_of_a_fence_the_sql_is_django_s_own():
    for model in [*RULES, CoursePage]:
        plain = QuerySet(model).order_by("pk")
        assert str(model._default_manager.order_by("pk").query) == str(plain.query)


def test_a_provider_s_scope_is_no_fence(acme, globex):
    with provider_scope(acme):
        assert names() == {"acme", "globex"}


def test_inside_only_own_rows_are_found(acme, globex, alice):
    with fenced([acme], alice.pk):
        assert names() == {"acme"}
        assert Provider.objects.count() == 1
        assert not Provider.objects.filter(slug="globex").exists()
    assert names() == {"acme", "globex"}


def test_a_queryset_made_elsewhere_obeys(acme, globex, alice):
    early = Provider.objects.order_by("slug")
    with fenced([acme], alice.pk):
        assert [row.slug for row in early.all()] == ["acme"]
        late = Provider.objects.all()
    assert late.count() == 2


def test_a_scope_entered_inside_keeps_the_fence(acme, globex, alice):
    with fenced([acme], alice.pk):
        with provider_scope(globex):
            assert names() == {"acme"}
        with scoped(lambda: Scope(frozenset())):
            assert names() == {"acme"}


def test_every_tenant_and_unfenced_are_outside(acme, globex, alice):
    with fenced([acme], alice.pk):
        with every_tenant("a test"):
            assert names() == {"acme", "globex"}
        with unfenced("a test"):
            assert names() == {"acme", "globex"}
        assert names() == {"acme"}


def test_leaving_the_fence_takes_a_reason():
    with pytest.raises(ValueError, match="reason"):
        unfenced(" ")


def test_what_is_streamed_later_is_computed_inside(acme, globex, alice):
    def rows():
        yield from sorted(names())

    with fenced([acme], alice.pk):
        stream = held(rows())
    assert list(stream) == ["acme"]
    assert in_force() is None


def test_writes_by_queryset_stay_inside(acme, globex, alice):
    with fenced([acme], alice.pk):
        Provider.objects.update(tagline="Mine")
    assert Provider.objects.get(slug="globex").tagline == ""


def test_joins_from_the_other_end_count_inside_only(acme, globex, alice, mallory):
    """`Page.owner` is counted from people, a model with another rule."""
    root = Page.get_first_root_node()
    root.add_child(instance=Page(title="Somewhere", slug="somewhere", owner=alice))
    people = get_user_model().objects.filter(pk=alice.pk).annotate(n=Count("owned_pages"))
    assert people.get().n == 1
    with fenced([acme], alice.pk):
        assert people.get().n == 0


def test_managers_are_written_to_migrations_as_they_were():
    manager = get_user_model().objects
    assert manager.deconstruct() == type(manager).unmixed().deconstruct()
    assert manager == type(manager).unmixed()
