"""The catalogue's flat read model: one row per course that was ever published.

Asking Wagtail's page table for the newest public courses takes seconds at 100,000 courses; this
table answers in about a millisecond. It is written by `lms.courses.actions` alone, when a course
is published, unpublished, moved or deleted, and can be rebuilt (`manage.py rebuild_listings`). Its
full-text index is the database's own work, set up by `search.full_text`.
"""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.common.money import Money
from lms.courses.rules import Ratings

from .pages import CoursePage, Level, Visibility


class CourseListing(models.Model):
    """What catalogue, search, home, sitemap and dashboards show of a course, as last published.

    A portal's listings say so: none stands on the marketplace, and none has a price.
    """

    course = models.OneToOneField(
        CoursePage, primary_key=True, on_delete=models.CASCADE, related_name="listing"
    )
    provider = models.ForeignKey(
        "tenants.Provider", on_delete=models.CASCADE, related_name="listings"
    )
    provider_name = models.CharField(max_length=120)
    title = models.CharField(max_length=255)
    summary = models.CharField(max_length=300, blank=True)
    description = models.TextField(blank=True)  # plain text, for search
    path = models.CharField(max_length=1024)  # of the course page below the marketplace
    level = models.CharField(max_length=20, choices=Level.choices)
    language = models.CharField(max_length=10)
    price_minor = models.PositiveBigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    self_paced = models.BooleanField(default=True)
    starts_on = models.DateField(null=True)
    visibility = models.CharField(max_length=20, choices=Visibility.choices)
    live = models.BooleanField(default=True)
    featured = models.BooleanField(default=False)
    instructor_names = models.CharField(max_length=500, blank=True)
    category_names = models.CharField(max_length=1000, blank=True)  # for search
    cover_url = models.CharField(max_length=500, blank=True)
    cover_srcset = models.TextField(blank=True)
    cover_alt = models.CharField(max_length=255, blank=True)
    lesson_count = models.PositiveIntegerField(default=0)
    minutes = models.PositiveIntegerField(default=0)
    learners = models.PositiveIntegerField(default=0)
    # How many ratings with so many stars are shown, and what "best rated" sorts by.
    stars_1 = models.PositiveIntegerField(default=0)
    stars_2 = models.PositiveIntegerField(default=0)
    stars_3 = models.PositiveIntegerField(default=0)
    stars_4 = models.PositiveIntegerField(default=0)
    stars_5 = models.PositiveIntegerField(default=0)
    rating_rank = models.PositiveIntegerField(default=0)
    published_at = models.DateTimeField()  # the first time
    updated_at = models.DateTimeField()  # the last time
    categories = models.ManyToManyField(
        "courses.Category", through="ListingCategory", related_name="listings"
    )
    instructors = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="listings")

    class Meta:
        verbose_name = _("course listing")
        verbose_name_plural = _("course listings")
        indexes = [
            # The catalogue's orders on the marketplace…
            models.Index(
                fields=["-learners", "-course"],
                name="listing_market_popular",
                condition=models.Q(live=True, visibility="marketplace"),
            ),
            models.Index(
                fields=["-published_at", "-course"],
                name="listing_market_newest",
                condition=models.Q(live=True, visibility="marketplace"),
            ),
            models.Index(
                fields=["-rating_rank", "-course"],
                name="listing_market_rated",
                condition=models.Q(live=True, visibility="marketplace"),
            ),
            models.Index(
                fields=["price_minor", "course"],
                name="listing_market_price",
                condition=models.Q(live=True, visibility="marketplace"),
            ),
            models.Index(
                fields=["title", "course"],
                name="listing_market_title",
                condition=models.Q(live=True, visibility="marketplace"),
            ),
            # …in a language that few courses are taught in…
            models.Index(
                fields=["language", "-learners", "-course"],
                name="listing_market_language",
                condition=models.Q(live=True, visibility="marketplace"),
            ),
            # …and on a provider's own site.
            models.Index(
                fields=["provider", "-learners", "-course"],
                name="listing_provider_popular",
                condition=models.Q(live=True),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def price(self) -> Money:
        """What a seat costs."""
        return Money(self.price_minor, self.currency)

    @property
    def is_free(self) -> bool:
        return self.price_minor == 0

    @property
    def ratings(self) -> Ratings:
        return Ratings((self.stars_1, self.stars_2, self.stars_3, self.stars_4, self.stars_5))

    @property
    def on_marketplace(self) -> bool:
        return self.visibility == Visibility.MARKETPLACE


class ListingCategory(models.Model):
    """A listing under a category, with what the category's page sorts by beside it."""

    listing = models.ForeignKey(
        CourseListing, on_delete=models.CASCADE, related_name="category_rows"
    )
    category = models.ForeignKey(
        "courses.Category", on_delete=models.CASCADE, related_name="listing_rows"
    )
    learners = models.PositiveIntegerField(default=0)
    published_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["listing", "category"], name="listing_category_once")
        ]
        indexes = [
            models.Index(fields=["category", "-learners", "-listing"], name="listingcat_popular"),
            models.Index(
                fields=["category", "-published_at", "-listing"], name="listingcat_newest"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.listing_id} in {self.category_id}"
