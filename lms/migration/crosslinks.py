"""Links between the pages of a course, once every page and heading is known."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from bs4 import BeautifulSoup

from .bundle import Block, CourseBundle, Module
from .context import Context
from .links import fragment_keys
from .plans import Plan, PlannedModule
from .report import Report


def settle_links(
    bundle: CourseBundle, plan: Plan, contexts: Mapping[str, Context], report: Report
) -> None:
    """Let links lead to what their pages became, and to headings that are there.

    contexts: what converting each file found out, by its path.
    """
    _keep_real_anchors(bundle)
    became = _what_pages_became(bundle, plan)

    def settled(html: str, path: str) -> str:
        soup = BeautifulSoup(html, "html.parser")
        for link in soup.find_all("a", attrs={"data-lesson": True}):
            written = str(link.attrs.pop("data-line", "0"))
            line = int(written) if written.isdecimal() else 0
            fragment, target = str(link["data-fragment"]), str(link["data-lesson"]) or path
            page = became.get(target)
            if page is None:
                report.file(path).leave_out(
                    f"link to {target[:80]}", "that page is no lesson; its text stays", line
                )
                link.unwrap()
                continue
            where = contexts.get(target)
            heading = _heading(where, fragment) if where else None
            if fragment and heading is None:
                report.file(path).approximate(
                    f"link to #{fragment[:80]}", "a link to the page: it has no such place", line
                )
            link["data-fragment"] = (heading or "") if page == target else ""
            link["data-lesson"] = page
        return str(soup)

    for lesson in bundle.lessons:
        lesson.body = map_text(lesson.body, partial(settled, path=lesson.path))
    bundle.description = map_text(bundle.description, partial(settled, path=plan.index))


def _what_pages_became(bundle: CourseBundle, plan: Plan) -> dict[str, str]:
    """Page → the lesson or module that holds it now, "." for the course itself."""
    became = {lesson.path: lesson.path for lesson in bundle.lessons}
    modules = {each.path for each in bundle.children if isinstance(each, Module)}
    for child in plan.children:
        if isinstance(child, PlannedModule) and child.path in modules:
            became.setdefault(child.path, child.path)
            became.setdefault(child.own, child.path)
    return {plan.index: ".", **became, ".": "."}


def _heading(context: Context, fragment: str) -> str | None:
    return next(
        (context.anchors[key] for key in fragment_keys(fragment) if key in context.anchors),
        None,
    )


def _keep_real_anchors(bundle: CourseBundle) -> None:
    """A heading that became a box's title is no place to link to: its lesson is."""
    for lesson in bundle.lessons:
        shown = set(_headings(lesson.body))
        for key, heading in lesson.anchors.items():
            if heading not in shown:
                lesson.anchors[key] = ""


def _headings(blocks: list[Block]) -> Iterator[str]:
    for piece in blocks:
        if piece["type"] == "heading":
            yield piece["value"]["text"]
        elif piece["type"] == "callout":
            yield from _headings(piece["value"]["body"])


def map_text(value, change: Callable[[str], str]):
    """The same blocks with `change` applied to each rich text in them."""
    if isinstance(value, dict):
        return {key: map_text(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [map_text(item, change) for item in value]
    return change(value) if isinstance(value, str) and "<a data-" in value else value
