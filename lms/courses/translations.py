"""A course in other languages: a course of its own beside the original, with its own students.

wagtail-localize keeps the strings; what stands here says what a course is to it
(docs/decisions/0008): the translation stands below the same provider's page, takes its modules and
lessons along, and is either *kept in step* (the original's changes arrive as strings to translate)
or *independent* (an ordinary course from then on).
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import CharBlock, StreamValue, StructValue, TextBlock
from wagtail.blocks.list_block import ListValue
from wagtail.models import Locale, Page
from wagtail_localize.models import StringSegment, StringTranslation, Translation, TranslationSource

from lms.common.errors import Conflict, Forbidden
from lms.events import emit
from lms.tenants.limits import LimitReached, reading
from lms.tenants.models import Limit

from . import events
from .models import CoursePage, LessonPage


class AlreadyTranslated(Conflict):
    code = "ALREADY_TRANSLATED"
    message = _("This course is there in that language already.")


class NotComplete(Conflict):
    code = "NOT_COMPLETE"
    message = _("Something the page needs is still missing.")


@dataclass(frozen=True, slots=True)
class Version:
    """One of the languages a course is there in. `strings` and what follows are None for the
    original and for an independent course; `changed` counts pages whose original was published
    again since the translation was saved, `missing` those it does not have yet.
    """

    course: CoursePage
    locale: Locale
    original: CoursePage | None = None
    strings: int | None = None
    translated: int | None = None
    changed: int | None = None
    missing: int | None = None

    @property
    def percent(self) -> int:
        return 100 * (self.translated or 0) // self.strings if self.strings else 100


def versions(course: CoursePage) -> list[Version]:
    """The course in each language it is there in, the original first. A few queries each."""
    found = CoursePage.objects.filter(translation_key=course.translation_key)
    courses = list(found.select_related("locale", "provider").order_by("pk"))
    sources = {
        row.target_locale_id: row.source
        for row in Translation.objects.filter(
            source__object_id=course.translation_key, enabled=True
        ).select_related("source")
    }
    by_locale = {each.locale_id: each for each in courses}
    return [
        _in_step(each, by_locale[sources[each.locale_id].locale_id])
        if each.locale_id in sources
        else Version(each, each.locale)
        for each in courses
    ]


def languages_left(course: CoursePage) -> list[Locale]:
    """Those the course can still be translated into."""
    taken = CoursePage.objects.filter(translation_key=course.translation_key)
    left = Locale.objects.exclude(pk__in=taken.values("locale"))
    return [one for one in left if one.language_code != course.language]


def may_translate(user: Any, course: CoursePage) -> bool:
    """Whoever may edit the course and put another beside it."""
    beside = course.get_parent().permissions_for_user(user)
    return course.permissions_for_user(user).can_edit() and beside.can_add_subpage()


# --- Writes -------------------------------------------------------------------------------------


@transaction.atomic
def translate_course(
    course: CoursePage, locale: Locale, *, actor: Any, in_step: bool = True
) -> CoursePage:
    """A draft of the course with its modules and lessons, to be written in another language.

    Raises Forbidden, AlreadyTranslated, and NotComplete for a draft that could not be published.
    """
    _require(may_translate(actor, course))
    # Held, or two at once would make two.
    CoursePage.objects.select_for_update(no_key=True, of=("self",)).get(pk=course.pk)
    _stand_in_its_language(course)
    if locale not in languages_left(course):
        raise AlreadyTranslated
    for page in _tree(course):
        _translate_page(page, locale, actor, in_step)
    made = course.get_translation(locale)
    # Who writes it owns it: new instructors edit what they began themselves.
    Page.objects.filter(path__startswith=made.path).update(owner=actor)
    told = {"language": locale.language_code, "in_step": in_step}
    emit(events.COURSE_TRANSLATED, made, actor=actor, **told)
    return made


@transaction.atomic
def bring_up_to_date(translated: CoursePage, *, actor: Any) -> None:
    """Take over what changed in the original: strings to translate, new lessons, their order.

    What is published stays as it is until the translation is published again. Raises Forbidden.
    """
    _require(translated.permissions_for_user(actor).can_edit())
    original = _original(translated)
    for page in _tree(original):
        _translate_page(page, translated.locale, actor, in_step=True)
    _order_like(original, translated)
    emit(events.TRANSLATION_UPDATED, translated, actor=actor)


@transaction.atomic
def publish_translation(translated: CoursePage, *, actor: Any) -> None:
    """Publish the course and what is kept in step below it, with the strings translated so far.

    Raises Forbidden, LimitReached.
    """
    _require(translated.permissions_for_user(actor).can_publish())
    found = reading(translated.provider, Limit.COURSES)
    if not translated.live and not found.has_room_for(1):
        raise LimitReached.of(Limit.COURSES, found, translated.provider.tier)
    for page in _tree(_original(translated)):
        if row := _row(page, translated.locale):
            # What is wrong with a text stands beside it in its editor then.
            with suppress(ValidationError):
                row.save_target(user=actor, publish=True)


@transaction.atomic
def set_free(translated: CoursePage, *, actor: Any) -> None:
    """An independent course from now on. Its pages keep their words. Raises Forbidden."""
    _require(translated.permissions_for_user(actor).can_edit())
    keys = [page.translation_key for page in _tree(translated)]
    rows = Translation.objects.filter(source__object__in=keys, target_locale=translated.locale)
    rows.update(enabled=False)
    emit(events.TRANSLATION_SET_FREE, translated, actor=actor)


def follow(page: Page) -> None:
    """A page was published: what is kept in step with it gets the new strings to translate."""
    known = TranslationSource.objects.filter(
        object=page.translation_key, locale=page.locale_id, translations__enabled=True
    )
    if known.exists():
        _source(page)


def settle(original: Page, copy: Any) -> None:
    """A page was copied into another language: it says so, and has an address that lasts.

    wagtail-localize writes addresses in ASCII each time it saves; one that is so already stays.
    """
    stem = slugify(original.slug) or copy.fallback_slug
    if isinstance(copy, CoursePage):
        stem = f"{stem}-{copy.locale.language_code}"
        copy.language = copy.locale.language_code
    copy.slug = copy._get_autogenerated_slug(stem)
    copy.save(clean=False)


# --- How ----------------------------------------------------------------------------------------


def _require(allowed: bool) -> None:
    if not allowed:
        raise Forbidden


def _tree(course: CoursePage) -> list[Any]:
    return list(Page.objects.descendant_of(course, inclusive=True).specific().order_by("path"))


def _original(translated: CoursePage) -> CoursePage:
    row = Translation.objects.select_related("source").get(
        source__object=translated.translation_key, target_locale=translated.locale_id, enabled=True
    )
    return CoursePage.objects.get(
        translation_key=translated.translation_key, locale=row.source.locale_id
    )


def _row(page: Page, locale: Locale) -> Translation | None:
    return Translation.objects.filter(
        source__object=page.translation_key,
        source__locale=page.locale_id,
        target_locale=locale,
        enabled=True,
    ).first()


def _translate_page(page: Any, locale: Locale, actor: Any, in_step: bool) -> None:
    there = page.get_translation_or_none(locale)
    if not in_step:
        copy = page.copy_for_translation(locale)
        copy.save_revision(user=actor)
        return
    row = _row(page, locale)
    if there is not None and row is None:
        return  # set free, or written by somebody: not ours to change
    source = _source(page)
    if row is not None:
        with suppress(ValidationError):
            row.save_target(user=actor, publish=False)
        return
    try:
        row = Translation.objects.create(source=source, target_locale=locale)
        row.save_target(user=actor, publish=False)
    except ValidationError as missing:
        named = {"title": page.get_admin_display_title()}
        raise NotComplete(
            _("“%(title)s” is not complete yet. Please fill in what it needs, then translate.")
            % named
        ) from missing


def _source(page: Any) -> TranslationSource:
    """What there is to translate on the page as it is published, or as drafted before that.

    Pictures, files and links stay the original's: wagtail-localize would take any id for them,
    another provider's too.
    """
    latest = page.specific if page.live else page.get_latest_revision_as_object()
    if isinstance(latest, LessonPage):
        _write_empty_texts(latest.body)
    source, _changed = TranslationSource.update_or_create_from_instance(latest)
    source.overridablesegment_set.all().delete()
    return source


def _write_empty_texts(value: Any) -> None:
    """Imported lessons leave out texts that nobody wrote; wagtail-localize wants them empty."""
    if isinstance(value, StructValue):
        for name, inner in value.items():
            kind = value.block.child_blocks[name]
            if inner is None and isinstance(kind, CharBlock | TextBlock):
                value[name] = ""
            else:
                _write_empty_texts(inner)
    elif isinstance(value, StreamValue | ListValue):
        for child in value if isinstance(value, StreamValue) else value.bound_blocks:
            _write_empty_texts(child.value)


def _stand_in_its_language(course: CoursePage) -> None:
    """A course that was never translated stands where the tree's other courses do, in the
    installation's first language, whatever it is taught in."""
    locale = Locale.objects.filter(language_code=course.language).first()
    if locale and locale.pk != course.locale_id and not course.get_translations().exists():
        Page.objects.filter(path__startswith=course.path).update(locale=locale)
        course.locale = locale


