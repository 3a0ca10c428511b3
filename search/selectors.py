"""Reads: the catalogue's pages and the figures beside its filters, from the flat table alone."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import BooleanField, Count, ExpressionWrapper, F, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

from lms.courses import freshness
from lms.courses.models import Category, CourseListing, Level, ListingCategory, Visibility
from lms.courses.selectors import visible_listings
from lms.tenants.models import Provider

from .full_text import LIMIT, beginning_ids, correction, matching_ids
from .query import Cursor, Query

PAGE_SIZE = 24
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Facet:
    """A category to choose. `count` is None where it is not known exactly."""

    value: str
    label: str
    count: int | None


@dataclass(frozen=True, slots=True)
class Facets:
    """The choices there are on one site: {value: number of all its courses under it}."""

    total: int
    categories: list[Facet]
    levels: dict[str, int]
    languages: dict[str, int]
    prices: dict[str, int]
    paces: dict[str, int]


@dataclass(frozen=True, slots=True)
class ListingPage:
    """Some courses, and the cursors of the pages before and after ("" at the ends)."""

    rows: list[CourseListing]
    previous: str
    next: str


@dataclass(frozen=True, slots=True)
class Results:
    """A page of the catalogue. `total` is None for "more than `LIMIT`"; `corrected` are the words
    that were looked for instead of those typed.
    """

    page: ListingPage
    total: int | None
    categories: list[Facet]
    corrected: str = ""


def facets(provider: Provider | None) -> Facets:
    """The filters' choices on the marketplace, or on `provider`'s site; kept until a change."""
    site = provider.pk if provider else "marketplace"
    return freshness.kept(f"search.facets.{site}", lambda: _facets(provider))


def results(query: Query, provider: Provider | None) -> Results:
    """The page of courses `query` asks for, of those a visitor of this site may find."""
    listings = _filtered(visible_listings(provider), query)
    shelf = _category_id(query.category, provider) if query.category else None
    if query.category and shelf is None:
        listings = listings.none()
    if query.q:
        return _search(listings, query, provider, shelf)
    if query.is_plain:
        known = facets(provider)
        total = known.total
        if query.category:
            counts = {facet.value: facet.count for facet in known.categories}
            total = counts.get(query.category) or 0
        return Results(page_of(listings, query, shelf), total, known.categories)
    every = _some_ids(listings)
    here = _some_ids(listings.filter(category_rows__category=shelf)) if query.category else every
    found = None if here is None else len(here)
    return Results(page_of(listings, query, shelf), found, _counted(query, provider, every))


def _some_ids(listings: QuerySet[CourseListing]) -> list[int] | None:
    """All their primary keys; None for more than `LIMIT`, which nobody counts."""
    ids = list(listings.order_by().values_list("pk", flat=True)[: LIMIT + 1])
    return ids if len(ids) <= LIMIT else None


def suggestions(words: str, provider: Provider | None, limit: int = 6) -> list[str]:
    """Titles of courses that match the beginning of what is being typed."""
    ids = beginning_ids(visible_listings(provider), words, limit)
    found = CourseListing.objects.in_bulk(ids)
    return [found[pk].title for pk in ids]


def categories_of(provider: Provider | None) -> QuerySet[Category]:
    """Those that stand on this site: shared ones, and a provider's own on its own site."""
    return Category.objects.filter(Q(provider=None) | Q(provider=provider))


def category_key(slug: str, is_shared: bool) -> str:
    """How addresses name a category: a provider's own may be called like a shared one."""
    return slug if is_shared else f"~{slug}"


def category_name(key: str, provider: Provider | None) -> str:
    """What the category of this key is called on this site; "" for none."""
    known = {facet.value: facet.label for facet in facets(provider).categories}
    if key in known:
        return known[key]
    return _category(key, provider).values_list("name", flat=True).first() or ""


def _search(
    listings: QuerySet[CourseListing], query: Query, provider: Provider | None, shelf: int | None
) -> Results:
    """`listings` are those the other filters leave, of every category."""
    every = matching_ids(listings, query.q)
    corrected = ""
    if not every and (corrected := correction(visible_listings(provider), query.q)):
        every = matching_ids(listings, corrected)
        corrected = corrected if every else ""
    ids = every
    if query.category:
        within = listings.filter(category_rows__category=shelf)
        ids = matching_ids(within, corrected or query.q)
    if query.order == "relevance":
        page = _ranked_page(ids, query)
    else:
        page = page_of(CourseListing.objects.filter(pk__in=ids), query)
    known = _counted(query, provider, every if len(every) < LIMIT else None)
    return Results(page, len(ids) if len(ids) < LIMIT else None, known, corrected)


def _filtered(listings: QuerySet[CourseListing], query: Query) -> QuerySet[CourseListing]:
    """By everything but words and category."""
    if query.level:
        listings = listings.filter(level=query.level)
    if query.language:
        listings = listings.filter(language=query.language)
    if query.price:
        free = Q(price_minor=0)
        listings = listings.filter(free if query.price == "free" else ~free)
    if query.pace:
        listings = listings.filter(self_paced=query.pace == "self")
    return listings


def _category_id(key: str, provider: Provider | None) -> int | None:
    """None for a category that is not on this site."""
    return _category(key, provider).values_list("pk", flat=True).first()


def _category(key: str, provider: Provider | None) -> QuerySet[Category]:
    shared = not key.startswith("~")
    return categories_of(provider).filter(slug=key.removeprefix("~"), provider__isnull=shared)


