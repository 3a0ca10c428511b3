"""Host names of a school's own: claimed by its admins, proven by the DNS, looked at ever after.

A claim blocks nobody: a name belongs to the school that proves it. One whose proof is gone for days
is served still, and goes to the next who proves it. Each function that writes is atomic, names its
actor and enters the provider's scope itself; the DNS is asked outside of transactions.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from wagtail.models import Site

from lms.common import clock
from lms.common.errors import Conflict, NotFound, TooManyRequests
from lms.common.states import move
from lms.events import SYSTEM, emit
from lms.gateways import gateway
from lms.gateways.resolver import (
    Addresses,
    NameServerFailed,
    NameServerTimedOut,
    NoSuchName,
    Resolver,
)
from lms.tenants import events
from lms.tenants.hostnames import (
    in_other_letters,
    is_below,
    normalised,
    proof_name,
    skeleton,
)
from lms.tenants.hosts import marketplace_names
from lms.tenants.limits import require_feature
from lms.tenants.models import Domain, Feature, Problem, Provider
from lms.tenants.permissions import Code, require
from lms.tenants.rules import PROOF_GONE_FOR, next_look
from lms.tenants.scope import every_tenant, provider_scope, unfenced
from lms.tenants.states import FAIL, LOSE, VERIFY, DomainState, State

# How many names one school may have, and how long it waits between two looks it asks for.
NAMES = 20
PAUSE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Record:
    """A DNS record somebody has to make. `value` may stand for several, one each."""

    kind: str
    name: str
    values: tuple[str, ...]


def records_of(domain: Domain) -> list[Record]:
    """The records that make `domain` work: the proof, and what points the name here."""
    pointing = Record("CNAME", domain.hostname, (target(),))
    found = [Record("TXT", proof_name(domain.hostname), (domain.proof,)), pointing]
    if settings.FLEDGE_DOMAIN_ADDRESSES:
        found.append(Record("A", domain.hostname, tuple(settings.FLEDGE_DOMAIN_ADDRESSES)))
    return found


def target() -> str:
    """The host name that schools' own names have to lead to."""
    base = urlsplit(settings.FLEDGE_BASE_URL).hostname or ""
    return (settings.FLEDGE_DOMAIN_TARGET or base).lower().rstrip(".")


def domains_of(*, provider: Provider, actor: Any) -> list[Domain]:
    """The provider's names, oldest first: NAMES at most. Raises Forbidden."""
    require(actor, Code.CHANGE_SETTINGS, provider)
    with provider_scope(provider):
        return list(Domain.objects.all())


def domain_of(*, provider: Provider, domain_id: Any, actor: Any) -> Domain:
    """One of them. Raises Forbidden, NotFound."""
    for domain in domains_of(provider=provider, actor=actor):
        if str(domain.pk) == str(domain_id):
            return domain
    raise NotFound


# --- What schools do ------------------------------------------------------------------------------


@transaction.atomic
def claim(*, provider: Provider, hostname: str, actor: Any) -> Domain:
    """Enter a host name. The first becomes the school's main address once it is verified.

    Raises Forbidden, NotInPlan, ValidationError for a name that can't be claimed, and Conflict
    where the school has too many.
    """
    require(actor, Code.CHANGE_SETTINGS, provider)
    require_feature(provider, Feature.OWN_DOMAIN)
    host = normalised(hostname)
    with provider_scope(provider):
        _held(provider.pk)
        own = Domain.objects.all()
        if own.filter(hostname=host).exists():
            raise ValidationError(_("You have entered this name already."))
        if own.count() >= NAMES:
            raise Conflict(
                _("You have %(number)s names already. Please remove one first.") % {"number": NAMES}
            )
        _refuse_what_is_ours(host)
        _refuse_look_alikes(host, provider)
        is_first = not own.filter(is_primary=True).exists()
        domain = Domain(provider=provider, hostname=host, is_primary=is_first)
        domain.save(force_insert=True)
        emit(events.DOMAIN_CLAIMED, domain, actor=actor, hostname=host)
    return domain


