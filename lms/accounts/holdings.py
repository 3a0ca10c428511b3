"""What is held about a person: the one list that the export of one's data and the erasure of an
account both go by. Each app says in its `personal.py` what it holds:

    hold("wishlist.Wish", "person", ("course__title", "created_at"))
    hold("homework.Work", "enrolment__student", (…), stays=RECORD, blank={"draft": ""})
    acted("homework.Feedback", "given_by", ("released_at",))

`tests/architecture/test_personal.py` fails for a model that names a person and is not listed.
Rows are read and erased across all schools, in the scope that `lms.privacy` enters.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from wagtail.models import ModelLogEntry

from lms.accounts.models import normalise_email

Text = str | Promise
Rows = QuerySet[Any]
# (the name in the export, the stored file)
Found = tuple[str, Any]

# Why something stays. People read these before they decide.
RECORD = _("It stays in the school's records of its courses, without your name.")
MADE = _("It belongs to the school's courses and stays there, without your name.")
PROOF = _("It stays without your name, as proof of what was done.")


@dataclass(frozen=True, kw_only=True)
class Holding:
    """Rows of one model about one person.

    `by` leads from a row to the person, as in a query. `shown` are the columns that the export
    tells, as paths of a query; ("path", label) where the field has no name that people know. What
    is somebody else's (who marked it, other students) is left out. `files` finds a row's own files.

    Without `stays` the rows are deleted. With it, which says why, they stay: `blank` is what is
    taken out of them ({field: value}). `forget` does more than that to a batch of rows, of those
    which `left` still finds; it must leave each so that `left` finds it no longer. `reach` finds
    rows that no key leads to, by the person's addresses for instance.
    """

    model: str
    by: str
    shown: tuple[str | tuple[str, Text], ...]
    label: Text = ""
    stays: Text = ""
    blank: Mapping[str, Any] = field(default_factory=dict)
    files: Callable[[Any], Iterable[Found]] | None = None
    forget: Callable[[list[Any], Any], None] | None = None
    left: Callable[[Rows], Rows] | None = None
    reach: Callable[[Any, Rows], Rows] | None = None

    @cached_property
    def rows_model(self) -> type[Model]:
        return apps.get_model(self.model)

    @property
    def key(self) -> str:
        """Names it in the export's files; stable."""
        return f"{self.model.lower()}.{self.by.replace('__', '.')}"

    @property
    def name(self) -> Text:
        """What people call such rows."""
        return self.label or self.rows_model._meta.verbose_name_plural or self.model

    @property
    def columns(self) -> dict[str, Text]:
        """{path of a query: what people call it}."""
        return {
            column if isinstance(column, str) else column[0]: (
                self._label(column) if isinstance(column, str) else column[1]
            )
            for column in self.shown
        }

    def choices(self, path: str) -> dict[Any, Text]:
        """{stored value: what people call it} of a column."""
        return dict(getattr(self._field(path), "flatchoices", None) or ())

    def of(self, person: Any) -> Rows:
        """The person's rows, in the order of their keys."""
        rows = self.rows_model._default_manager.all()
        rows = self.reach(person, rows) if self.reach else rows.filter(**{self.by: person})
        return rows.order_by("pk")

    def to_forget(self, person: Any) -> Rows:
        """Those of which something is left that has to go."""
        rows = self.of(person)
        if self.left:
            return self.left(rows)
        if self.stays:
            return rows.exclude(**self.blank) if self.blank else rows.none()
        return rows

    def forget_batch(self, person: Any, size: int) -> bool:
        """Erase up to `size` rows, or blank them; whether there were any. Needs a transaction."""
        batch = list(self.to_forget(person)[:size])
        if not batch:
            return False
        self._forget_in_log(batch)
        if self.forget:
            self.forget(batch, person)
            return True
        rows = self.rows_model._default_manager.filter(pk__in=[row.pk for row in batch])
        if self.stays:
            rows.update(**self.blank)
        else:
            rows.delete()
        return True

    def _forget_in_log(self, batch: list[Any]) -> None:
        """Wagtail's log repeats what rows call themselves."""
        kind = ContentType.objects.get_for_model(self.rows_model)
        keys = [str(row.pk) for row in batch]
        ModelLogEntry.objects.filter(content_type=kind, object_id__in=keys).update(label="")

    def _field(self, path: str) -> Any:
        model: Any = self.rows_model
        found: Any = None
        for name in path.split("__"):
            if model is None:
                return None  # a key within a JSON field
            found = model._meta.get_field(name)
            model = found.related_model
        return found

    def _label(self, path: str) -> Text:
        """A title says what its parent is: `course__title` is "course"."""
        parent, _dot, last = path.rpartition("__")
        named = self._field(parent) if parent and last in ("title", "name") else self._field(path)
        return getattr(named, "verbose_name", last)


_holdings: dict[str, Holding] = {}


def hold(model: str, by: str, shown: tuple[Any, ...], **more: Any) -> Holding:
    """List what is held about a person. Raises ValueError for what is listed already."""
    holding = Holding(model=model, by=by, shown=shown, **more)
    if holding.key in _holdings:
        raise ValueError(f"{holding.key} is listed twice.")
    _holdings[holding.key] = holding
    return holding


def acted(model: str, by: str, shown: tuple[Any, ...], **more: Any) -> Holding:
    """List what a person did for a school to rows that are about others, or nobody's: it is told
    that and when, and it stays without their name."""
    return hold(model, by, shown, **{"stays": MADE, **more})


def holdings() -> list[Holding]:
    """All of them, as the apps stand upon each other: first what points to others. The account
    itself comes last."""
    return list(_holdings.values())


def addresses_of(person: Any) -> set[str]:
    """Every e-mail address of a person, in its normal spelling."""
    further = person.emailaddress_set.values_list("email", flat=True)
    return {normalise_email(email) for email in (person.email, *further)}


def by_address(field_name: str = "email", *also: str) -> Callable[[Any, Rows], Rows]:
    """For `reach`: rows with one of the person's addresses in `field_name`, and those that `also`
    lead to them."""

    def reach(person: Any, rows: Rows) -> Rows:
        wanted = Q(**{f"{field_name}__in": addresses_of(person)})
        for by in also:
            wanted |= Q(**{by: person})
        return rows.filter(wanted)

    return reach


__all__ = [
    "MADE",
    "PROOF",
    "RECORD",
    "Holding",
    "acted",
    "addresses_of",
    "by_address",
    "hold",
    "holdings",
]
