"""The course a new school finds: a draft that shows what lessons can hold, to edit or delete."""

from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from lms.courses.models import CoursePage, LessonPage, ModulePage

from .models import ProviderPage


def add_sample_course(page: ProviderPage, owner: Any) -> CoursePage:
    """A course of two short lessons as drafts below a provider's page, in the owner's language."""
    with translation.override(owner.language):
        course = CoursePage(
            title=_("A sample course to make your own"),
            summary=_("Change the title, write what students will be able to do, and publish."),
            description=_paragraph(
                _("Delete this course whenever you like: only your school sees it.")
            ),
            language=owner.language,
            owner=owner,
            live=False,
        )
        course.outcomes = [("outcome", _("Know where everything is"))]
        page.add_child(instance=course)
        course.instructors.add(owner)
        course.save_revision(user=owner)
        module = _draft(course, ModulePage(title=_("Getting started")), owner)
        _draft(module, LessonPage(title=_("What a lesson is made of"), body=_blocks()), owner)
        _draft(module, LessonPage(title=_("Before you publish"), body=_checklist()), owner)
    return course


def _draft(parent: Any, child: Any, owner: Any) -> Any:
    child.live, child.owner = False, owner
    parent.add_child(instance=child)
    child.save_revision(user=owner)
    return child


def _blocks() -> list[tuple[str, Any]]:
    return [
        _text(_("A lesson is a list of blocks. This one is text; add more with the plus sign.")),
        ("heading", {"text": _("Headings make the outline"), "level": "h2"}),
        (
            "callout",
            {
                "kind": "tip",
                "title": _("Say what matters"),
                "collapsed": False,
                "body": [_text(_("Tips, warnings and examples stand out in a box like this."))],
            },
        ),
        (
            "self_check",
            {
                "question": _paragraph(_("Who can see this lesson now?")),
                "options": [
                    _option(_("Everybody"), False, _("Not before it is published.")),
                    _option(_("Only the people of this school"), True, _("Yes, it is a draft.")),
                ],
                "explanation": _paragraph(_("With questions like this students check themselves.")),
            },
        ),
    ]


def _checklist() -> list[tuple[str, Any]]:
    items = [
        _("Title and summary say what a student will be able to do."),
        _("A cover picture, at least 1200 × 675 pixels."),
        _("A category, so that people find the course."),
        _("One lesson as a free preview."),
    ]
    rows = "".join(f"<li>{item}</li>" for item in items)
    return [("rich_text", f"<ul>{rows}</ul>")]


def _paragraph(text: str) -> str:
    return f"<p>{text}</p>"


def _text(text: str) -> tuple[str, str]:
    return ("rich_text", _paragraph(text))


def _option(text: str, correct: bool, feedback: str) -> dict[str, Any]:
    return {"text": text, "correct": correct, "feedback": feedback}
