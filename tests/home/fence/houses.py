"""Two houses with the same kinds of content, each under its own name.

Everything a house has carries its name: whoever meets the word "globex" on a screen of acme's has
found a leak.
"""

import io
import wave
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.db.models import Model
from django.test import TestCase
from PIL import Image as Pillow
from taggit.models import TaggedItem
from wagtail.admin.models import EditingSession
from wagtail.contrib.redirects.models import Redirect
from wagtail.log_actions import log
from wagtail.models import (
    Collection,
    Comment,
    CommentReply,
    GroupCollectionPermission,
    GroupPagePermission,
    Locale,
    ModelLogEntry,
    PageLogEntry,
    PageSubscription,
    PageViewRestriction,
    ReferenceIndex,
    Revision,
    Site,
    Task,
    UploadedFile,
    Workflow,
    WorkflowPage,
    WorkflowState,
    WorkflowTask,
)
from wagtail_localize.models import (
    OverridableSegment,
    RelatedObjectSegment,
    SegmentOverride,
    StringSegment,
    StringTranslation,
    TranslatableObject,
    Translation,
    TranslationContext,
)

from home.actions import open_provider, set_up_marketplace
from home.models import HouseExport, InformationPage
from lms.assessments import actions as assessments
from lms.assessments.actions import PlaceOf
from lms.assessments.uploads import ANSWER, PICTURE
from lms.certificates.models import Certificate
from lms.common import clock
from lms.courses.models import Category, CoursePage, LessonPage, ModulePage
from lms.courses.translations import translate_course
from lms.enrolments import actions as enrolments
from lms.enrolments.models import Enrolment
from lms.events import SYSTEM
from lms.files.actions import receive_whole
from lms.files.models import Document, Image, Media
from lms.migration import people
from lms.migration.models import PeopleImport, PeopleImportRow
from lms.progress import actions as progress
from lms.tenants import domains, invitations
from lms.tenants.actions import add_member
from lms.tenants.models import Domain, Membership, Provider, Role, StaffInvitation
from lms.tenants.scope import provider_scope
from tests.cast import person


@dataclass
class House:
    """A provider and one of everything. `people` by role, `things` by what the crawler asks for."""

    provider: Provider
    people: dict[str, Any] = field(default_factory=dict)
    things: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.provider.name

    def __getitem__(self, key: str) -> Any:
        return self.things[key]


def two_houses() -> tuple[House, House]:
    """acme and globex."""
    set_up_marketplace()
    return furnished("acme"), furnished("globex")


def furnished(slug: str) -> House:
    with TestCase.captureOnCommitCallbacks(execute=True):
        house = _opened(slug)
    for furnish in (
        _team, _files, _pages, _moderated, _lists, _talk, _learners, _assessed, _uploads,
        _translated,
    ):  # fmt: skip
        with TestCase.captureOnCommitCallbacks(execute=True):
            furnish(house)
    return house


