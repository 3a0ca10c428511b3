"""Every address of the Wagtail admin, filled with what a house has.

An address whose arguments nobody has said how to fill breaks the build (see `unfilled`).
"""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

from django.urls import NoReverseMatch, reverse

from tests.architecture.routes import Route, routes
from tests.home.fence.houses import House

# Where the pages an address is tried with stand for all others.
PAGES = ("lesson", "waiting")

# {argument: keys of House.things}, whatever the address.
THINGS: dict[str, tuple[str, ...]] = {
    "page_id": PAGES,
    "parent_page_id": ("course",),
    "page_to_move_id": ("course",),
    "destination_id": ("draft",),
    "page_pk": ("course",),
    "image_id": ("image",),
    "document_id": ("document",),
    "doc_id": ("document",),
    "media_id": ("media",),
    "redirect_id": ("redirect",),
    "collection_id": ("collection",),
    "certificate_id": ("certificate",),
    "session_id": ("session",),
    "user_id": ("colleague",),
    "person_id": ("colleague",),
    "invitation_id": ("invitation",),
    "list_id": ("people_list",),
    "task_id": ("task",),
    "task_state_id": ("waiting_task",),
    "workflow_state_id": ("waiting_state",),
    "workflow_pk": ("workflow",),
    "translation_id": ("translation",),
    "translation_source_id": ("source",),
    "string_segment_id": ("segment",),
    "overridable_segment_id": ("overridable",),
    "export_id": ("export",),
}

# {the address's namespace, or its name: keys}, for "pk", "object_id" and their like.
BY_PLACE: dict[str, tuple[str, ...]] = {
    "category": ("category",),
    "wagtail_localize": ("category",),
    "wagtailadmin_api:pages": ("course", "draft"),
    "wagtailadmin_api:images": ("image",),
    "wagtailadmin_api:documents": ("document",),
    "wagtailimages_chooser": ("image",),
    "wagtaildocs_chooser": ("document",),
    "wagtailadmin_collections": ("collection",),
    "wagtailadmin_pages": ("lesson",),
    "wagtailadmin_editing_sessions": ("lesson",),
    "wagtailsites": ("site",),
    "recording_file": ("media",),
    "wagtailadmin_workflows": ("workflow",),
}

# {(namespace or name, argument): values} that are the same for every house.
WORDS: dict[tuple[str, str], tuple[Any, ...]] = {
    ("wagtail_localize", "app_label"): ("courses",),
    ("wagtail_localize", "model_name"): ("category",),
    ("wagtail_localize", "mode"): ("student",),
    ("wagtailadmin_pages", "content_type_app_name"): ("courses",),
    ("wagtailadmin_pages", "content_type_model_name"): ("coursepage", "lessonpage"),
    ("wagtailadmin_pages", "app_label"): ("courses",),
    ("wagtailadmin_pages", "model_name"): ("coursepage",),
    ("wagtailadmin_pages", "action_name"): ("approve", "reject"),
    ("wagtailadmin_pages", "revision_id_a"): ("earliest",),
    ("wagtailadmin_pages", "revision_id_b"): ("latest",),
    ("wagtailadmin_api:pages", "action_name"): ("copy", "delete", "unpublish", "publish"),
    ("wagtailadmin_editing_sessions", "app_label"): ("courses",),
    ("wagtailadmin_editing_sessions", "model_name"): ("lessonpage",),
    ("wagtail_bulk_action", "app_label"): ("wagtailcore",),
    ("wagtail_bulk_action", "model_name"): ("page",),
    ("wagtail_bulk_action", "action"): ("delete", "move", "publish", "unpublish"),
    ("wagtailadmin_workflows", "app_label"): ("wagtailcore",),
    ("wagtailadmin_workflows", "model_name"): ("groupapprovaltask",),
    ("wagtailadmin_tag_model_autocomplete", "app_name"): ("taggit",),
    ("wagtailadmin_tag_model_autocomplete", "model_name"): ("tag",),
    ("wagtailimages", "filter_spec"): ("max-16x16",),
    ("wagtailmedia", "media_type"): ("audio",),
    ("recording_file", "name"): ("a.wav",),
}

# Addresses that take no ids of ours, and why that is enough.
UNFILLED: dict[str, str] = {
    "wagtailadmin_password_reset_confirm": "takes a signed token; switched off (settings)",
}

Values = dict[str, list[Any]]


def admin_routes() -> list[Route]:
    return [route for route in routes() if route.pattern.startswith("cms/")]


def values_of(route: Route, house: House) -> Values | None:
    """{argument: values} to try, or None where it is not known how to fill the address."""
    values: Values = {}
    for argument in route.arguments:
        found = _values(route, argument, house)
        if not found:
            return None
        values[argument] = found
    return values


def urls(route: Route, *houses: House) -> Iterator[str]:
    """The address with the things of these houses, in every mixture that is not of one alone where
    there are two houses."""
    if not route.arguments:
        yield _plain(route)
        return
    known = [values_of(route, house) for house in houses]
    names = sorted(route.arguments)
    seen = set()
    for choice in product(range(len(houses)), repeat=len(names)):
        filled = [known[who][name] for who, name in zip(choice, names, strict=True)]  # type: ignore[index]
        for arguments in product(*filled):
            seen.add(_reversed(route, dict(zip(names, arguments, strict=True))))
    if len(houses) == 2:
        for house in houses:
            seen -= set(urls(route, house))
    yield from sorted(seen)


