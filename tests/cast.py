"""Making people and houses, for fixtures and for Hypothesis (which can't use fixtures)."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth import get_user_model
from django.core.cache import caches
from django.db import transaction

from lms.tenants import hosts
from lms.tenants.models import Membership, Provider, Role
from lms.tenants.scope import provider_scope
from lms.tenants.states import State


def house(slug: str, **fields: Any) -> Provider:
    """An open provider."""
    fields = {"name": slug.title(), "status": State.OPEN, **fields}
    return Provider.objects.create(slug=slug, **fields)


def person(name: str, **fields: Any) -> Any:
    """An active person: `alice` is alice@example.org."""
    fields = {"email": f"{name}@example.org", "name": name.title(), **fields}
    user = get_user_model()(**fields)
    user.set_unusable_password()
    user.save()
    return user


def member(user: Any, provider: Provider, role: Role, *, approved: bool = True) -> Membership:
    with provider_scope(provider):
        return Membership.objects.create(
            user=user, role=role, approved=approved and role == Role.INSTRUCTOR
        )


@contextmanager
def fresh_rows() -> Iterator[None]:
    """For one Hypothesis example: whatever is written inside is undone."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def forget_cached() -> None:
    """For one test or Hypothesis example: nothing is known that was cached before.

    By a prefix of its own: clearing Redis would take the keys of the other workers' tests too.
    """
    for alias in caches:
        caches[alias].key_prefix = f"test-{uuid.uuid4().hex}"
    hosts.forget()
