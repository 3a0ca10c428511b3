"""The course form as instructors fill it in."""

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from wagtail.models import Collection

from lms.accounts.actions import update_profile
from lms.courses.blocks import LessonBody
from lms.courses.models import Category, CoursePage, LessonPage
from lms.files.models import Document, Image, Media
from tests.cast import person
from tests.lms.courses.authoring import (
    add_url,
    admin_of,
    author,
    course,
    draft_lesson,
    edit_url,
    errors,
    fill,
    latest,
    said,
    school,
    send,
)
from tests.lms.learning import WAV, everything, module, reader

pytestmark = pytest.mark.django_db
SUMMARY = "Tie five knots."


@pytest.fixture
def acme():
    return school()


@pytest.fixture
def globex():
    return school("globex")


@pytest.fixture
def alice(acme):
    return author(acme)


def test_a_course_is_published_from_its_form(acme, alice):
    send(
        alice, add_url(acme), title="Knots", slug="knots", summary=SUMMARY, action_publish="yes",
    )  # fmt: skip
    page = CoursePage.objects.get(slug="knots")
    assert page.live
    assert page.provider == acme
    assert page.owner == alice


def test_a_new_course_is_taught_by_its_author(acme, alice):
    found = fill(reader(alice), add_url(acme))
    assert found.getlist("instructors") == [str(alice.pk)]


def test_a_new_course_starts_with_language_and_currency_of_the_last(acme, alice):
    course(acme, alice, language="so", currency="KES")
    found = fill(reader(alice), add_url(acme))
    assert (found["language"], found["currency"]) == ("so", "KES")


def test_other_schools_courses_don_t_set_the_currency(acme, globex, alice):
    course(globex, admin_of(globex), currency="KES")
    assert fill(reader(alice), add_url(acme))["currency"] == "EUR"


def test_only_people_who_teach_at_the_school_are_offered_by_name(acme, globex, alice):
    author(globex, "mallory")
    html = reader(alice).get(add_url(acme)).content.decode()
    assert "Alice" in html
    assert "Mallory" not in html


def test_another_school_s_instructor_is_refused(acme, globex, alice):
    mallory = author(globex, "mallory")
    answer = send(
        alice, add_url(acme), title="Knots", slug="knots", summary=SUMMARY,
        instructors=[str(mallory.pk)],
    )  # fmt: skip
    assert "instructors" in errors(answer)


def test_only_shared_and_own_categories_are_offered(acme, globex, alice):
    Category.objects.create(name="Everybody's", slug="all", provider=None)
    Category.objects.create(name="Acme's own", slug="own", provider=acme)
    Category.objects.create(name="Globex only", slug="theirs", provider=globex)
    form = reader(alice).get(add_url(acme)).context["form"]
    names = [str(one) for one in form.fields["categories"].queryset]
    assert len(names) == 2
    assert "Globex only" not in " ".join(names)


@pytest.mark.parametrize(
    ("price", "currency", "minor"),
    [("49.5", "EUR", 4950), ("", "EUR", 0), ("1200", "JPY", 1200), ("1.250", "KWD", 1250)],
)
def test_a_price_is_typed_in_whole_units(acme, alice, price, currency, minor):
    send(
        alice, add_url(acme), title="Knots", slug="knots", summary=SUMMARY, price=price,
        currency=currency,
    )  # fmt: skip
    assert CoursePage.objects.get(slug="knots").price_minor == minor


@pytest.mark.parametrize(
    ("price", "currency"),
    [("-1", "EUR"), ("12.345", "EUR"), ("10.5", "JPY"), ("1.2345", "KWD"), ("cheap", "EUR")],
)
def test_a_price_that_can_t_be_paid_is_refused_at_the_price(acme, alice, price, currency):
    answer = send(
        alice, add_url(acme), title="Knots", slug="knots", summary=SUMMARY, price=price,
        currency=currency,
    )  # fmt: skip
    assert list(errors(answer)) == ["price"]
    assert answer.context["form"]["price"].value() == price