def check_now(domain: Domain, *, actor: Any) -> Domain:
    """`check`, for somebody who waits. Raises TooManyRequests when asked again within PAUSE."""
    require(actor, Code.CHANGE_SETTINGS, domain)
    now = clock.now()
    with provider_scope(domain.provider_id):
        rows = Domain.objects.filter(pk=domain.pk)
        rested = rows.filter(Q(checked_at=None) | Q(checked_at__lte=now - PAUSE))
        if not rested.update(checked_at=now):
            raise TooManyRequests(
                _("We have looked just now. DNS needs some minutes: please try again then."),
                retry_after=int(PAUSE.total_seconds()),
            )
    return check(domain, actor=actor)


def check(domain: Domain, *, actor: Any) -> Domain:
    """Ask the DNS about `domain` and act upon the answer; the row as it is then.

    Raises Forbidden, and NotFound for one that has been removed meanwhile.
    """
    require(actor, Code.CHANGE_SETTINGS, domain)
    problem, found = look(domain)
    return _note(domain, problem, found, actor=actor)


@transaction.atomic
def make_primary(*, provider: Provider, domain: Domain | None, actor: Any) -> None:
    """Make a verified name the school's main address; None for `<slug>.<marketplace>`.

    Raises Forbidden, and Conflict for a name that does not work.
    """
    require(actor, Code.CHANGE_SETTINGS, provider)
    with provider_scope(provider):
        held = _held(provider.pk)
        Domain.objects.filter(is_primary=True).update(is_primary=False)
        if domain is not None:
            working = Domain.objects.filter(pk=domain.pk, status=DomainState.VERIFIED)
            if not working.update(is_primary=True):
                raise Conflict(_("This name does not work yet. Please check it first."))
        _settle(held, actor=actor)


@transaction.atomic
def remove(domain: Domain, *, actor: Any) -> None:
    """Give a name up. The site answers there no more. Raises Forbidden, NotFound."""
    require(actor, Code.CHANGE_SETTINGS, domain)
    with provider_scope(domain.provider_id):
        held = _held(domain.provider_id)
        row = Domain.objects.filter(pk=domain.pk).first()
        if row is None:
            raise NotFound
        emit(events.DOMAIN_REMOVED, row, actor=actor, hostname=row.hostname)
        if row.status != DomainState.PENDING:
            with unfenced("whose a host is"):
                Site.objects.filter(hostname=row.hostname, root_page=held.page).delete()
        row.delete()
        _settle(held, actor=actor)


# --- What the DNS says ----------------------------------------------------------------------------


def look(domain: Domain) -> tuple[Problem | None, str]:
    """What is wrong with the records of `domain` now, and what was found instead."""
    resolver: Resolver = gateway("resolver")
    try:
        try:
            texts = resolver.texts(proof_name(domain.hostname))
        except NoSuchName:
            texts = []
        if domain.proof not in (text.strip() for text in texts):
            return (Problem.WRONG_PROOF, texts[0][:200]) if texts else (Problem.NO_PROOF, "")
        return _leads_here(resolver, domain.hostname)
    except NameServerTimedOut:
        return Problem.TIMED_OUT, ""
    except NameServerFailed:
        return Problem.SERVER_FAILED, ""


def _leads_here(resolver: Resolver, host: str) -> tuple[Problem | None, str]:
    try:
        leads = resolver.addresses(host)
    except NoSuchName:
        return Problem.NO_NAME, ""
    if leads.canonical == target():
        return None, ""
    if not leads.found:
        return Problem.NO_ADDRESS, ""
    try:
        ours = resolver.addresses(target())
    except NoSuchName:
        ours = Addresses(target())
    here = leads.canonical == ours.canonical
    # All of them: visitors get any.
    strange = leads.found - ours.found - set(settings.FLEDGE_DOMAIN_ADDRESSES)
    if strange and not here:
        return Problem.ELSEWHERE, ", ".join(sorted(strange))[:200]
    return None, ""


@transaction.atomic
def _note(domain: Domain, problem: Problem | None, found: str, *, actor: Any) -> Domain:
    now = clock.now()
    with provider_scope(domain.provider_id):
        held = _held(domain.provider_id)
        row = Domain.objects.filter(pk=domain.pk).first()
        if row is None:
            raise NotFound
        row.problem, row.found, row.checked_at = problem or "", found, now
        if problem is None:
            _prove(row, held, actor=actor)
        else:
            _doubt(row, problem, now, actor=actor)
        proven = row.status != DomainState.PENDING
        wait = next_look(now - row.claimed_at, proven=proven)
        if wait is None and row.next_check_at is not None:
            emit(events.DOMAIN_GIVEN_UP, row, actor=SYSTEM, hostname=row.hostname)
        row.next_check_at = now + wait if wait else None
        row.save()
        _settle(held, actor=actor)
    return row


