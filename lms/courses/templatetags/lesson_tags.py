"""What the blocks' templates are made with."""

from functools import lru_cache
from typing import Any

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import find_lexer_class_by_name, get_lexer_by_name
from pygments.util import ClassNotFound
from wagtail.images.models import SourceImageIOError

from lms.courses import captions, embeds, rendering
from lms.courses.languages import is_right_to_left
from lms.courses.mathematics import MathematicsError, render_inline, to_mathml
from lms.files.serving import content_type

register = template.Library()

FIGURE_WIDTHS = (480, 800, 1360)  # pixels: a phone, the text column, the column on a dense screen


@register.simple_tag(takes_context=True)
def running_text(context: Any, value: Any) -> SafeString:
    """Rich text (a RichText value or its source) as HTML."""
    return rendering.running_text(getattr(value, "source", value), context)


@register.simple_tag
def plain_text(value: str) -> SafeString:
    """Text typed without formatting; `\\( … \\)` inside it is mathematics too."""
    return mark_safe(render_inline(escape(value)))  # noqa: S308 - escaped first


@register.simple_tag(takes_context=True)
def blocks(context: Any, stream: Any) -> SafeString:
    """The blocks of a stream one after the other, without wrappers."""
    parts = [child.render_as_block(context.flatten()) for child in stream]
    return mark_safe("".join(parts))  # noqa: S308 - blocks' HTML


@register.simple_tag
def draft_body(course: Any, lesson: Any) -> rendering.Rendered:
    """A lesson as it stands in the editor."""
    return rendering.render_body(course, lesson, draft=True)


@register.simple_tag
def right_to_left(language: str) -> bool:
    """Whether a course's language runs from right to left."""
    return is_right_to_left(language)


@register.simple_tag(takes_context=True)
def heading_anchor(context: Any, level: str, text: str) -> str:
    """A unique anchor for a heading, which joins the outline."""
    return _names(context).heading(level, text)


@register.simple_tag(takes_context=True)
def unique_id(context: Any, stem: str) -> str:
    """An id nothing else in the lesson has."""
    return _names(context).unique(stem, stem)


@register.simple_tag(takes_context=True)
def file_url(context: Any, file: Any) -> str:
    """The address of a document or recording."""
    return rendering.file_url(file, context)


@register.simple_tag
def cues(document: Any) -> list[captions.Cue]:
    """What a caption file says, and when."""
    return captions.cues(document)


@register.filter
def media_type(file: Any) -> str:
    """The media type of a document or recording."""
    return content_type(file.filename)


@register.simple_tag
def mathematics(latex: str) -> SafeString:
    """A displayed formula as MathML; what can't be set stays as it was typed."""
    try:
        return to_mathml(latex, display=True)
    except MathematicsError:
        return format_html("<code>{}</code>", latex)


@register.simple_tag
def highlighted(code: str, language: str) -> SafeString:
    """Program text with Pygments' token classes."""
    return _highlighted(code, language)


@register.filter
def language_label(language: str) -> str:
    """The name of a programming language by its alias; empty for plain text."""
    if language == "text":
        return ""
    try:
        return find_lexer_class_by_name(language).name
    except ClassNotFound:
        return language


@register.filter
def frame_url(url: str) -> str:
    """The player's address for a video page, or empty."""
    return embeds.frame_url(url) or ""


@register.filter
def site_name(url: str) -> str:
    return embeds.site_name(url)


@register.filter
def several_right(options: Any) -> bool:
    """Whether more than one answer is right."""
    return sum(bool(option["correct"]) for option in options) > 1


@register.simple_tag
def figure_sources(image: Any) -> dict[str, Any]:
    """src, srcset, width and height of a picture in a lesson; empty when its file is lost.

    Drawings and animations are shown as they are: scaling would spoil or stop them.
    """
    try:
        if image.is_svg() or image.file.name.lower().endswith(".gif"):
            original = image.get_rendition("original")
            return {"src": original.url, "width": image.width, "height": image.height}
        widths = [width for width in FIGURE_WIDTHS if width < image.width] or [image.width]
        renditions = image.get_renditions(*[f"width-{width}" for width in widths])
    except (SourceImageIOError, OSError):
        return {}
    ordered = sorted(renditions.values(), key=lambda one: one.width)
    middle = ordered[min(1, len(ordered) - 1)]
    return {
        "src": middle.url,
        "srcset": ", ".join(f"{one.url} {one.width}w" for one in ordered),
        "width": middle.width,
        "height": middle.height,
    }


@lru_cache(maxsize=512)
def _highlighted(code: str, language: str) -> SafeString:
    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        lexer = get_lexer_by_name("text", stripnl=False)
    return mark_safe(highlight(code, lexer, HtmlFormatter(nowrap=True)))  # noqa: S308 - escaped


def _names(context: Any) -> rendering.Names:
    """The names of the body being rendered; of this block alone in Wagtail's block previews."""
    return context.get("names") or rendering.Names()
