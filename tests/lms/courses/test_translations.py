"""A course in other languages: translated in step or set free, and found beside the original."""

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.test import Client, TestCase
from wagtail.models import Locale
from wagtail_localize.models import StringSegment, StringTranslation, Translation

from home.models import ProviderPage
from lms.common.errors import Forbidden
from lms.courses.models import CourseListing, CoursePage, LessonPage, ModulePage
from lms.courses.translations import (
    AlreadyTranslated,
    NotComplete,
    bring_up_to_date,
    languages_left,
    publish_translation,
    set_free,
    translate_course,
    versions,
)
from lms.events import SYSTEM
from lms.tenants.actions import add_member
from lms.tenants.limits import LimitReached
from lms.tenants.models import Role, Tier
from tests.cast import person
from tests.lms.certificates.making import course, school

pytestmark = pytest.mark.django_db

TABLE = {
    "caption": "Planets",
    "table": {
        "columns": [{"type": "text", "heading": "Name"}, {"type": "text", "heading": ""}],
        "rows": [{"values": ["<p>Mars</p>", ""]}, {"values": ["<p>Mars</p>", "<p><b>Red</b></p>"]}],
        "caption": "",
    },
}
BODY = [
    {"type": "rich_text", "value": "<p>Look <b>up</b>.</p>"},
    {"type": "table", "value": TABLE},
    {"type": "code", "value": {"language": "python", "code": "if x:\n    print(1)"}},
    {"type": "mathematics", "value": {"latex": "x^2"}},
    {
        "type": "callout",
        "value": {"kind": "tip", "body": [{"type": "heading", "value": {"text": "Wait"}}]},
    },
    {
        "type": "self_check",
        "value": {
            "question": "<p>Which?</p>",
            "options": [{"text": "This", "correct": True}, {"text": "That"}],
        },
    },
]


@pytest.fixture
def house():
    return school(tier=Tier.objects.get(pk="premium"))


@pytest.fixture
def admin(house):
    return get_user_model().objects.get(email="acme-admin@example.org")


@pytest.fixture
def original(house):
    page = course(house, lessons=1)
    module = page.add_child(instance=ModulePage(title="Stars"))
    module.save_revision().publish()
    lesson = module.add_child(instance=LessonPage(title="Bright ones", body=BODY, minutes=9))
    lesson.save_revision().publish()
    return CoursePage.objects.get(pk=page.pk)


@pytest.fixture
def arabic():
    return Locale.objects.get(language_code="ar")


def write(page, locale, **words):
    """Translate texts of a page: {text: its translation}."""
    for text, written in words.items():
        for segment in StringSegment.objects.filter(
            source__object=page.translation_key, string__data=text.replace("_", " ")
        ):
            StringTranslation.objects.update_or_create(
                translation_of=segment.string,
                locale=locale,
                context=segment.context,
                defaults={"data": written, "translation_type": "manual"},
            )


def published(translated, actor):
    with TestCase.captureOnCommitCallbacks(execute=True):
        publish_translation(translated, actor=actor)
    return CoursePage.objects.get(pk=translated.pk)


def test_a_translation_stands_beside_its_original_with_its_lessons(original, arabic, admin):
    made = translate_course(original, arabic, actor=admin)
    assert made.get_parent().specific == ProviderPage.objects.get(provider=original.provider)
    assert (made.provider, made.language, made.slug) == (original.provider, "ar", "night-sky-ar")
    assert not made.live
    titles = [page.title for page in made.get_descendants()]
    assert titles == ["Lesson 0", "Stars", "Bright ones"]
    assert not made.get_descendants().live().exists()
    original.refresh_from_db()
    assert (original.slug, original.live) == ("night-sky", True)


def test_what_is_translated_is_shown_and_the_rest_is_the_originals(original, arabic, admin):
    made = translate_course(original, arabic, actor=admin)
    lesson = LessonPage.objects.get(title="Bright ones", locale=original.locale)
    write(original, arabic, Night_Sky="سماء الليل")
    write(lesson, arabic, Mars="المريخ", Name="الاسم", Wait="انتظر", This="هذا", Planets="كواكب")
    made = published(made, admin)
    assert made.title == "سماء الليل"
    body = LessonPage.objects.descendant_of(made).get(title="Bright ones").body
    values = {block.block_type: block.value for block in body}
    table = values["table"]["table"]
    assert values["table"]["caption"] == "كواكب"
    assert [column["heading"] for column in table.columns] == ["الاسم", ""]
    cells = [[cell.source for cell in row["values"]] for row in table.row_data]
    assert cells == [["<p>المريخ</p>", ""], ["<p>المريخ</p>", "<p><b>Red</b></p>"]]
    assert values["code"]["code"] == "if x:\n    print(1)"
    assert values["mathematics"]["latex"] == "x^2"
    assert values["callout"]["body"][0].value["text"] == "انتظر"
    assert values["self_check"]["options"][0]["text"] == "هذا"
    assert values["self_check"]["options"][0]["correct"]
    original_body = LessonPage.objects.get(pk=lesson.pk).body
    assert original_body[1].value["table"].columns[0]["heading"] == "Name"