@pytest.mark.parametrize(
    ("price", "currency", "message"),
    [
        ("12.345", "EUR", "Prices in EUR have at most 2 decimals."),
        ("10.5", "JPY", "Prices in JPY have no decimals."),
        ("1.2345", "KWD", "Prices in KWD have at most 3 decimals."),
    ],
)
def test_too_many_decimals_are_explained_by_the_currency(acme, alice, price, currency, message):
    page = course(acme, alice)
    answer = send(alice, edit_url(page), price=price, currency=currency)
    assert errors(answer)["price"] == [message]


def test_a_price_with_a_comma_is_read_in_the_author_s_language_and_never_as_free(acme, alice):
    page = course(acme, alice, price_minor=4950)
    html = reader(alice).get(edit_url(page)).content.decode()
    # A browser sends "" for a number field it can't read, and "" means free.
    assert 'type="text" name="price"' in html
    assert "price" in errors(send(alice, edit_url(page), price="49,50"))
    update_profile(alice, actor=alice, language="ar")
    assert fill(reader(alice), edit_url(page))["price"] == "49,50"
    send(alice, edit_url(page), price="59,90")
    assert latest(page).price_minor == 5990


def test_currencies_are_offered_by_name(acme, alice):
    assert "KES – Kenyan Shilling" in reader(alice).get(add_url(acme)).content.decode()


def test_the_price_is_shown_as_it_was_typed(acme, alice):
    page = course(acme, alice, price_minor=4950)
    assert fill(reader(alice), edit_url(page))["price"] == "49.50"


def test_days_are_ticked(acme, alice):
    page = course(acme, alice)
    send(alice, edit_url(page), days=["mon", "thu"])
    assert CoursePage.objects.get(pk=page.pk).days == ["mon", "thu"]
    assert fill(reader(alice), edit_url(page)).getlist("days") == ["mon", "thu"]


def test_a_scheduled_course_is_published_with_its_start_only(acme, alice):
    page = course(acme, alice)
    assert "starts_on" in errors(
        send(alice, edit_url(page), pacing="scheduled", action_publish="yes")
    )


def test_a_draft_may_wait_for_its_start(acme, alice):
    page = course(acme, alice)
    send(alice, edit_url(page), pacing="scheduled")
    assert latest(page).pacing == "scheduled"


def test_a_taken_address_is_named_at_the_address(acme, alice):
    course(acme, alice, slug="rope")
    answer = send(alice, add_url(acme), title="Knots", slug="rope", summary=SUMMARY)
    assert "rope" in errors(answer)["slug"][0]


def test_a_second_lesson_of_the_same_title_gets_a_number_in_its_address(acme, alice):
    page = course(acme, alice)
    for _again in range(2):
        send(alice, add_url(page, "lesson"), "lesson", title="Introduction", slug="introduction")
    first, second = LessonPage.objects.order_by("path")
    assert (first.slug, second.slug) == ("introduction", "introduction-2")
    # The editor saves by itself, and goes on sending the address it made.
    send(alice, edit_url(second), "lesson", slug="introduction")
    assert latest(second).slug == "introduction-2"


def test_a_published_page_keeps_an_address_that_is_free(acme, alice):
    page = course(acme, alice, "Knots")
    page.get_latest_revision().publish()
    course(acme, alice, "Other", slug="rope")
    assert "slug" in errors(send(alice, edit_url(page), title="Rope", slug="rope"))


def test_titles_of_nothing_but_emoji_are_saved(acme, alice):
    title = "🪢" * 255
    for _again in range(2):
        send(alice, add_url(acme), title=title, slug="", summary=SUMMARY)
    slugs = CoursePage.objects.filter(title=title).values_list("slug", flat=True)
    assert len(set(slugs)) == 2


def test_a_title_of_256_characters_is_refused(acme, alice):
    answer = send(alice, add_url(acme), title="🪢" * 256, slug="x", summary=SUMMARY)
    assert "title" in errors(answer)


