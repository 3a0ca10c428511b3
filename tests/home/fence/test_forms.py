"""What is put on own pages, and where own pages go: nothing of another house's, nor into it."""

import json

import pytest
from django.contrib.auth import get_user_model
from django.test import TestCase
from django.urls import reverse
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page, Site

from lms.courses.models import CoursePage, LessonPage
from lms.events import SYSTEM
from lms.tenants.actions import add_member
from lms.tenants.models import Role
from tests.home.fence.crawl import Visitor
from tests.lms.courses.authoring import add_url, edit_url, errors, fill, send
from tests.lms.learning import reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(acme):
    return acme.people["instructor"]


@pytest.fixture
def both(acme, globex):
    """An instructor of both houses, who manages acme."""
    user = get_user_model().objects.create_user("both@example.org", None, name="Both")
    with TestCase.captureOnCommitCallbacks(execute=True):
        for house, role in ((acme, Role.ADMIN), (globex, Role.INSTRUCTOR)):
            add_member(provider=house.provider, user=user, role=role, actor=SYSTEM, approved=True)
    return get_user_model().objects.get(pk=user.pk)


def text_with(house):
    """Rich text that points at the house's page, document and picture."""
    raw = {
        "blocks": [
            {
                "key": "aaaaa", "type": "unstyled", "depth": 0, "text": "See this and that.",
                "inlineStyleRanges": [],
                "entityRanges": [
                    {"offset": 4, "length": 4, "key": 0}, {"offset": 13, "length": 4, "key": 1},
                ],
            }
        ],
        "entityMap": {
            "0": {"type": "LINK", "mutability": "MUTABLE", "data": {"id": house["draft"].pk}},
            "1": {
                "type": "DOCUMENT", "mutability": "MUTABLE",
                "data": {"id": house["document"].pk},
            },
        },
    }  # fmt: skip
    return json.dumps(raw)


# --- Foreign keys, blocks and text ---------------------------------------------------------------


def test_a_picture_of_another_house_can_t_be_a_course_s_cover(acme, globex, alice):
    url = edit_url(acme["course"])
    answer = send(alice, url, cover=globex["image"].pk, action_publish="action-publish")
    assert "cover" in errors(answer)
    answer = send(alice, url, cover=acme["image"].pk, action_publish="action-publish")
    assert CoursePage.objects.get(pk=acme["course"].pk).cover == acme["image"]


@pytest.mark.parametrize("field", ["categories", "instructors"])
def test_nothing_of_another_house_can_be_picked_from_a_list(acme, globex, alice, field):
    theirs = {"categories": globex["category"], "instructors": globex.people["instructor"]}
    answer = send(
        alice, edit_url(acme["course"]), **{field: [theirs[field].pk]}, action_publish="publish"
    )
    assert field in errors(answer)


def test_a_file_of_another_house_can_t_be_placed_in_a_lesson(acme, globex, alice):
    body = [("download", {"document": globex["document"].pk, "label": ""})]
    url = edit_url(acme["lesson"])
    assert "body" in errors(send(alice, url, "lesson", body=body, action_publish="publish"))
    send(alice, url, "lesson", body=body)
    draft = LessonPage.objects.get(pk=acme["lesson"].pk).get_latest_revision_as_object()
    assert draft.body[0].value["document"] is None


@pytest.mark.parametrize("action", ["action_publish", ""])
def test_text_can_t_point_at_another_house_s_pages_and_files(acme, globex, alice, action):
    """A document's id in text would let the lesson's students download it."""
    before = acme["lesson"].get_latest_revision().pk
    said = {action: action.replace("_", "-")} if action else {}
    body = [("rich_text", text_with(globex))]
    answer = send(alice, edit_url(acme["lesson"]), "lesson", body=body, **said)
    (problem,) = errors(answer)["__all__"]
    assert "is not there" in problem and "globex" not in problem.lower()
    assert LessonPage.objects.get(pk=acme["lesson"].pk).get_latest_revision().pk == before


def test_text_may_point_at_own_pages_and_files(acme, alice):
    body = [("rich_text", text_with(acme))]
    answer = send(alice, edit_url(acme["lesson"]), "lesson", body=body)
    assert "form" not in answer.context or not answer.context["form"].errors
    latest = LessonPage.objects.get(pk=acme["lesson"].pk).get_latest_revision_as_object()
    assert f'id="{acme["document"].pk}"' in str(latest.body.raw_data[0]["value"])


def test_who_works_for_two_houses_still_keeps_their_files_apart(acme, globex, both):
    body = [("rich_text", text_with(globex))]
    assert "__all__" in errors(send(both, edit_url(acme["lesson"]), "lesson", body=body))


def test_what_an_operator_once_linked_to_keeps_nobody_from_editing(acme, globex, alice):
    lesson, raw = acme["lesson"], json.loads(text_with(acme))
    link = f'<p><a linktype="page" id="{globex["course"].pk}">a sister course</a></p>'
    lesson.body = [("rich_text", link)]
    lesson.save_revision()
    raw["entityMap"]["0"]["data"]["id"] = globex["course"].pk
    body = [("rich_text", json.dumps(raw))]
    answer = send(alice, edit_url(lesson), "lesson", body=body)
    assert not getattr(answer.context.get("form"), "errors", None)
    latest = LessonPage.objects.get(pk=lesson.pk).get_latest_revision_as_object()
    assert "See" in str(latest.body.raw_data[0]["value"])