def _values(route: Route, argument: str, house: House) -> list[Any]:
    namespace, _colon, name = route.name.rpartition(":")
    for place in (namespace, name):
        if words := WORDS.get((place, argument)):
            return list(words)
    if argument == "provider_id":
        return [house.provider.pk]
    if argument == "revision_id":
        return [house["revision"].pk]
    if argument == "uploaded_file_id":
        return [house[f"uploaded_{'image' if 'image' in namespace else 'document'}"].pk]
    if argument == "pk" and namespace == "wagtailusers_users":
        return [house.people["instructor"].pk]
    if argument == "pk" and namespace == "wagtailusers_groups":
        return [house.people["admin"].groups.first().pk]
    keys = THINGS.get(argument) or BY_PLACE.get(namespace) or BY_PLACE.get(name) or ()
    return [house[key].pk for key in keys]


def _reversed(route: Route, arguments: dict[str, Any]) -> str:
    return reverse(route.name, kwargs=arguments)


def _plain(route: Route) -> str:
    if route.name:
        try:
            return reverse(route.name)
        except NoReverseMatch:
            pass
    return "/" + route.pattern.replace("^.*/$", "nowhere/").translate(str.maketrans("", "", "^$"))


def unfilled(house: House) -> list[str]:
    return [
        route.name or route.pattern
        for route in admin_routes()
        if route.arguments and values_of(route, house) is None and route.name not in UNFILLED
    ]


# --- What is asked beside the address itself ------------------------------------------------------

EXPORTS = ("export=csv", "export=xlsx")


def queries(route: Route, own: House, other: House) -> list[str]:
    """Query strings for an address that lists. Most lists have an address of their results alone,
    which is asked instead of the whole page."""
    namespace, _colon, name = route.name.rpartition(":")
    asked = [
        query
        for part, make in QUERIES.items()
        if route.name.startswith(part)
        for query in make(own, other)
    ]
    if namespace == "wagtailadmin_reports" or name in ("index", "wagtailadmin_explore"):
        asked += [] if name.endswith("_results") else EXPORTS
    if any(word in name for word in LISTS):
        asked += ["q=glob", f"collection_id={other['collection'].pk}"]
    return asked


LISTS = ("results", "search", "wagtailadmin_choose_page", "wagtailmedia:index", "chooser_typed")

Queries = Callable[[House, House], list[str]]

# {beginning of a name: query strings}
QUERIES: dict[str, Queries] = {
    "wagtailadmin_api:pages:listing": lambda own, other: [
        "search=glob",
        "fields=*&limit=50",
        f"child_of={other.provider.page.pk}",
        f"descendant_of={other.provider.page.pk}",
        f"child_of={own.provider.page.get_parent().pk}&for_explorer=1",
        f"id={other['course'].pk}",
        f"for_explorer=1&child_of={own.provider.page.pk}",
    ],
    "wagtailimages_chooser:chosen_multiple": lambda own, other: [_ids("image", own, other)],
    "wagtaildocs_chooser:chosen_multiple": lambda own, other: [_ids("document", own, other)],
    "wagtailadmin_choose_page_chosen_multiple": lambda own, other: [_ids("course", own, other)],
    "wagtailadmin_choose_page": lambda own, other: [
        "page_type=wagtailcore.page&q=glob",
        "page_type=courses.coursepage&can_choose_root=true",
        f"target_pages={other['course'].pk}&match_subclass=true",
        f"link_text=x&link_url=/{own['course'].slug}/&parent_page_id={other['course'].pk}",
    ],
    "wagtailadmin_explore_results": lambda own, other: [
        "ordering=content_type", "search_all=1&q=glob",
    ],
    "wagtailadmin_reports:site_history_results": lambda own, other: [
        f"user={other.people['admin'].pk}", f"object_id={other['course'].pk}", "label=glob",
    ],
    "wagtailadmin_reports:locked_pages_results": lambda own, other: [
        f"locked_by={other.people['admin'].pk}"
    ],
    "wagtailadmin_reports:workflow": lambda own, other: [
        f"workflow={other['workflow'].pk}", f"task={other['task'].pk}", "reviewable=true",
        f"requested_by={other.people['beginner'].pk}",
    ],
    "wagtailadmin_reports:aging_pages_results": lambda own, other: [
        f"last_published_by_user={other.people['admin'].pk}"
    ],
    "wagtailredirects:index_results": lambda own, other: [f"site={other['site'].pk}"],
}  # fmt: skip


def _ids(key: str, own: House, other: House) -> str:
    return f"id={other[key].pk}&id={own[key].pk}"


def bulk(own: House, other: House) -> Iterator[str]:
    """Bulk actions on every kind of thing, with the other's ids, with a mixture and with all."""
    kinds = {
        "wagtailcore/page": ("course", ("delete", "move", "publish", "unpublish")),
        "files/image": ("image", ("delete", "add_tags", "add_to_collection")),
        "files/document": ("document", ("delete", "add_tags", "add_to_collection")),
        "files/media": ("media", ("delete", "add_tags", "add_to_collection")),
        "courses/category": ("category", ("delete",)),
        "accounts/user": ("", ("delete", "assign_role", "set_active_state")),
    }
    for kind, (key, actions) in kinds.items():
        theirs = other[key].pk if key else other.people["instructor"].pk
        ours = own[key].pk if key else own.people["instructor"].pk
        for action in actions:
            base = f"/cms/bulk/{kind}/{action}/?next=/cms/"
            yield f"{base}&id={theirs}"
            yield f"{base}&id={ours}&id={theirs}"
            yield f"{base}&id=all"
            yield f"{base}&id=all&childOf={other.provider.page.pk}"