def test_a_trailer_is_chosen_among_the_school_s_own_videos(acme, globex, alice):
    collection = Collection.objects.get(name="Globex")
    theirs = ContentFile(WAV, "theirs.mp4")
    Media.objects.create(
        title="Globex's film", file=theirs, type="video", duration=1, collection=collection
    )
    html = reader(alice).get(add_url(acme)).content.decode()
    assert "Globex&#x27;s film" not in html
    assert "Choose video" in html


def test_featuring_is_the_operators(acme, alice):
    page = course(acme, alice)
    send(alice, edit_url(page), featured="on")
    assert not latest(page).featured
    olga = person("olga", is_superuser=True)
    send(olga, edit_url(page), featured="on")
    assert latest(page).featured


def test_help_folds_away_once_one_has_published(acme, alice):
    assert not _help(alice, acme).classname
    course(acme, alice).get_latest_revision().publish()
    assert _help(alice, acme).classname == "collapsed"


def _help(user, acme):
    handler = reader(user).get(add_url(acme)).context["edit_handler"]
    return handler.children[0].children[0]


def test_the_form_lists_modules_and_lessons_with_drafts(acme, alice):
    page = course(acme, alice)
    part = module(page, "Loops")
    draft_lesson(part, alice, "Bowline", free_preview=True)
    draft_lesson(page, alice, "Reef knot")
    html = reader(alice).get(edit_url(page)).content.decode()
    assert html.index("Loops") < html.index("Bowline") < html.index("Reef knot")
    assert "Free preview" in html
    assert add_url(part, "lesson") in html
    assert reverse("wagtailadmin_explore", args=[page.pk]) in html


def test_a_form_of_a_new_course_says_that_lessons_come_after_saving(acme, alice):
    assert "Save the draft first" in reader(alice).get(add_url(acme)).content.decode()


def test_a_lesson_s_form_leads_back_to_its_course_and_on_to_another_lesson(acme, alice):
    page = course(acme, alice)
    part = module(page, "Loops")
    new = reader(alice).get(add_url(part, "lesson")).content.decode()
    html = reader(alice).get(edit_url(draft_lesson(part, alice))).content.decode()
    for above in (page, part):
        link = f'<a href="{edit_url(above)}#tab-lessons">{above.title}</a>'
        assert link in new
        assert link in html
    assert "Add another lesson" in html
    assert add_url(part, "lesson") in html
    assert "Add another lesson" not in new


def test_the_outline_costs_no_query_a_lesson(acme, alice, django_assert_max_num_queries):
    page = course(acme, alice)
    browser = reader(alice)
    draft_lesson(page, alice, "One")
    browser.get(edit_url(page))
    with django_assert_max_num_queries(500) as few:
        browser.get(edit_url(page))
    for number in range(12):
        draft_lesson(page, alice, f"More {number}")
    with django_assert_max_num_queries(len(few.captured_queries) + 2):
        browser.get(edit_url(page))


def test_the_explorer_shows_a_course_s_own_order(acme, alice):
    page = course(acme, alice)
    for title in ("B", "A", "C"):
        draft_lesson(page, alice, title)
    answer = reader(alice).get(reverse("wagtailadmin_explore", args=[page.pk]))
    assert answer.context["ordering"] == "ord"
    assert [one.title for one in answer.context["pages"]] == ["B", "A", "C"]


def test_lessons_are_put_in_order_by_dragging(acme, alice):
    page = course(acme, alice)
    first, second = (draft_lesson(page, alice, title) for title in "AB")
    url = reverse("wagtailadmin_pages:set_page_position", args=[second.pk])
    reader(alice).post(url + "?position=0")
    assert list(page.get_children()) == [second.page_ptr, first.page_ptr]


@pytest.mark.parametrize("mode", ["", "student"])
def test_drafts_are_previewed_as_visitor_and_as_student(acme, alice, mode):
    page = course(acme, alice)
    target = draft_lesson(page, alice, body=everything())
    browser = reader(alice)
    for one in (page, target):
        url = reverse("wagtailadmin_pages:view_draft", args=[one.pk])
        answer = browser.get(f"{url}?mode={mode}")
        assert answer.status_code == 200
        assert one.title in answer.content.decode()


