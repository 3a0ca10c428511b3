"""The shop window: front page, schools, instructors, course pages, what search engines are told."""

import json
import re

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from home import actions
from home.models import InformationPage, MarketplacePage
from lms.courses.models import Category, CoursePage, Visibility
from lms.events import SYSTEM
from lms.tenants.models import Provider
from tests.cast import person
from tests.lms.certificates.making import course, named, school
from tests.lms.learning import lesson, module

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme():
    return school(tagline="Look up", primary_colour="#123456")


def page(path: str, host: str = "localhost", status: int = 200, **kwargs) -> str:
    response = Client(HTTP_HOST=host).get(path, **kwargs)
    assert response.status_code == status
    return response.content.decode()


def teacher(**fields):
    alice = named("alice", "Alice Ito")
    for name, value in {"headline": "Astronomer", **fields}.items():
        setattr(alice, name, value)
    alice.save()
    return alice


def structured(html: str) -> dict:
    (data,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html)
    return json.loads(data)


def test_the_front_page_shows_featured_courses_and_categories_with_counts(acme):
    shown = course(acme, title="Night Sky", featured=True)
    shown.categories = [Category.objects.create(name="Stars", slug="stars")]
    shown.save_revision().publish()
    html = page("/")
    assert "Night Sky" in html
    assert re.search(r'category=stars">Stars <span class="chip__count">1<', html)


def test_the_front_page_of_an_empty_marketplace_says_so():
    actions.set_up_marketplace()
    assert "The first courses are on their way" in page("/")


def test_a_school_shows_its_courses_on_the_marketplace_and_on_its_own_site(acme):
    course(acme, title="Night Sky")
    assert 'href="/acme/night-sky/"' in page("/acme/")
    assert 'href="/night-sky/"' in page("/", "acme.localhost")


def test_a_school_says_its_tagline_once_on_its_own_site(acme):
    acme.page.headline = acme.tagline
    acme.page.save_revision().publish()
    hero = page("/", "acme.localhost").partition("<main")[2].partition("</section>")[0]
    assert "<h1>Look up</h1>" in hero
    assert hero.count("Look up") == 1
    assert acme.page.title in hero


def test_what_a_course_says_keeps_its_own_direction_in_a_page_of_another(acme):
    course(acme, title="Night Sky")
    arabic = page("/courses/", headers={"accept-language": "ar"})
    assert '<html lang="ar" dir="rtl">' in arabic
    assert re.search(r'<h2 class="course-card__title[^>]*dir="auto"><a[^>]*>Night Sky</a>', arabic)


def test_certificates_can_be_checked_from_every_page(acme):
    assert 'href="/verify/"' in page("/")


def test_a_school_site_never_shows_another_schools_courses(acme):
    globex = school("globex")
    course(globex, title="Rival course")
    for path in ("/", "/courses/", "/courses/?q=rival", "/sitemap.xml"):
        assert "rival-course" not in page(path, "acme.localhost")
    page("/rival-course/", "acme.localhost", status=404)


def test_a_portal_course_is_missing_from_the_marketplace(acme):
    course(acme, title="In house", visibility=Visibility.PORTAL)
    page("/acme/in-house/", status=404)
    for path in ("/", "/courses/", "/courses/?q=house", "/acme/", "/sitemap.xml"):
        assert "in-house" not in page(path)
    assert "In house" in page("/in-house/", "acme.localhost")


def test_an_instructor_page_lists_the_courses_that_stand_on_this_site(acme):
    alice = teacher(biography="Looks up.")
    course(acme, title="Night Sky", instructors=[alice])
    html = page(f"/instructors/{alice.pk}/")
    assert all(text in html for text in ("Alice Ito", "Astronomer", "Looks up.", "Night Sky"))
    assert 'href="/acme/"' in html


def test_somebody_who_teaches_nothing_here_has_no_instructor_page(acme):
    course(acme, instructors=[person("alice")])
    page(f"/instructors/{person('bob').pk}/", status=404)


def test_a_course_page_shows_what_a_student_wants_to_know(acme):
    alice = teacher()
    shown = course(
        acme,
        title="Night Sky",
        instructors=[alice],
        lessons=0,
        price_minor=4900,
        level="beginner",
        description="<p>For everybody with a window.</p>",
        outcomes=[("outcome", "Find north")],
        requirements=[("requirement", "A dark place")],
        pacing="scheduled",
        starts_on="2027-01-05",
        weeks=6,
        frequency="weekly",
        days=["mon", "thu"],
        session_minutes=90,
        enrolment_limit=12,
        licence_name="CC BY 4.0",
    )
    part = module(shown, "Planets")
    first = lesson(part, "Mars", free_preview=True, minutes=10)
    lesson(part, "Venus", minutes=15)
    html = page("/acme/night-sky/")
    for text in (
        "Look up.", "Alice Ito", "Astronomer", "€49.00", "Beginner", "English", "For everybody",
        "Find north", "A dark place", "Planets", "Mars", "Venus", "2 lessons · 25 min",
        "Every week on Monday and Thursday", "6 weeks", "90 minutes each", "12 seats left",
        "CC BY 4.0", "Not rated yet",
    ):  # fmt: skip
        assert text in html, text
    assert f"/learn/{shown.pk}/{first.pk}/" in html
    assert "Venus</a>" not in html


