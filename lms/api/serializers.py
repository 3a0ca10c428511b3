"""What the content API says of each kind of page, picture and document.

`expose` adds a kind's fields; only what is named there leaves the platform.
"""

from typing import Any

from django.urls import reverse
from rest_framework.fields import Field, SkipField
from wagtail.api import APIField
from wagtail.api.v2.serializers import BaseSerializer, PageSerializer

from lms.courses.models import CoursePage, LessonPage, ModulePage
from lms.courses.rendering import running_text
from lms.courses.representation import Setting, absolute_links, picture, represent
from lms.courses.rules import Ratings
from lms.courses.selectors import Lesson, curriculum
from lms.reviews.models import Review

_fields: dict[type, list[APIField]] = {}


def expose(model: type, **fields: Field | None) -> None:
    """Have the API send these of `model`'s fields; a value of None is sent as it is stored."""
    _fields[model] = [APIField(name, serializer=how) for name, how in fields.items()]


def exposed(model: type) -> list[APIField]:
    return _fields.get(model, [])


class Computed(Field):
    """A field made from the whole row: `make(row, context)`."""

    def __init__(self, make: Any, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)
        self.make = make

    def __deepcopy__(self, memo: Any) -> "Computed":
        return type(self)(self.make)  # DRF copies the fields of each serializer it makes

    def get_attribute(self, instance: Any) -> Any:
        return instance

    def to_representation(self, instance: Any) -> Any:
        return self.make(instance, self.context)


class DetailUrl(Field):
    """The object's address in this API, on the host that was asked."""

    def get_attribute(self, instance: Any) -> Any:
        path = self.context["router"].get_object_detail_urlpath(type(instance), instance.pk)
        if path is None:
            raise SkipField
        return path

    def to_representation(self, path: str) -> str:
        return self.context["request"].build_absolute_uri(path)


class FileSerializer(BaseSerializer):
    detail_url = DetailUrl(read_only=True)


class ContentSerializer(PageSerializer):
    detail_url = DetailUrl(read_only=True)
    html_url = Computed(lambda page, context: page.get_full_url(context["request"]._request))


def base_of(context: dict[str, Any]) -> str:
    """The site's address, without the slash at the end."""
    return context["request"].build_absolute_uri("/").rstrip("/")


def rich_text(name: str) -> Computed:
    """A rich text field as safe HTML with absolute links."""
    return Computed(
        lambda row, context: absolute_links(running_text(getattr(row, name), {}), base_of(context))
    )


def image(name: str) -> Computed:
    """A picture with its renditions, or null."""

    def make(row: Any, context: dict[str, Any]) -> Any:
        found = getattr(row, name)
        return picture(found, base_of(context)) if found else None

    return Computed(make)


def texts(name: str) -> Computed:
    """A StreamField of plain lines as a list of strings."""
    return Computed(lambda row, context: [str(block.value) for block in getattr(row, name)])


def _entry(lesson: Lesson, context: dict[str, Any]) -> dict[str, Any]:
    path = context["router"].get_object_detail_urlpath(LessonPage, lesson.id)
    return {
        "id": lesson.id,
        "title": lesson.title,
        "minutes": lesson.minutes,
        "free_preview": lesson.free_preview,
        "required": lesson.required,
        "detail_url": context["request"].build_absolute_uri(path),
    }


def _curriculum(course: CoursePage, context: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "id": module.id,
            "title": module.title,
            "summary": module.summary,
            "lessons": [_entry(lesson, context) for lesson in module.lessons],
        }
        for module in curriculum(course).modules
    ]


def _body(lesson: LessonPage, context: dict[str, Any]) -> list[dict[str, Any]]:
    draft = context.get("draft", False)
    setting = Setting(base_of(context), lesson.get_course(), lesson, draft=draft)
    return represent(lesson.body, setting)


def _ratings(course: CoursePage) -> Ratings:
    return course.listing.ratings if hasattr(course, "listing") else Ratings()


def _average(course: CoursePage, context: dict[str, Any]) -> float | None:
    found = _ratings(course).average
    return None if found is None else float(found)


def _price(course: CoursePage, context: dict[str, Any]) -> dict[str, Any]:
    return {"minor": course.price_minor, "currency": course.currency}


expose(
    CoursePage,
    summary=None,
    description=rich_text("description"),
    level=None,
    language=None,
    pacing=None,
    starts_on=None,
    weeks=None,
    price=Computed(_price),
    cover=image("cover"),
    outcomes=texts("outcomes"),
    requirements=texts("requirements"),
    instructors=Computed(
        lambda course, context: [person.get_full_name() for person in course.instructors.all()]
    ),
    categories=Computed(
        lambda course, context: [category.name for category in course.categories.all()]
    ),
    curriculum=Computed(_curriculum),
    rating_average=Computed(_average),
    rating_count=Computed(lambda course, context: _ratings(course).count),
)
expose(
    Review,
    rating=None,
    text=None,
    author=Computed(lambda review, context: review.author.get_full_name()),
    written_at=None,
    changed_at=None,
    answer=None,
    answered_at=None,
)
expose(ModulePage, summary=None)
expose(
    LessonPage,
    minutes=Computed(lambda lesson, context: lesson.minutes or lesson.estimated_minutes),
    free_preview=None,
    required=None,
    description=Computed(lambda lesson, context: lesson.summary),
    body=Computed(_body),
)

# Too much for a list, or not for everybody who may read the list.
DETAIL_ONLY = ["school", "description", "body", "curriculum", "instructors", "categories"]


def alt(row: Any, context: dict[str, Any]) -> str:
    return row.default_alt_text


def renditions(row: Any, context: dict[str, Any]) -> list[dict[str, Any]]:
    found = picture(row, base_of(context))
    return found["renditions"] if found else []


def download_url(row: Any, context: dict[str, Any]) -> str:
    """Where the document is fetched by whoever may read the lesson that uses it."""
    course_id, lesson_id = context["places"][row.pk]
    path = reverse("learn:file", args=[course_id, lesson_id, "documents", row.pk, row.filename])
    return context["request"].build_absolute_uri(path)