def _prove(row: Domain, held: Provider, *, actor: Any) -> None:
    row.failing_since = None
    if row.status == DomainState.VERIFIED:
        return
    try:
        # Of two schools at once the database lets one in.
        with transaction.atomic():
            _take_from_who_lost_it(row)
            move(row, VERIFY, verified_at=row.checked_at)
    except IntegrityError:
        row.status, row.problem = DomainState.PENDING, Problem.TAKEN
        return
    _answer_there(row.hostname, held)
    emit(events.DOMAIN_VERIFIED, row, actor=actor, hostname=row.hostname)


def _doubt(row: Domain, problem: Problem, now: datetime, *, actor: Any) -> None:
    """A proven name whose records are gone is not given up for a slip of an afternoon."""
    if row.status != DomainState.VERIFIED or not problem.is_certain:
        return
    row.failing_since = row.failing_since or now
    if now - row.failing_since >= PROOF_GONE_FOR:
        move(row, FAIL)
        emit(events.DOMAIN_FAILING, row, actor=actor, hostname=row.hostname)


def _take_from_who_lost_it(row: Domain) -> None:
    with every_tenant("a name without proof goes to the school that has it now"):
        same = Domain.objects.filter(skeleton=row.skeleton, hostname=row.hostname)
        for lost in same.filter(status=DomainState.FAILING).exclude(pk=row.pk):
            move(lost, LOSE, is_primary=False, problem=Problem.TAKEN, failing_since=None)
            emit(events.DOMAIN_LOST, lost, actor=SYSTEM, hostname=lost.hostname)


def _answer_there(host: str, provider: Provider) -> None:
    """Have the provider's pages answer at `host`, whoever's answered there before."""
    with unfenced("whose a host is"):
        market = Site.objects.get(is_default_site=True)
        page = {"root_page_id": provider.page.pk, "site_name": provider.name}
        Site.objects.update_or_create(hostname=host, port=market.port, defaults=page)


def _settle(held: Provider, *, actor: Any) -> None:
    """The main address is the name the school wants, while it works; else its first one."""
    wanted = Domain.objects.filter(is_primary=True, status=DomainState.VERIFIED)
    now = wanted.values_list("hostname", flat=True).first() or ""
    if now == held.hostname:
        return
    emit(events.MAIN_ADDRESS_CHANGED, held, actor=actor, was=held.hostname, now=now)
    held.hostname = now
    held.save(update_fields=["hostname"])


# --- By the clock ---------------------------------------------------------------------------------


def due() -> list[tuple[Any, Any]]:
    """(provider id, domain id) of the names of open houses that have to be looked at."""
    with every_tenant("names are looked at by the clock, whoever's they are"):
        rows = Domain.objects.filter(
            next_check_at__lte=clock.now(), provider__status=State.OPEN
        ).order_by("next_check_at")
        return list(rows.values_list("provider_id", "pk"))


# --- What may not be claimed ----------------------------------------------------------------------


def _refuse_what_is_ours(host: str) -> None:
    if is_below(host, marketplace_names() | {target()}):
        raise ValidationError(
            _("This name belongs to the platform. Please enter one of your school's own.")
        )


def _refuse_look_alikes(host: str, provider: Provider) -> None:
    """Names in other letters than ASCII may not read like the platform's or another school's.
    Those in ASCII are what they seem; their owners stand in the DNS."""
    if not in_other_letters(host):
        return
    seems = skeleton(host)
    taken = is_below(seems, {skeleton(name) for name in marketplace_names() | {target()}})
    with every_tenant("names that look like another school's"):
        same = Domain.objects.filter(skeleton=seems, status=DomainState.VERIFIED)
        taken = taken or same.exclude(hostname=host).exclude(provider=provider).exists()
    if taken:
        raise ValidationError(
            _(
                "This name looks like another one that is in use here, written in other letters. "
                "Visitors could not tell them apart. Please use another name."
            )
        )


def _held(provider_id: Any) -> Provider:
    """The provider, locked: its names change one after the other."""
    return Provider.objects.select_for_update(no_key=True).get(pk=provider_id)