def test_a_closed_lesson_is_closed_in_the_visitor_s_preview(acme, alice):
    secret = [("rich_text", "<p>The rabbit comes out of its hole.</p>")]
    target = draft_lesson(course(acme, alice), alice, body=secret)
    url = reverse("wagtailadmin_pages:view_draft", args=[target.pk])
    assert "rabbit" not in reader(alice).get(f"{url}?mode=").content.decode()
    assert "rabbit" in reader(alice).get(f"{url}?mode=student").content.decode()


def test_versions_with_every_block_are_compared(acme, alice):
    page = course(acme, alice)
    target = draft_lesson(page, alice, body=[("rich_text", "<p>Before</p>")])
    first = target.get_latest_revision()
    target.body = LessonPage(body=[]).body
    target.body = [(name, value) for name, value in _values(everything())]
    for model in (Image, Document, Media):
        model.objects.update(collection=Collection.objects.get(name=acme.name))
    second = target.save_revision(user=alice)
    url = reverse("wagtailadmin_pages:revisions_compare", args=[target.pk, first.pk, second.pk])
    html = reader(alice).get(url).content.decode()
    assert "Just teal" in html


def _values(stored):
    block = LessonBody()
    stream = block.to_python([{"type": name, "value": value} for name, value in stored])
    return [(child.block_type, child.value) for child in stream]


def test_a_changed_price_stands_in_the_comparison(acme, alice):
    page = course(acme, alice)
    first = page.get_latest_revision()
    page.price_minor = 4950
    second = page.save_revision(user=alice)
    url = reverse("wagtailadmin_pages:revisions_compare", args=[page.pk, first.pk, second.pk])
    assert "49.50" in reader(alice).get(url).content.decode()


@pytest.mark.parametrize("name", list(LessonBody().child_blocks))
def test_every_block_has_an_example_in_the_chooser(acme, alice, name):
    block = LessonPage._meta.get_field("body").stream_block.child_blocks[name]
    assert block.is_previewable
    assert block.get_description()
    url = reverse("wagtailadmin_block_preview") + f"?id={block.definition_prefix}"
    assert reader(alice).get(url).status_code == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("video", {"media": None, "url": "", "title": ""}),
        ("mathematics", {"latex": "", "label": ""}),
        ("self_check", {"question": "", "options": [], "explanation": ""}),
    ],
)
def test_half_written_blocks_are_saved_in_drafts_only(name, value):
    from django.core.exceptions import ValidationError

    block = LessonBody().child_blocks[name]
    half = block.to_python(value)
    block.clean_deferred(half)
    with pytest.raises(ValidationError):
        block.clean(half)


def test_a_lesson_below_a_deleted_course_is_not_found(acme, alice):
    page = course(acme, alice)
    url = add_url(page, "lesson")
    page.delete()
    assert reader(alice).get(url).status_code == 404
    assert reader(alice).post(url, {"title": "Late"}).status_code == 404


def test_who_works_for_one_school_can_t_write_at_another(acme, globex, alice):
    theirs = course(globex, admin_of(globex))
    for url in (add_url(globex), edit_url(theirs), add_url(theirs, "lesson")):
        answer = reader(alice).get(url, follow=True)
        assert "form" not in (answer.context or {}) or "permission" in said(answer)


def test_comments_are_offered(acme, alice):
    form = reader(alice).get(edit_url(course(acme, alice))).context["form"]
    assert form.show_comments_toggle


def test_a_locked_course_is_not_changed_by_others(acme, alice):
    page = course(acme, alice)
    boss = admin_of(acme)
    reader(boss).post(reverse("wagtailadmin_pages:lock", args=[page.pk]))
    send(alice, edit_url(page), title="Changed")
    assert latest(page).title == "Knots"
    reader(boss).post(reverse("wagtailadmin_pages:unlock", args=[page.pk]))
    send(alice, edit_url(page), title="Changed")
    assert latest(page).title == "Changed"
