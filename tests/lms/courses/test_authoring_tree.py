"""Copying, moving, uploading: what stays within a school."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image as Pillow
from wagtail.models import Collection, Page
from wagtail.test.utils.form_data import rich_text, streamfield

from lms.courses.attachments import attachments
from lms.courses.blocks import TEXT_FEATURES
from lms.courses.models import CoursePage, LessonPage
from lms.files.models import Document, Image, Media
from tests.cast import person
from tests.lms.courses.authoring import (
    admin_of,
    author,
    course,
    draft_lesson,
    edit_url,
    errors,
    latest,
    said,
    school,
    send,
)
from tests.lms.learning import WAV, document, module, reader, recording

pytestmark = pytest.mark.django_db
DRAWING = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40" onload="alert(1)">'
    b"<script>alert(2)</script><rect width='40' height='40'/></svg>"
)


@pytest.fixture
def acme():
    return school()


@pytest.fixture
def globex():
    return school("globex")


@pytest.fixture
def alice(acme):
    return author(acme)


@pytest.fixture
def olga():
    return person("olga", is_superuser=True)


def copy_url(page):
    return reverse("wagtailadmin_pages:copy", args=[page.pk])


def proposed(user, page):
    """What the copying form says before anything is typed."""
    form = reader(user).get(copy_url(page)).context["form"]
    return {name: field.initial for name, field in form.fields.items()}


def copy(user, page, parent, **changes):
    found = proposed(user, page)
    data = {
        "new_title": found["new_title"], "new_slug": found["new_slug"],
        "new_parent_page": parent.pk, "copy_subpages": "on", **changes,
    }  # fmt: skip
    return reader(user).post(copy_url(page), data, follow=True)


def test_a_course_is_copied_whole(acme, alice):
    page = course(acme, alice, featured=True, price_minor=4950)
    part = module(page, "Loops")
    draft_lesson(part, alice, "Bowline", body=[("rich_text", "<p>Rabbit</p>")])
    copy(alice, page, acme.page)
    made = CoursePage.objects.get(title="Copy of Knots")
    assert [one.title for one in made.get_descendants()] == ["Loops", "Bowline"]
    assert made.price_minor == 4950
    assert made.slug != page.slug
    assert not made.live
    assert not made.featured
    assert not made.get_latest_revision_as_object().featured


def test_copies_of_copies_get_addresses_of_their_own(acme, alice):
    page = course(acme, alice)
    for _again in range(2):
        copy(alice, page, acme.page)
    slugs = CoursePage.objects.values_list("slug", flat=True)
    assert len(set(slugs)) == 3


def test_the_longest_title_is_still_copied(acme, alice):
    page = course(acme, alice, title="k" * 255)
    assert len(proposed(alice, page)["new_title"]) == 255


def test_an_alias_of_a_course_is_not_offered(acme, alice):
    assert "alias" not in proposed(alice, course(acme, alice))


def test_a_course_isn_t_copied_to_another_school(acme, globex, alice, olga):
    page = course(acme, alice)
    assert "no longer there" in said(copy(alice, page, globex.page))
    answer = copy(olga, page, globex.page)
    assert "new_parent_page" in answer.context["form"].errors
    assert CoursePage.objects.count() == 1


def test_copying_below_a_page_that_was_deleted_says_so(acme, alice):
    page = course(acme, alice)
    gone = course(acme, alice, "Gone")
    gone_id = gone.pk
    gone.delete()
    answer = reader(alice).post(copy_url(page), {"new_parent_page": gone_id}, follow=True)
    assert "no longer there" in said(answer)


def move(user, page, destination):
    url = reverse("wagtailadmin_pages:move_confirm", args=[page.pk, destination.pk])
    return reader(user).post(url, follow=True)


def test_a_course_doesn_t_move_to_another_school(acme, globex, olga):
    page = course(acme, olga)
    answer = move(olga, page, globex.page)
    assert Page.objects.get(pk=page.pk).get_parent().specific == acme.page
    assert "move to another provider" in said(answer)


def test_a_lesson_doesn_t_move_to_another_school(acme, globex, olga):
    one = draft_lesson(course(acme, olga), olga)
    move(olga, one, course(globex, olga))
    assert one.get_course().provider == acme


def test_courses_don_t_move_to_another_school_in_bulk(acme, globex, olga):
    page = course(acme, olga)
    url = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "move"])
    reader(olga).post(f"{url}?id={page.pk}", {"chooser": globex.page.pk}, follow=True)
    assert CoursePage.objects.get(pk=page.pk).get_parent().specific == acme.page


def test_nobody_is_offered_to_close_a_page_with_a_password(acme, alice):
    page = course(acme, alice)
    assert "Change privacy" not in reader(alice).get(edit_url(page)).content.decode()
    url = reverse("wagtailadmin_pages:set_privacy", args=[page.pk])
    data = {"restriction_type": "password", "password": "hush"}
    reader(alice).post(url, data)
    assert not page.view_restrictions.exists()


def test_a_lesson_moves_to_another_module(acme, alice):
    page = course(acme, alice)
    first, second = module(page, "One"), module(page, "Two")
    one = draft_lesson(first, alice)
    move(alice, one, second)
    assert Page.objects.get(pk=one.pk).get_parent().specific == second


@pytest.mark.parametrize("url", ["wagtailimages:add", "wagtaildocs:add", "wagtailmedia:add"])
def test_people_of_one_school_choose_no_other_school_s_collection(acme, globex, alice, url):
    args = ["audio"] if url == "wagtailmedia:add" else []
    html = reader(alice).get(reverse(url, args=args)).content.decode()
    assert "Globex" not in html
    assert Collection.get_first_root_node().name not in html


def upload(user, name, content):
    file = SimpleUploadedFile(name, content)
    return reader(user).post(
        reverse("wagtailimages:add"), {"title": name, "file": file}, follow=True
    )


def png(size=(20, 20)):
    out = io.BytesIO()
    Pillow.new("RGB", size, "teal").save(out, "PNG")
    return out.getvalue()


def own_collection(provider):
    return Collection.objects.get(name=provider.name)


def test_pictures_go_to_the_school_s_own_collection(acme, alice):
    reader(alice).post(
        reverse("wagtailimages:add_multiple"),
        {"title": "Teal", "files[]": SimpleUploadedFile("teal.png", png())},
        headers={"x-requested-with": "XMLHttpRequest"},
    )
    assert Image.objects.get().collection == own_collection(acme)


def test_documents_go_to_the_school_s_own_collection(acme, alice):
    file = SimpleUploadedFile("notes.pdf", b"%PDF-1.4")
    reader(alice).post(reverse("wagtaildocs:add"), {"title": "Notes", "file": file})
    assert Document.objects.get().collection == own_collection(acme)


def test_recordings_go_to_the_school_s_own_collection(acme, alice):
    file = SimpleUploadedFile("talk.wav", WAV)
    url = reverse("wagtailmedia:add", args=["audio"])
    reader(alice).post(url, {"title": "Talk", "file": file, "duration": 1})
    assert Media.objects.get().collection == own_collection(acme)


def test_uploaded_drawings_lose_their_scripts(acme, alice):
    upload(alice, "logo.svg", DRAWING)
    kept = Image.objects.get().file.read()
    assert b"<rect" in kept
    assert b"script" not in kept
    assert b"onload" not in kept


def test_what_is_no_drawing_is_refused_at_the_file(acme, alice):
    answer = upload(alice, "logo.svg", b"<svg")
    assert "file" in answer.context["form"].errors
    assert not Image.objects.exists()


def test_a_page_called_a_picture_is_refused(acme, alice):
    answer = upload(alice, "logo.png", b"<html><script>alert(1)</script>")
    assert "file" in answer.context["form"].errors


def test_the_menu_has_reports_of_the_school_and_no_settings_for_authors(acme, alice, olga):
    names = {item.name for item in _menu(alice)}
    assert "reports" in names
    assert names.isdisjoint({"settings", "help"})
    assert {"reports", "settings"} <= {item.name for item in _menu(olga)}


def _menu(user):
    from django.test import RequestFactory
    from wagtail.admin.menu import admin_menu

    request = RequestFactory().get("/cms/")
    request.user, request.provider, request.session = user, None, {}
    return admin_menu.menu_items_for_request(request)


def test_the_dashboard_leads_to_the_first_course(acme, alice):
    html = reader(alice).get(reverse("wagtailadmin_home")).content.decode()
    assert reverse("wagtailadmin_pages:add", args=["courses", "coursepage", acme.page.pk]) in html
    assert "Describe the course" in html


def test_the_dashboard_lists_own_courses_and_no_other_school_s(acme, globex, alice):
    course(acme, alice, "Knots")
    course(globex, admin_of(globex), "Secret sauce")
    html = reader(alice).get(reverse("wagtailadmin_home")).content.decode()
    assert "Knots" in html
    assert "Secret sauce" not in html


# --- Files stay with their school, whatever a form is sent with by hand


def files_of(provider):
    """A document and a recording in the school's own collection."""
    found = document(b"for our students"), recording()
    for file in found:
        file.collection = own_collection(provider)
        file.save()
    return found