# What each order sorts by, ids last, and whether it descends.
_ORDERS: dict[str, tuple[str, bool]] = {
    "popular": ("learners", True),
    "rated": ("rating_rank", True),
    "newest": ("published_at", True),
    "price": ("price_minor", False),
    "title": ("title", False),
}


def page_of(
    listings: QuerySet[CourseListing], query: Query, shelf: int | None = None
) -> ListingPage:
    """A page by key, not by number: as quick at the end of the catalogue as at its start.

    `shelf` is the id of the one category to show.
    """
    name, descends = _ORDERS[query.order if query.order in _ORDERS else "popular"]
    column, pk = name, "pk"
    conditions: list[Any] = []
    if shelf is not None:
        conditions.append(Q(category_rows__category=shelf))
        if name in ("learners", "published_at"):
            # The category's own rows repeat these two, in an index of that order.
            column, pk = f"category_rows__{name}", "category_rows__listing_id"
    backwards = bool(query.before)
    cursor = Cursor.parse(query.after or query.before)
    value = _from_cursor(name, cursor.value) if cursor else None
    if cursor and value is not None:
        beyond = TupleLessThan if descends != backwards else TupleGreaterThan
        conditions.append(beyond(Tuple(F(column), F(pk)), (value, cursor.pk)))
    # In one call: each further filter() would join the category's rows once more.
    listings = listings.filter(*conditions)
    falling = "-" if descends != backwards else ""
    rows = list(listings.order_by(f"{falling}{column}", f"{falling}{pk}")[: PAGE_SIZE + 1])
    more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
    if backwards:
        rows.reverse()
    has_previous, has_next = (more, True) if backwards else (bool(query.after), more)
    return ListingPage(
        rows,
        previous=_cursor(rows[0], name) if rows and has_previous else "",
        next=_cursor(rows[-1], name) if rows and has_next else "",
    )


def _cursor(row: CourseListing, name: str) -> str:
    value = getattr(row, name)
    if isinstance(value, datetime):
        value = (value - _EPOCH) // timedelta(microseconds=1)
    return str(Cursor(value, row.pk))


def _from_cursor(name: str, value: str | int) -> Any:
    """The value to compare with; None where the cursor belongs to another order."""
    if name == "title":
        return value if isinstance(value, str) else None
    if not isinstance(value, int):
        return None
    if name == "published_at":
        try:
            return _EPOCH + timedelta(microseconds=value)
        except OverflowError:
            return None
    return value


def _ranked_page(ids: Sequence[int], query: Query) -> ListingPage:
    """A page of ids that are in order already; its cursors are places in it."""
    start = 0
    if cursor := Cursor.parse(query.after):
        start = _place(cursor)
    elif cursor := Cursor.parse(query.before):
        start = max(0, _place(cursor) - PAGE_SIZE)
    end = start + PAGE_SIZE
    found = CourseListing.objects.in_bulk(ids[start:end])
    return ListingPage(
        [found[pk] for pk in ids[start:end] if pk in found],
        previous=str(Cursor(start, 1)) if start else "",
        next=str(Cursor(end, 1)) if end < len(ids) else "",
    )


def _place(cursor: Cursor) -> int:
    return min(max(cursor.value, 0), LIMIT) if isinstance(cursor.value, int) else 0


def _counted(query: Query, provider: Provider | None, ids: list[int] | None) -> list[Facet]:
    """The site's categories with the number of `ids` under each: what choosing it would list."""
    known = facets(provider).categories
    if ids is None:
        return [Facet(facet.value, facet.label, None) for facet in known]
    rows = (
        ListingCategory.objects.filter(listing__in=ids)
        .order_by()
        .values_list("category__slug", "category__provider")
        .annotate(number=Count("pk"))
    )
    counts = {category_key(slug, own is None): number for slug, own, number in rows}
    return [
        Facet(facet.value, facet.label, counts.get(facet.value, 0))
        for facet in known
        if counts.get(facet.value) or facet.value == query.category
    ]


def _facets(provider: Provider | None) -> Facets:
    listings = visible_listings(provider).order_by()
    free = ExpressionWrapper(Q(price_minor=0), BooleanField())
    rows = listings.values_list("level", "language", "self_paced", free).annotate(n=Count("pk"))
    levels: Counter[str] = Counter()
    languages: Counter[str] = Counter()
    own_pace: Counter[bool] = Counter()
    for_nothing: Counter[bool] = Counter()
    for level, language, self_paced, is_free, number in rows:
        levels[level] += number
        languages[language] += number
        own_pace[self_paced] += number
        for_nothing[is_free] += number
    by_size = sorted(languages, key=lambda code: (-languages[code], code))
    return Facets(
        total=sum(levels.values()),
        categories=_category_facets(provider),
        levels={value: levels[value] for value in Level.values if value in levels},
        languages={code: languages[code] for code in by_size},
        prices={"free": for_nothing[True], "paid": for_nothing[False]},
        paces={"self": own_pace[True], "scheduled": own_pace[False]},
    )


def _category_facets(provider: Provider | None) -> list[Facet]:
    of_site = Q(listing_rows__listing__live=True)
    if provider is None:
        of_site &= Q(listing_rows__listing__visibility=Visibility.MARKETPLACE)
    else:
        of_site &= Q(listing_rows__listing__provider=provider)
    rows = categories_of(provider).annotate(number=Count("listing_rows", filter=of_site))
    return [
        Facet(category_key(row.slug, row.provider_id is None), row.name, row.number)
        for row in rows.order_by("position", "name")
        if row.number
    ]