def _order_like(original: Page, translated: Page) -> None:
    wanted = [child.translation_key for child in original.get_children()]
    place = {key: number for number, key in enumerate(wanted)}
    children = list(translated.get_children())
    # Pages of its own stay behind the original's.
    ordered = sorted(children, key=lambda child: place.get(child.translation_key, len(place)))
    if ordered != children:
        for child in ordered:
            Page.objects.get(pk=child.pk).move(Page.objects.get(pk=translated.pk), "last-child")
    by_key = {child.translation_key: child for child in translated.get_children()}
    for child in original.get_children():
        if child.numchild and child.translation_key in by_key:
            _order_like(child, by_key[child.translation_key])


def _in_step(translated: CoursePage, original: CoursePage) -> Version:
    pages = Page.objects.descendant_of(original, inclusive=True)
    keys = pages.values("translation_key")
    sources = TranslationSource.objects.filter(object__in=keys, locale=original.locale_id)
    done = StringTranslation.objects.filter(
        translation_of=OuterRef("string"),
        context=OuterRef("context"),
        locale=translated.locale_id,
        has_error=False,
    )
    strings = StringSegment.objects.filter(source__in=sources)
    logged = sources.filter(translation_logs__locale=translated.locale_id)
    behind = logged.annotate(last=Max("translation_logs__created_at")).filter(
        last_updated_at__gt=F("last")
    )
    there = Page.objects.filter(translation_key__in=keys, locale=translated.locale_id)
    return Version(
        translated,
        translated.locale,
        original=original,
        strings=strings.count(),
        translated=strings.filter(Exists(done)).count(),
        changed=behind.count(),
        missing=pages.count() - there.count(),
    )
