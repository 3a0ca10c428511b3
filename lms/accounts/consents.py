"""Versions of legal documents, and what people said to them: the only way either is written.

A document of which no version was ever published is asked of nobody.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from lms.accounts.models import REQUIRED, Consent, DocumentVersion, How, LegalDocument, User
from lms.common.errors import Conflict, Forbidden, NotFound

# {document: the key of its current version} is asked for with every page of somebody signed in.
KEY = "legal-documents:current"
SECONDS = 60


@dataclass(frozen=True, slots=True)
class Standing:
    """A document as it stands with a person: its current version, and the consent that counts, to
    whichever version; None without any or once it was withdrawn."""

    version: DocumentVersion
    consent: Consent | None

    @property
    def document(self) -> LegalDocument:
        return LegalDocument(self.version.document)

    @property
    def is_required(self) -> bool:
        return self.document in REQUIRED

    @property
    def is_current(self) -> bool:
        return self.consent is not None and self.consent.version_id == self.version.pk


@transaction.atomic
def publish(
    document: LegalDocument, *, title: str, text: str, changes: str, actor: User, at: datetime
) -> DocumentVersion:
    """A new version, which counts from now on: who agreed to an older one of a required document is
    asked on their next page. For operators. Raises Forbidden, Conflict for what says the same as
    the version before, or was published meanwhile.
    """
    if not actor.is_superuser:
        raise Forbidden
    last = DocumentVersion.objects.filter(document=document).order_by("-number").first()
    if last and (last.title, last.text) == (title, text):
        raise Conflict(_("The current version says the same: there is nothing new to agree to."))
    number = last.number + 1 if last else 1
    try:
        with transaction.atomic():
            version = DocumentVersion.objects.create(
                document=document,
                number=number,
                title=title,
                text=text,
                changes=changes,
                published_at=at,
            )
    except IntegrityError as quicker:
        raise Conflict from quicker
    transaction.on_commit(forget_current)
    return version


def forget_current() -> None:
    cache.delete(KEY)


def current_versions() -> list[DocumentVersion]:
    """The version that counts of each document, in the order of LegalDocument; in one query."""
    newest = (
        DocumentVersion.objects.order_by().values("document").annotate(newest=Max("pk"))
    ).values("newest")
    found = {row.document: row for row in DocumentVersion.objects.filter(pk__in=newest)}
    return [found[document] for document in LegalDocument if document in found]


def required_ids() -> list[int]:
    """The keys of the versions without which nobody goes on, remembered for a minute."""
    known: list[int] | None = cache.get(KEY)
    if known is None:
        known = [row.pk for row in current_versions() if row.document in REQUIRED]
        cache.set(KEY, known, SECONDS)
    return known


def version_of(document: str, number: int | None = None) -> DocumentVersion:
    """One version, or the one that counts. Raises NotFound."""
    rows = DocumentVersion.objects.filter(document=document).order_by("-number")
    found = (rows if number is None else rows.filter(number=number)).first()
    if found is None:
        raise NotFound
    return found


def standings_of(person: User) -> list[Standing]:
    """How each document stands with a person; two queries."""
    last: dict[str, Consent] = {}
    for consent in Consent.objects.filter(person=person).select_related("version").order_by("pk"):
        last[consent.version.document] = consent
    return [
        Standing(version, None if consent is None or consent.how == How.WITHDRAWN else consent)
        for version in current_versions()
        for consent in [last.get(version.document)]
    ]


def asked_of(person: User) -> list[Standing]:
    """The required documents of which the person has not agreed to the current version."""
    return [one for one in standings_of(person) if one.is_required and not one.is_current]


def agree(person: User, versions: Iterable[DocumentVersion], *, how: How, at: datetime) -> None:
    """Keep that the person agreed to these versions, as they were shown. Who has agreed already
    agrees to nothing new."""
    known = {one.version.pk for one in standings_of(person) if one.is_current}
    Consent.objects.bulk_create(
        Consent(person=person, version=version, how=how, at=at)
        for version in versions
        if version.pk not in known
    )


@transaction.atomic
def withdraw(person: User, document: LegalDocument, *, at: datetime) -> None:
    """Take an optional consent back; nothing happens where there is none. Raises Conflict for a
    required one: without it there is no account."""
    if document in REQUIRED:
        raise Conflict(_("Without this there is no account. You can have it erased instead."))
    for one in standings_of(person):
        if one.document == document and one.consent is not None:
            Consent.objects.create(
                person=person, version=one.consent.version, how=How.WITHDRAWN, at=at
            )


def has_agreed(person: Any, document: LegalDocument) -> bool:
    """Whether a consent to any version of it counts: what may be sent to them, for instance."""
    return any(one.document == document and one.consent for one in standings_of(person))


def history_of(person: User) -> list[Consent]:
    """What the person said, the newest first: the last hundred."""
    rows = Consent.objects.filter(person=person).select_related("version").order_by("-pk")
    return list(rows[:100])
