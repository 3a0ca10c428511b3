"""Writes to a person's planner: by themselves alone."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from lms.common.errors import Forbidden
from lms.progress.dates import Entry

from . import rules, selectors
from .errors import TooManyNotes
from .models import Note, Planner

MOST_NOTES = 500  # open ones


@transaction.atomic
def add_note(person: Any, text: str, day: date | None, *, actor: Any, at: datetime) -> Note:
    """`day` is one of the person's own calendar. Raises TooManyNotes."""
    _require(actor, person)
    if selectors.notes_of(person).filter(done_at=None).count() >= MOST_NOTES:
        raise TooManyNotes
    return Note.objects.create(person=person, text=text, day=day, created_at=at)


def tick(note: Note, *, actor: Any, at: datetime) -> None:
    """Ticking off twice is once."""
    _require(actor, note.person)
    Note.objects.filter(pk=note.pk, done_at=None).update(done_at=at)


def untick(note: Note, *, actor: Any) -> None:
    _require(actor, note.person)
    Note.objects.filter(pk=note.pk).update(done_at=None)


def remove(note: Note, *, actor: Any) -> None:
    _require(actor, note.person)
    note.delete()


def renew_feed(person: Any, *, actor: Any, at: datetime) -> Planner:
    """A new secret address for the person's calendar. The one before, if any, is worthless."""
    return _change(person, actor, feed=Planner.new_feed(), feed_since=at)


def close_feed(person: Any, *, actor: Any) -> Planner:
    return _change(person, actor, feed=None, feed_since=None)


def hide_steps(person: Any, *, actor: Any, at: datetime) -> Planner:
    """Put the first steps away for good."""
    return _change(person, actor, steps_hidden_at=at)


def note_said(planner: Planner, entries: Sequence[Entry], *, at: datetime) -> rules.Said:
    """Remember what a calendar is told of these entries: {key: [digest, revision, since when]}.
    Writes only where something has changed since it was asked for last."""
    digests = {one.key: selectors.digest(one) for one in entries}
    now = at.replace(microsecond=0).isoformat()
    said = rules.revised(planner.said, digests, at=now)
    if said == planner.said:
        return said
    with transaction.atomic():
        row = Planner.objects.select_for_update().filter(pk=planner.pk).first()
        if row is None:
            return said  # the account was deleted meanwhile
        row.said = rules.revised(row.said, digests, at=now)
        row.save(update_fields=["said"])
        return row.said


@transaction.atomic
def _change(person: Any, actor: Any, **values: Any) -> Planner:
    _require(actor, person)
    planner, _made = Planner.objects.get_or_create(person=person)
    for name, value in values.items():
        setattr(planner, name, value)
    planner.save(update_fields=list(values))
    return planner


def _require(actor: Any, person: Any) -> None:
    if actor.pk != person.pk:
        raise Forbidden
