"""The scope: one ContextVar, so it follows threads of control through async code and tasks."""

import functools
import inspect
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self, TypeVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from lms.common.errors import NotFound

if TYPE_CHECKING:
    from lms.tenants.scope.fence import Fence

T = TypeVar("T")
Function = TypeVar("Function", bound=Callable[..., Any])


class NoScope(RuntimeError):
    """Private rows were asked for by code that has not said whose. A bug, never a user's fault."""


class CrossTenantWrite(NotFound):
    """A write would have touched or pointed at another provider's row.

    People get the answer for a missing row: whether the row exists is not theirs to know.
    """

    message = _("There is nothing here.")


@dataclass(frozen=True, slots=True)
class Scope:
    """`provider_ids` is None for every tenant; `why` says so in words. `fence` stands around the
    models that name no provider, in the Wagtail admin (`lms.tenants.scope.fence`)."""

    provider_ids: frozenset[UUID] | None
    why: str = ""
    fence: "Fence | None" = field(default=None, compare=False)

    def within(self, fence: "Fence | None") -> Self:
        return replace(self, fence=fence)

    def covers(self, provider_id: UUID | None) -> bool:
        return self.provider_ids is None or provider_id in self.provider_ids


class _Lazy:
    """A scope found on first use. `find` returns a Scope, or None where there is none."""

    __slots__ = ("_find", "_found", "fence")

    def __init__(self, find: Callable[[], Scope | None], fence: "Fence | None" = None) -> None:
        self._find: Callable[[], Scope | None] | None = find
        self._found: Scope | None = None
        self.fence = fence

    def within(self, fence: "Fence | None") -> "_Lazy":
        return _Lazy(self.scope, fence)

    @property
    def is_found(self) -> bool:
        return self._find is None

    def scope(self) -> Scope | None:
        if self._find is not None:
            found, self._find = self._find(), None
            self._found = found and found.within(self.fence)
        return self._found


_current: ContextVar[Scope | _Lazy | None] = ContextVar("tenant_scope", default=None)


def current() -> Scope:
    """The scope in force. Raises NoScope when there is none."""
    held_now = _current.get()
    scope = held_now.scope() if isinstance(held_now, _Lazy) else held_now
    if scope is None:
        raise NoScope(
            "Whose rows? Enter provider_scope(provider), or every_tenant('why') where that is "
            "allowed (tests/architecture/escapes.py)."
        )
    return scope


def in_force(*, find: Callable[[], bool]) -> frozenset[UUID] | None:
    """The providers in reach, for the database's own wall: None for all of them, none at all where
    nobody entered a scope. A lazy scope nobody has asked for yet is asked if `find()` says so.
    """
    held_now = _current.get()
    if isinstance(held_now, _Lazy):
        held_now = held_now.scope() if held_now.is_found or find() else None
    return frozenset() if held_now is None else held_now.provider_ids


def covers(provider_id: UUID | None) -> bool:
    """Whether the scope in force reaches this provider's rows. Raises NoScope."""
    return current().covers(provider_id)


def sole_provider_id() -> UUID | None:
    """The provider in scope when it is exactly one and known without a query, else None."""
    held_now = _current.get()
    if isinstance(held_now, Scope) and held_now.provider_ids and len(held_now.provider_ids) == 1:
        return next(iter(held_now.provider_ids))
    return None


class _Entry:
    """A scope to enter: a context manager (sync and async) and a decorator.

    Decorated functions, coroutines, generators and async generators run inside it; a generator
    only while it computes, so that its consumer keeps its own scope.

    The fence around it stays, but where `keeps_fence` is false.
    """

    def __init__(
        self, make: Callable[[], Scope | _Lazy | None], *, keeps_fence: bool = True
    ) -> None:
        self._make = make
        self._keeps_fence = keeps_fence
        self._outer: list[Scope | _Lazy | None] = []

    def __enter__(self) -> Self:
        entered, outer = self._make(), _current.get()
        if self._keeps_fence and entered and outer and outer.fence:
            entered = entered.within(outer.fence)
        self._outer.append(outer)
        _current.set(entered)
        return self

    def __exit__(self, *exc_info: object) -> None:
        _current.set(self._outer.pop())

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, *exc_info: object) -> None:
        self.__exit__()

    def __call__(self, function: Function) -> Function:
        entry = functools.partial(_Entry, self._make, keeps_fence=self._keeps_fence)
        wrapper: Callable[..., Any]
        if inspect.isasyncgenfunction(function):

            @functools.wraps(function)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                with entry():
                    return aheld(function(*args, **kwargs))

        elif inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                with entry():
                    return held(function(*args, **kwargs))

        elif inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def wrapper(*args: Any, **kwargs: Any) -> Any:
                with entry():
                    return await function(*args, **kwargs)

        else:

            @functools.wraps(function)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                with entry():
                    return function(*args, **kwargs)

        return wrapper  # type: ignore[return-value]


def provider_scope(*providers: Any) -> _Entry:
    """Only rows of these providers: Provider instances, ids, or iterables of either.

    Inside another scope it replaces that one; a fence around that one stays. With no provider at
    all, nothing is found and nothing may be written. Raises ValueError for something that names
    no provider.
    """
    scope = Scope(frozenset(_ids(providers)))
    return _Entry(lambda: scope)


def scoped(find: Callable[[], Scope | None]) -> _Entry:
    """A scope worked out by `find` when the first query needs it, once per entry."""
    return _Entry(lambda: _Lazy(find))


def every_tenant(why: str) -> _Entry:
    """Rows of every provider. Only where tests/architecture/escapes.py lists it."""
    if not why.strip():
        raise ValueError("every_tenant needs a reason.")
    scope = Scope(None, why)
    return _Entry(lambda: scope, keeps_fence=False)


def _ids(providers: Iterable[Any]) -> Iterator[UUID]:
    for provider in providers:
        if isinstance(provider, UUID):
            yield provider
        elif isinstance(provider, str):
            yield UUID(provider)
        elif isinstance(getattr(provider, "pk", None), UUID):
            yield provider.pk
        elif isinstance(provider, Iterable):
            yield from _ids(provider)
        else:
            raise ValueError(f"{provider!r} names no provider.")


def held(iterable: Iterable[T]) -> Iterator[T]:
    """Iterate with each step taken in the scope held at this call, however late the steps are.

    Streaming responses run their queries after the middleware has returned.
    """
    scope = _current.get()

    def steps() -> Iterator[T]:
        with _entered(scope):
            iterator = iter(iterable)
        try:
            while True:
                with _entered(scope):
                    try:
                        item = next(iterator)
                    except StopIteration:
                        return
                yield item
        finally:
            if close := getattr(iterator, "close", None):
                with _entered(scope):
                    close()

    return steps()


def aheld(iterable: AsyncIterable[T]) -> AsyncIterator[T]:
    """`held` for async iterables."""
    scope = _current.get()

    async def steps() -> AsyncIterator[T]:
        with _entered(scope):
            iterator = aiter(iterable)
        try:
            while True:
                with _entered(scope):
                    try:
                        item = await anext(iterator)
                    except StopAsyncIteration:
                        return
                yield item
        finally:
            if aclose := getattr(iterator, "aclose", None):
                with _entered(scope):
                    await aclose()

    return steps()


def _entered(scope: Scope | _Lazy | None) -> _Entry:
    return _Entry(lambda: scope, keeps_fence=False)