def test_progress_is_counted_in_texts(original, arabic, admin):
    made = translate_course(original, arabic, actor=admin)
    first, second = versions(made)
    assert (first.course, first.original) == (original, None)
    assert (second.original, second.translated, second.missing) == (original, 0, 0)
    write(original, arabic, Night_Sky="سماء الليل")
    assert versions(original)[1].translated == 1
    assert 0 < versions(original)[1].percent < 100


def test_changes_of_the_original_are_told_and_taken_over(original, arabic, admin):
    made = published(translate_course(original, arabic, actor=admin), admin)
    assert versions(original)[1].changed == 0
    lesson = LessonPage.objects.get(title="Bright ones", locale=original.locale)
    lesson.title = "The bright ones"
    lesson.save_revision().publish()
    added = original.add_child(instance=LessonPage(title="Between"))
    added.move(LessonPage.objects.get(title="Lesson 0", locale=original.locale), "right")
    found = versions(original)[1]
    assert (found.changed, found.missing) == (1, 1)
    # What students see waits for the author.
    assert LessonPage.objects.descendant_of(made).get(slug="bright-ones").title == "Bright ones"
    bring_up_to_date(made, actor=admin)
    below = CoursePage.objects.get(pk=made.pk).get_descendants()
    titles = [page.get_latest_revision_as_object().title for page in below.order_by("path")]
    assert titles == ["Lesson 0", "Between", "Stars", "The bright ones"]
    assert versions(original)[1].missing == 0
    published(made, admin)
    lesson = LessonPage.objects.descendant_of(made).get(slug="bright-ones")
    assert lesson.title == "The bright ones"


def test_price_people_and_students_are_the_translations_own(original, arabic, admin):
    made = translate_course(original, arabic, actor=admin)
    CoursePage.objects.filter(pk=made.pk).update(price_minor=500)
    original.price_minor = 900
    original.save_revision().publish()
    bring_up_to_date(CoursePage.objects.get(pk=made.pk), actor=admin)
    assert CoursePage.objects.get(pk=made.pk).price_minor == 500


def test_an_independent_course_is_an_ordinary_one(original, arabic, admin):
    made = translate_course(original, arabic, actor=admin, in_step=False)
    assert made.language == "ar" and made.get_descendants().count() == 3
    assert not Translation.objects.exists()
    assert made.get_latest_revision_as_object().slug == "night-sky-ar"
    assert [version.original for version in versions(original)] == [None, None]


def test_what_is_set_free_is_left_alone(original, arabic, admin):
    made = translate_course(original, arabic, actor=admin)
    set_free(made, actor=admin)
    assert [version.original for version in versions(original)] == [None, None]
    assert not Translation.objects.filter(enabled=True).exists()
    original.title = "The night sky"
    original.save_revision().publish()
    assert CoursePage.objects.get(pk=made.pk).title == "Night Sky"


def test_a_language_is_there_once(original, arabic, admin):
    translate_course(original, arabic, actor=admin)
    with pytest.raises(AlreadyTranslated):
        translate_course(original, arabic, actor=admin)
    assert [locale.language_code for locale in languages_left(original)] == ["so"]


def test_a_course_taught_in_arabic_can_be_had_in_english(house, admin):
    page = course(house, title="سماء الليل", language="ar")
    made = translate_course(page, Locale.objects.get(language_code="en"), actor=admin)
    assert (made.language, made.slug) == ("en", "course-en")
    made = published(made, admin)
    made = published(made, admin)
    assert made.slug == "course-en"


def test_who_may_not_edit_may_not_translate(original, arabic):
    school("globex")
    stranger = get_user_model().objects.get(email="globex-admin@example.org")
    for actor in (person("eve"), stranger):
        with pytest.raises((Forbidden, PermissionDenied)):
            translate_course(original, arabic, actor=actor)
    assert CoursePage.objects.filter(translation_key=original.translation_key).count() == 1