def test_a_course_names_the_work_it_is_made_from_but_never_itself(acme):
    course(acme, title="Night Sky", source_title="Night Sky", licence_name="CC BY 4.0")
    course(acme, title="Day Sky", source_title="Day Sky", source_authors="A. Ptolemy")
    assert "Based on" not in page("/acme/night-sky/")
    assert "CC BY 4.0" in page("/acme/night-sky/")
    assert "Based on Day Sky by A. Ptolemy." in " ".join(page("/acme/day-sky/").split())


def test_a_course_in_another_language_says_so_on_its_own_words(acme):
    course(acme, title="السماء", slug="sky", language="ar")
    assert '<h1 lang="ar" dir="rtl">السماء</h1>' in page("/acme/sky/")


def test_a_course_names_its_one_canonical_address(acme):
    course(acme, title="Night Sky")
    wanted = '<link rel="canonical" href="http://localhost:8000/acme/night-sky/">'
    assert wanted in page("/acme/night-sky/")
    assert wanted in page("/night-sky/", "acme.localhost")


def test_a_portal_course_is_canonical_on_its_own_site(acme):
    course(acme, title="Night Sky", visibility=Visibility.PORTAL)
    wanted = '<link rel="canonical" href="http://acme.localhost:8000/night-sky/">'
    assert wanted in page("/night-sky/", "acme.localhost")


def test_structured_data_describes_the_course_and_can_not_break_out_of_its_script(acme):
    course(acme, title="</script><script>alert(1)</script>", slug="sly", price_minor=4900)
    html = page("/acme/sly/")
    data = structured(html)
    assert data["@type"] == "Course"
    assert data["name"] == "</script><script>alert(1)</script>"
    assert data["offers"]["price"] == "49.00"
    assert "<script>alert" not in html


def test_a_title_of_emoji_has_a_page(acme):
    shown = course(acme, title="🦉" * 255)
    assert "🦉" in page(f"/acme/{shown.slug}/")


def test_a_preview_draws_the_course_as_a_visitor_and_as_a_student(acme):
    draft = course(acme, title="Night Sky")
    for mode in ("", "student"):
        response = draft.make_preview_request(preview_mode=mode)
        response.render()
        assert response.status_code == 200
        assert "Night Sky" in response.content.decode()


def test_the_sitemap_lists_the_courses_of_its_host(acme):
    course(acme, title="Night Sky")
    assert "/acme/night-sky/" in page("/sitemap.xml")
    assert "http://acme.localhost/night-sky/" in page("/sitemap.xml", "acme.localhost")


def test_a_long_sitemap_comes_in_parts(acme, monkeypatch):
    monkeypatch.setattr("config.sitemaps.HostSitemap.limit", 1)
    for number in range(3):
        course(acme, title=f"Course {number}", lessons=0)
    index = page("/sitemap.xml")
    assert "sitemap-courses.xml?p=3" in index
    assert "/acme/course-0/" in page("/sitemap-courses.xml?p=3")


def test_robots_are_shown_the_sitemap_and_kept_from_private_pages(acme):
    text = page("/robots.txt")
    assert "Sitemap: http://localhost/sitemap.xml" in text
    assert "Disallow: /learn/" in text


def test_a_provider_site_wears_its_colours(acme):
    html = page("/", "acme.localhost")
    (address,) = re.findall(r'href="(/brand\.css\?v=[0-9a-f]+)"', html)
    css = page(address, "acme.localhost")
    assert css == ":root { --brand: #123456; --brand-contrast: #ffffff; }\n"


def test_a_changed_colour_shows_at_once(acme):
    page("/", "acme.localhost")
    acme.primary_colour = "#ffee00"
    acme.save()
    css = page("/brand.css", "acme.localhost")
    assert "--brand: #ffee00; --brand-contrast: #14191a" in css


def test_terms_are_the_providers_own_on_its_site(acme):
    acme.terms = "Be kind."
    acme.save()
    assert "Be kind." in page("/terms/", "acme.localhost")
    page("/privacy/", "acme.localhost", status=404)


def test_terms_of_the_marketplace_are_an_information_page():
    market = actions.set_up_marketplace()
    terms = InformationPage(title="Terms", slug="terms", body="<p>Be kind.</p>")
    market.add_child(instance=terms)
    terms.save_revision().publish()
    assert "Be kind." in page("/terms/")


def test_setting_up_twice_changes_nothing():
    first = actions.set_up_marketplace()
    assert actions.set_up_marketplace().pk == first.pk
    assert MarketplacePage.objects.count() == 1


@pytest.mark.parametrize("slug", ["courses", "learn", "account", "cms", "www", "media"])
def test_reserved_names_are_refused(slug):
    actions.set_up_marketplace()
    with pytest.raises(ValidationError):
        actions.open_provider(name="X", slug=slug, owner=person("eve"), actor=SYSTEM)
    assert not Provider.objects.filter(slug=slug).exists()


def test_a_house_that_can_not_be_opened_leaves_nothing_behind(monkeypatch):
    actions.set_up_marketplace()
    monkeypatch.setattr("home.actions.open_moderation", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        actions.open_provider(name="X", slug="x", owner=person("eve"), actor=SYSTEM)
    assert not Provider.objects.exists()
    assert not CoursePage.objects.exists()