# --- Moving, copying, adding ---------------------------------------------------------------------


def test_an_own_page_can_t_be_moved_or_copied_into_another_house(acme, globex, alice):
    page, there = acme["draft"], globex.provider.page
    client = reader(alice)
    before = set(Page.objects.values_list("path", flat=True))
    move = reverse("wagtailadmin_pages:move_confirm", args=[page.pk, there.pk])
    assert client.post(move).status_code == 404
    copied = {"new_title": "Mine", "new_slug": "mine", "new_parent_page": there.pk}
    client.post(reverse("wagtailadmin_pages:copy", args=[page.pk]), copied)
    bulk = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "move"])
    client.post(f"{bulk}?id={page.pk}&next=/cms/", {"chooser": there.pk})
    assert set(Page.objects.values_list("path", flat=True)) == before


def test_no_page_is_added_to_another_house(globex, alice):
    assert reader(alice).get(add_url(globex.provider)).status_code == 404


def test_no_house_takes_the_address_of_another(acme, globex):
    """Whether an address is free is asked of all pages, those one can't see too."""
    admin = acme.people["admin"]
    answer = send(
        admin, edit_url(acme.provider.page), "module", slug="globex", action_publish="publish"
    )
    assert "slug" in errors(answer)


# --- Redirects -----------------------------------------------------------------------------------


def redirect_to(user, site, path="/old"):
    data = {"old_path": path, "redirect_link": "https://example.org/new", "site": site}
    reader(user).post(reverse("wagtailredirects:add"), data)
    return Redirect.objects.filter(old_path=path).first()


def test_an_admin_redirects_on_the_house_s_own_site(acme):
    assert redirect_to(acme.people["admin"], acme["site"].pk).site == acme["site"]


def test_nobody_redirects_visitors_of_other_sites(acme, globex):
    admin = acme.people["admin"]
    assert redirect_to(admin, globex["site"].pk) is None
    assert redirect_to(admin, Site.objects.get(is_default_site=True).pk) is None
    assert redirect_to(admin, "") is None


def test_an_instructor_has_no_redirects(acme, alice):
    assert redirect_to(alice, acme["site"].pk) is None


def test_managing_one_house_gives_no_redirects_in_another(acme, globex, both):
    assert redirect_to(both, acme["site"].pk) is not None
    assert redirect_to(both, globex["site"].pk, "/other") is None
    answer = Visitor(both).get(reverse("wagtailredirects:index"))
    assert "/acme-old" in answer.text and "/globex-old" not in answer.text


# --- One person, two houses ----------------------------------------------------------------------


def test_who_works_for_two_houses_sees_one_at_a_time(acme, globex, both):
    visitor = Visitor(both)
    for here, there in ((acme, globex), (globex, acme)):
        pictures = visitor.get(f"/cms/images/?house={here.provider.slug}").text
        assert f"{here.provider.slug} picture" in pictures
        assert f"{there.provider.slug} picture" not in pictures
        above = here.provider.page.get_parent().pk
        pages = visitor.get(f"/cms/pages/{above}/?house={here.provider.slug}").text
        assert f"/cms/pages/{here.provider.page.pk}/" in pages
        assert f"/cms/pages/{there.provider.page.pk}/" not in pages


@pytest.mark.parametrize(
    "path",
    [
        "/cms/", "/cms/pages/", "/cms/images/", "/cms/documents/", "/cms/media/", "/cms/category/",
        "/cms/reports/site-history/", "/cms/choose-page/", "/cms/images/chooser/",
    ],
)  # fmt: skip
def test_on_a_house_s_own_host_they_see_that_house_alone(acme, globex, both, path):
    host = acme["site"].hostname
    answer = Visitor(both, host).get(path)
    assert answer.status in (200, 302)
    assert "globex" not in answer.text


def test_a_stranger_on_a_house_s_host_sees_neither_house(acme, globex):
    visitor = Visitor(acme.people["admin"], globex["site"].hostname)
    for path in ("/cms/pages/", "/cms/images/", "/cms/reports/site-history/", "/cms/certificates/"):
        answer = visitor.get(path)
        assert "globex-" not in answer.text
        assert "acme picture" not in answer.text


# --- The people no fence stands around ------------------------------------------------------------


def test_operators_see_every_house(acme, globex):
    olga = get_user_model().objects.create_superuser("olga@example.org", None)
    answer = Visitor(olga).get("/cms/images/")
    assert "acme picture" in answer.text and "globex picture" in answer.text
    assert Visitor(olga).get("/cms/users/").status == 200


def test_forms_offer_what_is_there(acme, alice):
    assert fill(reader(alice), edit_url(acme["course"]))["cover"] == str(acme["image"].pk)