def placed(paper):
    return [("download", {"document": paper.pk, "title": "", "description": ""})]


def linked(paper):
    text = f'<p><a linktype="document" id="{paper.pk}">Paper</a></p>'
    inside = streamfield([("rich_text", rich_text(text, features=TEXT_FEATURES))])
    return [("callout", {"kind": "note", "title": "", "body": inside})]


@pytest.mark.parametrize("body", [placed, linked])
def test_a_lesson_takes_the_files_of_its_school_and_no_other_s(acme, globex, alice, body):
    page = course(acme, alice)
    one = draft_lesson(page, alice)
    for provider, publishes in ((globex, False), (acme, True)):
        paper, _talk = files_of(provider)
        response = send(alice, edit_url(one), "lesson", body=body(paper), action_publish="yes")
        assert LessonPage.objects.get(pk=one.pk).live is publishes
        assert publishes or errors(response)
        answer = reader(alice).get(f"/learn/{page.pk}/{one.pk}/files/documents/{paper.pk}/a")
        assert answer.status_code == (200 if publishes else 404)


def test_a_new_instructor_s_lesson_takes_what_others_of_the_school_uploaded(acme):
    nora = author(acme, "nora", approved=False)
    one = draft_lesson(course(acme, nora), nora)
    _paper, talk = files_of(acme)
    body = [("audio", {"media": talk.pk, "title": "", "transcript": rich_text("")})]
    send(nora, edit_url(one), "lesson", body=body)
    assert attachments(latest(one).body).media == {talk.pk}


def test_what_an_operator_placed_does_not_stand_in_the_author_s_way(acme, globex, alice):
    paper, _talk = files_of(globex)
    one = draft_lesson(course(acme, alice), alice, body=placed(paper))
    send(alice, edit_url(one), "lesson", body=placed(paper), title="Sheet bend")
    assert latest(one).title == "Sheet bend"


def test_a_course_shows_no_other_school_s_trailer(acme, globex, alice):
    page = course(acme, alice)
    _paper, talk = files_of(globex)
    response = send(alice, edit_url(page), trailer=talk.pk, action_publish="yes")
    assert "trailer" in errors(response)
    assert CoursePage.objects.get(pk=page.pk).trailer is None