def more(house: House) -> None:
    """As much again: what only counts, or lists the first few, shows the difference."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        for number in range(2):
            course = CoursePage(title=f"{house.name} Extra {number}", summary="More.", live=False)
            house.provider.page.refresh_from_db()
            house.provider.page.add_child(instance=course)
            course.save_revision(user=house.people["admin"]).publish(house.people["admin"])
            course.locked, course.locked_by = True, house.people["admin"]
            course.save()
        for make in (_picture, _document, _recording):
            make(house, f"{house.name} more")
        Category.objects.create(
            name=f"{house.name} More", slug="more", provider=house.provider, position=0
        )
        log(house["category"], "wagtail.edit", user=house.people["admin"])
        Redirect.objects.create(
            old_path="/more", site=house.provider.page.sites_rooted_here.get(), redirect_link="/"
        )
        arabic = Locale.objects.get(language_code="ar")
        translate_course(house["course"], arabic, actor=house.people["admin"])
        extra = person(f"{house.provider.slug}-extra")
        add_member(provider=house.provider, user=extra, role=Role.INSTRUCTOR, actor=SYSTEM)


def _opened(slug: str) -> House:
    admin = person(f"{slug}-admin")
    house = House(open_provider(name=slug.title(), slug=slug, owner=admin, actor=SYSTEM))
    house.people["admin"] = admin
    for key, role, approved in (
        ("instructor", Role.INSTRUCTOR, True),
        ("beginner", Role.INSTRUCTOR, False),
        ("student", Role.STUDENT, False),
    ):
        house.people[key] = person(f"{slug}-{key}")
        add_member(
            provider=house.provider,
            user=house.people[key],
            role=role,
            actor=SYSTEM,
            approved=approved,
        )
    return house


def _team(house: House) -> None:
    outcome = invitations.invite(
        provider=house.provider,
        emails=[f"{house.provider.slug}-guest@example.org"],
        roles=[Role.INSTRUCTOR],
        approved=False,
        message=f"{house.name} needs you",
        actor=house.people["admin"],
        at=clock.now(),
    )
    (url,) = outcome.links.values()
    token = url.rstrip("/").rsplit("/", 1)[1]
    house.things |= {
        "colleague": house.people["instructor"],
        "invitation": invitations.by_token(token, host=None),
    }


def _files(house: House) -> None:
    house.things["collection"] = Collection.objects.get(name=house.name).add_child(
        name=f"{house.name} Scans"
    )
    house.things |= {
        "image": _picture(house, f"{house.name} picture"),
        "document": _document(house, f"{house.name} document"),
        "media": _recording(house, f"{house.name} recording"),
    }


def _picture(house: House, title: str) -> Image:
    data = io.BytesIO()
    Pillow.new("RGB", (8, 8), "teal").save(data, "png")
    return _kept(house, Image(title=title), data.getvalue(), "png")


def _document(house: House, title: str) -> Document:
    return _kept(house, Document(title=title), b"A few words.", "txt")


def _recording(house: House, title: str) -> Media:
    data = io.BytesIO()
    with wave.open(data, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(b"\x80" * 80)
    return _kept(house, Media(title=title, duration=1, type="audio"), data.getvalue(), "wav")


def _kept(house: House, file: Any, data: bytes, extension: str) -> Any:
    file.collection = house["collection"]
    file.uploaded_by_user = house.people["instructor"]
    file.file = ContentFile(data, name=f"{house.provider.slug}.{extension}")
    file.save()
    file.tags.add(f"{house.provider.slug}-tag")
    log(file, "wagtail.create", user=house.people["instructor"])
    return file


def _page(house: House, parent: Any, page: Any, *, live: bool = True) -> Any:
    page.owner, page.live = house.people["instructor"], False
    type(parent).objects.get(pk=parent.pk).add_child(instance=page)
    log(page, "wagtail.create", user=house.people["instructor"])
    revision = page.save_revision(user=house.people["instructor"], log_action=True)
    if live:
        revision.publish(user=house.people["admin"])
    return type(page).objects.get(pk=page.pk)


def _pages(house: House) -> None:
    name, home, teacher = house.name, house.provider.page, house.people["instructor"]
    course = CoursePage(title=f"{name} Course", summary=f"{name} sums up.", cover=house["image"])
    course = _page(house, home, course)
    course.instructors.add(teacher)
    text = (
        f'<p>{name} says <a linktype="page" id="{course.pk}">this</a> and '
        f'<a linktype="document" id="{house["document"].pk}">that</a>.</p>'
    )
    body = [
        {"type": "rich_text", "value": text},
        {"type": "download", "value": {"document": house["document"].pk, "label": name}},
    ]
    module = _page(house, course, ModulePage(title=f"{name} Module"))
    lesson = _page(house, module, LessonPage(title=f"{name} Lesson", minutes=5, body=body))
    first = lesson.get_latest_revision()
    lesson.title = f"{name} Lesson again"
    second = lesson.save_revision(user=teacher, log_action=True)
    draft = _page(house, home, CoursePage(title=f"{name} Draft", summary="Not yet."), live=False)
    locked = _page(house, home, CoursePage(title=f"{name} Locked", summary="Closed."))
    locked.locked, locked.locked_by, locked.locked_at = True, house.people["admin"], clock.now()
    locked.save()
    planned = CoursePage(title=f"{name} Planned", summary="Soon.")
    planned.go_live_at = clock.now() + timedelta(days=9)
    planned = _page(house, home, planned, live=False)
    planned.save_revision(user=teacher, approved_go_live_at=planned.go_live_at)
    private = _page(house, home, InformationPage(title=f"{name} Private"))
    restriction = PageViewRestriction.objects.create(page=private, restriction_type="groups")
    restriction.groups.add(*house.people["admin"].groups.all())
    house.things |= {
        "course": course, "module": module, "lesson": lesson, "draft": draft, "locked": locked,
        "planned": CoursePage.objects.get(pk=planned.pk), "private": private,
        "revision": first, "latest": second, "scheduled": planned.revisions.latest("pk"),
    }  # fmt: skip


def _moderated(house: House) -> None:
    """What the beginner wrote waits for the admins; an earlier one was sent back."""
    beginner = house.people["beginner"]
    for key in ("waiting", "returned"):
        page = CoursePage(title=f"{house.name} {key.title()}", summary="Please look.")
        page = _page(house, house.provider.page, page, live=False)
        CoursePage.objects.filter(pk=page.pk).update(owner=beginner)
        state = page.get_workflow().start(page, beginner)
        house.things |= {
            key: CoursePage.objects.get(pk=page.pk),
            f"{key}_state": state,
            f"{key}_task": state.current_task_state,
        }
    task = house["returned_task"].specific
    task.reject(user=house.people["admin"], comment=f"{house.name} needs more")
    house.things["workflow"] = Workflow.objects.get(workflow_pages__page=house.provider.page)
    house.things["task"] = house["waiting_task"].task


def _lists(house: House) -> None:
    admin, page = house.people["admin"], house["course"]
    site = house.provider.page.sites_rooted_here.get()
    category = Category.objects.create(
        name=f"{house.name} Subject", slug="subject", provider=house.provider
    )
    log(category, "wagtail.create", user=admin)
    page.categories.add(category)
    redirect = Redirect.objects.create(
        old_path=f"/{house.provider.slug}-old", site=site, redirect_page=page
    )
    log(redirect, "wagtail.create", user=admin)
    domains.claim(
        provider=house.provider, hostname=f"learn.{house.provider.slug}.school", actor=SYSTEM
    )
    house.things |= {"site": site, "category": category, "redirect": redirect}


def _talk(house: House) -> None:
    instructor, page = house.people["instructor"], house["lesson"]
    comment = Comment.objects.create(
        page=page, user=instructor, text=f"{house.name} wonders", contentpath="title"
    )
    CommentReply.objects.create(
        comment=comment, user=house.people["admin"], text=f"{house.name} knows"
    )
    for user in (instructor, house.people["admin"]):
        PageSubscription.objects.create(page=page, user=user, comment_notifications=True)
    session = EditingSession.objects.create(
        user=instructor,
        content_type=ContentType.objects.get_for_model(LessonPage),
        object_id=str(page.pk),
        last_seen_at=clock.now(),
    )
    house.things |= {"comment": comment, "session": session}


def _translated(house: House) -> None:
    """The course in Somali, a text of it translated; and one of each row that may come with it."""
    admin, somali = house.people["admin"], Locale.objects.get(language_code="so")
    house.things["translated"] = made = translate_course(house["course"], somali, actor=admin)
    translation = Translation.objects.get(source__object=made.translation_key)
    source = translation.source
    segment = StringSegment.objects.get(source=source, context__path="title")
    written = StringTranslation.objects.create(
        translation_of=segment.string,
        context=segment.context,
        locale=somali,
        data=f"{house.name} Koorso",
        translation_type="manual",
        last_translated_by=admin,
    )
    elsewhere = TranslationContext.objects.create(object=source.object, path="seo_title")
    untranslated, _new = TranslatableObject.objects.get_or_create_from_instance(house["draft"])
    row = {"source": source, "context": elsewhere, "order": 99}
    house.things |= {
        "translation": translation,
        "source": source,
        "segment": segment,
        "written": written,
        "overridable": OverridableSegment.objects.create(data_json='"x"', **row),
        "related": RelatedObjectSegment.objects.create(object=untranslated, **row),
        "override": SegmentOverride.objects.create(
            locale=somali, context=elsewhere, data_json='"x"'
        ),
    }


def _learners(house: House) -> None:
    student = house.people["student"]
    enrolment = enrolments.enrol(house["course"], student, actor=student, at=clock.now())
    with provider_scope(house.provider):
        progress.complete_lesson(enrolment, house["lesson"], actor=student, at=clock.now())
    slug, admin = house.provider.slug, house.people["admin"]
    text = f"email,name\n{slug}-new@example.org,{house.name} Newcomer\n".encode()
    house.things["people_list"] = people.hand_in(
        house.provider, text, file_name=f"{slug}.csv", actor=admin, at=clock.now()
    )


def _assessed(house: House) -> None:
    """A question with a picture, and a student who answered it and sent a file."""
    name, slug, now = house.name, house.provider.slug, clock.now()
    admin, student = house.people["admin"], house.people["student"]
    picture = io.BytesIO()
    Pillow.new("RGB", (8, 8), "teal").save(picture, "png")
    with provider_scope(house.provider):
        seen = _sent(house, admin, PICTURE, f"{slug}-seen.png", picture.getvalue())
        data = {"prompt": f"{name} asks ![{name}](picture:seen)", "answer": True}
        asked = assessments.create_question(
            house.provider, title=f"{name} question", kind="true_false", data=data,
            tags=[f"{slug} tag"], pictures={"seen": seen}, actor=admin, at=now,
        )  # fmt: skip
        wanted = assessments.create_question(
            house.provider, title=f"{name} file", kind="file", data={"prompt": f"{name} wants"},
            actor=admin, at=now,
        )  # fmt: skip
        row = assessments.create(
            house["course"], {"title": f"{name} quiz", "required": False}, actor=admin
        )
        places = [PlaceOf(question=asked), PlaceOf(question=wanted)]
        assessments.set_places(row, places, actor=admin)
        assessments.publish(row, actor=admin, at=now)
        seat = Enrolment.objects.get(student=student)
        attempt = assessments.start(row, seat, actor=student, at=now)
        first, second = attempt.responses.select_related("given").order_by("place")
        assessments.save_answer(first, {"value": True}, seen=0, actor=student, at=now)
        upload = _sent(house, student, ANSWER, f"{slug}-answer.txt", name.encode())
        sent = {"upload": str(upload.pk)}
        assessments.save_answer(second, sent, seen=0, actor=student, at=now, upload=upload)
        assessments.submit(attempt, actor=student, at=now)


def _sent(house: House, owner: Any, purpose: Any, name: str, data: bytes) -> Any:
    file = ContentFile(data, name)
    return receive_whole(
        file, owner=owner, provider=house.provider, purpose=purpose.name, at=clock.now()
    )


def _uploads(house: House) -> None:
    with provider_scope(house.provider):
        house.things["certificate"] = Certificate.objects.get()
        export = HouseExport.objects.create(finished_at=clock.now())
        export.file.save(f"{house.provider.slug}-all.zip", ContentFile(b"everything"))
        house.things["export"] = export
    for key, model in (("uploaded_image", Image), ("uploaded_document", Document)):
        upload = UploadedFile(
            for_content_type=ContentType.objects.get_for_model(model),
            uploaded_by_user=house.people["instructor"],
        )
        upload.file = ContentFile(b"half", name=f"{house.provider.slug}-half.png")
        upload.save()
        house.things[key] = upload


def _lists_of_people(house: House) -> dict[str, Any]:
    with provider_scope(house.provider):
        return {
            "people lists": list(PeopleImport.objects.order_by("pk").values()),
            "people rows": list(PeopleImportRow.objects.order_by("pk").values()),
        }


def everything_of(house: House) -> dict[str, list[dict[str, Any]]]:
    """{model: rows} of what is the house's, and of what no house may touch."""
    page, provider = house.provider.page, house.provider
    pages = list(_rows(type(page)._meta.get_parent_list()[0], path__startswith=page.path))
    keys = [row["id"] for row in pages]
    texts = [str(key) for key in keys]
    users = [person.pk for person in house.people.values()]
    collections = Collection.objects.get(name=house.name).get_descendants(inclusive=True)

    found: dict[str, Any] = {"pages": pages}
    for model in (CoursePage, ModulePage, LessonPage, InformationPage):
        found[model.__name__] = _rows(model, pk__in=keys)
    for model in (Image, Document, Media):
        found[model.__name__] = _rows(model, collection__in=collections)
        kept = [row["id"] for row in found[model.__name__]]
        kind = ContentType.objects.get_for_model(model)
        found[f"{model.__name__} tags"] = _rows(TaggedItem, content_type=kind, object_id__in=kept)
    found |= {
        "collections": _rows(Collection, pk__in=collections),
        **_lists_of_people(house),
        "references": _rows(ReferenceIndex, object_id__in=texts),
        "revisions": _rows(Revision, object_id__in=texts),
        "states": _rows(WorkflowState, object_id__in=texts),
        "page log": _rows(PageLogEntry, page__in=keys),
        "log": _rows(ModelLogEntry, user__in=users),
        "comments": _rows(Comment, page__in=keys),
        "replies": _rows(CommentReply, comment__page__in=keys),
        "subscriptions": _rows(PageSubscription, page__in=keys),
        "restrictions": _rows(PageViewRestriction, page__in=keys),
        "categories": _rows(Category, provider=provider),
        "provider": _rows(Provider, pk=provider.pk),
        "translations": [
            *_rows(Translation, source__object__in=[row["translation_key"] for row in pages]),
            *_rows(StringTranslation, context__object__in=[p["translation_key"] for p in pages]),
            *_rows(SegmentOverride, context__object__in=[p["translation_key"] for p in pages]),
        ],
        "redirects": [
            *_rows(Redirect, site=house["site"]),
            *_rows(Redirect, site__isnull=True),
            *_rows(Redirect, site__is_default_site=True),
        ],
        "uploads": _rows(UploadedFile, uploaded_by_user__in=users),
        "people": [
            {key: value for key, value in row.items() if key != "last_login"}
            for row in _rows(get_user_model(), pk__in=users)
        ],
        "groups of people": _rows(get_user_model().groups.through, user__in=users),
        "groups": _rows(Group, name__startswith=provider.slug),
        "rights": [
            *_rows(GroupPagePermission, page__in=keys),
            *_rows(GroupCollectionPermission, collection__in=collections),
        ],
        "sites": _rows(Site),
        "moderation": [
            *_rows(Workflow, pk=house["workflow"].pk), *_rows(Task, pk=house["task"].pk),
            *_rows(WorkflowTask, workflow=house["workflow"]), *_rows(WorkflowPage, page__in=keys),
        ],
    }  # fmt: skip
    with provider_scope(provider):
        found["members"] = list(Membership.objects.order_by("pk").values())
        found["domains"] = list(Domain.objects.order_by("pk").values())
        found["invitations"] = list(StaffInvitation.objects.order_by("pk").values())
    return found


def _rows(model: type[Model], **which: Any) -> list[dict[str, Any]]:
    return list(model._base_manager.filter(**which).order_by("pk").values())