def test_new_instructors_translate_their_own_and_do_not_publish(house, original, arabic):
    beginner = person("ben")
    with TestCase.captureOnCommitCallbacks(execute=True):
        add_member(provider=house, user=beginner, role=Role.INSTRUCTOR, actor=SYSTEM)
    with pytest.raises(Forbidden):
        translate_course(original, arabic, actor=beginner)
    CoursePage.objects.filter(pk=original.pk).update(owner=beginner)
    made = translate_course(CoursePage.objects.get(pk=original.pk), arabic, actor=beginner)
    assert made.permissions_for_user(beginner).can_edit()
    with pytest.raises(Forbidden):
        publish_translation(made, actor=beginner)


def test_the_plan_counts_translations(original, arabic, admin, house):
    made = translate_course(original, arabic, actor=admin)
    Tier.objects.filter(pk=house.tier_id).update(courses=1)
    house.refresh_from_db()
    with pytest.raises(LimitReached):
        publish_translation(CoursePage.objects.get(pk=made.pk), actor=admin)
    assert not CoursePage.objects.get(pk=made.pk).live


def test_readers_find_the_other_languages(original, arabic, admin):
    client = Client()
    address = original.get_url()
    assert "hreflang" not in client.get("/acme/night-sky/").content.decode()
    made = published(translate_course(original, arabic, actor=admin), admin)
    html = client.get("/acme/night-sky/").content.decode()
    assert 'hreflang="ar" href="http://testserver/acme/night-sky-ar/"' in html.replace(
        "localhost:8000", "testserver"
    )
    assert "العربية" in html and original.get_url() == address
    html = client.get("/acme/night-sky-ar/").content.decode()
    assert 'hreflang="en"' in html
    assert CourseListing.objects.get(pk=made.pk).language == "ar"
    found = client.get("/courses/?language=ar").content.decode()
    assert "/acme/night-sky-ar/" in found and '"/acme/night-sky/"' not in found


def test_the_screen_of_languages(original, arabic, admin):
    client = Client()
    client.force_login(admin)
    screen = f"/cms/courses/{original.pk}/languages/"
    asked = {"deed": "translate", "language": "ar", "kind": "in-step"}
    html = client.post(screen, asked, follow=True).content.decode()
    assert "kept in step" in html and "A draft of the course" in html
    made = original.get_translation(arabic)
    editor = client.get(f"/cms/pages/{made.pk}/edit/").content.decode()
    assert "data-props" in editor and "Night Sky" in editor
    again = client.post(screen, {**asked, "language": "en"}, follow=True).content.decode()
    assert "in that language already" in again
    with TestCase.captureOnCommitCallbacks(execute=True):
        client.post(screen, {"deed": "publish", "course": made.pk})
    assert CoursePage.objects.get(pk=made.pk).live
    client.post(screen, {"deed": "set-free", "course": made.pk})
    assert not Translation.objects.filter(enabled=True).exists()
    assert client.post(screen, {"deed": "publish", "course": made.pk}).status_code == 404
    assert client.post(screen, {"deed": "nothing"}).status_code == 404


def test_an_unfinished_draft_is_completed_first(house, original, arabic, admin):
    draft = CoursePage(title="Draft", summary="Soon.", live=False)
    ProviderPage.objects.get(provider=house).add_child(instance=draft)
    CoursePage.objects.filter(pk=draft.pk).update(summary="")
    draft.refresh_from_db()
    with pytest.raises(NotComplete):
        translate_course(draft, arabic, actor=admin)
    assert CoursePage.objects.filter(translation_key=draft.translation_key).count() == 1


def test_a_po_file_carries_texts_and_nothing_else_does(original, arabic, admin):
    made = translate_course(original, arabic, actor=admin)
    client = Client()
    client.force_login(admin)
    row = Translation.objects.get(source__object=made.translation_key)
    address = f"/cms/localize/translate/{row.pk}/pofile/"
    text = client.get(address + "download/").content.decode()
    assert 'msgid "Night Sky"' in text
    written = text.replace('msgid "Night Sky"\nmsgstr ""', 'msgid "Night Sky"\nmsgstr "سماء"')
    for content in (b"", b"nonsense", b"/etc/passwd", b'msgid "a"\nmsgstr "b"\n', None):
        data = {} if content is None else {"file": ContentFile(content, name="a.po")}
        assert client.post(address + "upload/", data).status_code == 302
    assert not StringTranslation.objects.exists()
    client.post(address + "upload/", {"file": ContentFile(written.encode(), name="a.po")})
    assert StringTranslation.objects.get().data == "سماء"
