"""What an import leaves in the database, the first time and every time after."""

import json
from datetime import date

import pytest
from django.core.files.storage import storages
from django.urls import reverse
from wagtail.models import Collection, Page, Revision

from home.actions import open_provider, set_up_marketplace
from lms.common.errors import Invalid
from lms.courses.models import Category, CoursePage, LessonPage, ModulePage
from lms.events import SYSTEM
from lms.files.models import Document, Image, Media
from lms.migration.actions import import_course
from lms.migration.models import ImportedItem
from lms.migration.reader import read_course
from lms.tenants.models import Provider, Role
from lms.tenants.scope import every_tenant, provider_scope
from tests.cast import member, person
from tests.lms.migration.folders import SVG, noted, png, write

pytestmark = pytest.mark.django_db

COURSE = {
    "course.yaml": (
        "title: Knots\nslug: knots\nsummary: Tie.\nlicence: {name: CC BY 4.0}\n"
        "source: {title: Knots, url: https://example.org/knots, authors: [Ann]}\n"
        "outcomes: [Tie a bend]\nrequirements: [Rope]\ncover: fig/rope.png\n"
    ),
    "README.md": "# Knots\n\nRead [this](1-intro.md).\n",
    "1-intro.md": "# Intro\n\n## Why\n\n![Rope](fig/rope.png)\n\n[Data](data.csv)\n",
    "2-bends/README.md": "# Bends\n\nAll bends.\n",
    "2-bends/1-sheet.md": (
        "# Sheet\n\nSee [why](../1-intro.md#why) and [here](#part).\n\n## Part\n\nx\n"
    ),
    "2-bends/2-carrick.md": "# Carrick\n\n![Drawing](../fig/d.svg)\n\n![Rope](../fig/rope.png)\n",
    "fig/rope.png": png(),
    "fig/d.svg": SVG,
    "data.csv": "a,b\n",
}


@pytest.fixture
def acme():
    """acme with its page in the tree, managed by ada."""
    set_up_marketplace(title="Market")
    return open_provider(name="Acme", slug="acme", owner=person("ada"), actor=SYSTEM)


@pytest.fixture
def bring(acme, tmp_path):
    """Imports the folder, with changed files when given; returns (course, report)."""
    root = write(tmp_path / "knots", COURSE)

    def imported(changes=None, provider=acme, **options):
        write(root, changes or {})
        bundle, report = read_course(root)
        return import_course(bundle, report, provider=provider, **options), report

    imported.root = root
    return imported


def titles(page):
    """The titles of a page's children, in order; modules with their lessons'."""
    return [
        (child.draft_title, titles(child)) if child.numchild else child.draft_title
        for child in Page.objects.get(pk=page.pk).get_children()
    ]


def lesson(title):
    return LessonPage.objects.get(draft_title=title)


def body(title):
    """A lesson's blocks as they stand in its latest revision."""
    return lesson(title).get_latest_revision_as_object().body.get_prep_value()


# --- The first time
def test_a_course_comes_in_as_drafts_in_order(bring):
    course, report = bring()
    assert titles(course) == ["Intro", ("Bends", ["Sheet", "Carrick"])]
    assert not Page.objects.descendant_of(course, inclusive=True).filter(live=True).exists()
    assert report.outcome["new pages"] == 5


def test_the_course_says_what_its_source_says(bring, acme):
    course = bring()[0].get_latest_revision_as_object()
    assert (course.provider, course.slug, course.summary) == (acme, "knots", "Tie.")
    assert (course.source_title, course.source_authors) == ("Knots", "Ann")
    assert (course.source_url, course.licence_name) == ("https://example.org/knots", "CC BY 4.0")
    assert course.licence_url == "https://creativecommons.org/licenses/by/4.0/"
    assert [block.value for block in course.outcomes] == ["Tie a bend"]
    assert course.cover.file.read() == png()


def test_links_between_lessons_are_links_to_pages(bring):
    bring()
    text = body("Sheet")[0]["value"]
    assert 'linktype="page"' in text
    assert f'id="{lesson("Intro").pk}"' in text
    assert 'href="#part"' in text
    course = CoursePage.objects.get().get_latest_revision_as_object()
    assert f'id="{lesson("Intro").pk}"' in course.description


def test_images_and_downloads_are_rows_in_the_provider_s_collection(bring, acme):
    bring()
    collection = Collection.objects.get(name="Acme")
    assert set(Image.objects.values_list("collection_id", flat=True)) == {collection.pk}
    document = Document.objects.get()
    assert (document.collection, document.file.read()) == (collection, b"a,b\n")
    blocks = body("Intro")
    image = Image.objects.get(pk=blocks[1]["value"]["image"]["image"])
    assert (image.description, image.file.read()) == ("Rope", png())
    assert blocks[2]["value"]["document"] == document.pk


def test_the_same_picture_is_stored_once(bring):
    bring()
    assert Image.objects.count() == 2


def test_every_imported_lesson_can_be_saved_by_its_author(bring):
    bring()
    for page in LessonPage.objects.all():
        stream = page.get_latest_revision_as_object().body
        stream.stream_block.clean(stream)


def test_publishing_shows_the_course_and_all_its_lessons(bring, client):
    course, report = bring(publish=True)
    assert not Page.objects.descendant_of(course, inclusive=True).filter(live=False).exists()
    assert report.outcome["pages published"] == 5
    assert course.listing.lesson_count == 3
    page = Page.objects.get(pk=course.pk)
    answer = client.get(page.get_url_parts()[2], headers={"host": "acme.localhost"})
    assert "CC BY 4.0" in answer.text
    assert "https://example.org/knots" in answer.text


def test_modules_schedule_price_people_and_categories(bring, acme):
    alice = person("alice")
    member(alice, acme, Role.INSTRUCTOR)
    food = Category.objects.create(name="Sailing", slug="sailing")
    extra = (
        "price: '49.00'\ncurrency: EUR\ncategories: [sailing, Nonsense]\n"
        "instructors: [alice@example.org, nobody@example.org]\n"
        "schedule: {weeks: 3, frequency: weekly, days: [mon], starts: 2026-09-01}\n"
        "certificate: {enabled: true, minimum_grade: 60}\nenrolment_limit: 9\n"
    )
    course, report = bring({"course.yaml": COURSE["course.yaml"] + extra}, publish=True)
    course = CoursePage.objects.get(pk=course.pk)
    assert (course.price_minor, course.currency) == (4900, "EUR")
    assert list(course.categories.all()) == [food]
    assert list(course.instructors.all()) == [alice]
    assert (course.pacing, course.starts_on) == ("scheduled", date(2026, 9, 1))
    assert (course.weeks, course.days, course.enrolment_limit) == (3, ["mon"], 9)
    assert course.certificate_minimum_grade == 60
    assert noted(report.problems, "Nonsense")
    assert noted(report.problems, "nobody@example.org")


# --- Every time after
def test_a_second_run_changes_nothing(bring):
    bring()
    counts = [model.objects.count() for model in (Page, Image, Document, Revision)]
    _course, report = bring()
    assert [model.objects.count() for model in (Page, Image, Document, Revision)] == counts
    assert report.outcome == {"pages unchanged": 5, "files already there": 3}


def test_a_second_run_from_another_folder_finds_the_same_course(bring, tmp_path, acme):
    course, _report = bring()
    bundle, report = read_course(write(tmp_path / "elsewhere", COURSE))
    assert import_course(bundle, report, provider=acme).pk == course.pk


def test_what_changed_in_the_source_is_brought_up_to_date(bring):
    bring()
    before = {page.draft_title: page.pk for page in Page.objects.all()}
    _course, report = bring({"1-intro.md": "# Intro\n\nNew words.\n\n## Why\n"})
    assert body("Intro")[0]["value"] == "<p>New words.</p>"
    assert lesson("Intro").pk == before["Intro"]
    assert report.outcome["pages updated"] == 1


def test_a_published_lesson_is_updated_as_a_draft(bring):
    bring(publish=True)
    bring({"1-intro.md": "# Intro\n\nNew words.\n\n## Why\n"})
    assert "New words" not in str(lesson("Intro").body.get_prep_value())
    assert lesson("Intro").has_unpublished_changes


def test_block_ids_stay_so_that_comments_stay(bring):
    bring()
    before = [block["id"] for block in body("Sheet")]
    bring({"2-bends/1-sheet.md": COURSE["2-bends/1-sheet.md"] + "\n## New\n"})
    assert [block["id"] for block in body("Sheet")][1] == before[1]


def test_a_new_lesson_takes_its_place_and_the_order_follows(bring):
    course, _report = bring()
    bring({"2-bends/15-zeppelin.md": "# Zeppelin\n\nx\n", "0-first.md": "# First\n\nx\n"})
    assert titles(course) == ["First", "Intro", ("Bends", ["Sheet", "Carrick", "Zeppelin"])]


def test_a_lesson_that_is_gone_stays_and_is_reported(bring):
    course, _report = bring(publish=True)
    (bring.root / "2-bends/2-carrick.md").unlink()
    _course, report = bring()
    assert titles(course) == ["Intro", ("Bends", ["Sheet", "Carrick"])]
    assert lesson("Carrick").live
    assert [(note.path, "gone from the source" in note.what) for note in report.conflicts] == [
        ("2-bends/2-carrick.md", True)
    ]


def edit(title, **fields):
    """An author changes a lesson in the admin."""
    page = lesson(title).get_latest_revision_as_object()
    for name, value in fields.items():
        setattr(page, name, value)
    page.save_revision()


def test_an_author_s_edit_is_kept_and_reported(bring):
    bring()
    edit("Intro", summary="By hand")
    _course, report = bring({"1-intro.md": "# Intro\n\nNew words.\n\n## Why\n"})
    assert lesson("Intro").get_latest_revision_as_object().summary == "By hand"
    assert "New words" not in str(body("Intro"))
    assert [note.path for note in report.conflicts] == ["1-intro.md"]


def test_an_author_s_edit_gives_way_to_overwrite(bring):
    bring()
    edit("Intro", summary="By hand")
    bring({"1-intro.md": "# Intro\n\nNew words.\n\n## Why\n"}, overwrite=True)
    assert lesson("Intro").get_latest_revision_as_object().summary == ""


def test_an_author_s_edit_is_no_conflict_while_the_source_stands_still(bring):
    bring()
    edit("Intro", summary="By hand")
    _course, report = bring()
    assert not report.conflicts
    assert lesson("Intro").get_latest_revision_as_object().summary == "By hand"


def test_an_author_s_order_is_kept_until_the_source_s_changes(bring):
    course, _report = bring()
    lesson("Carrick").move(lesson("Sheet"), pos="left")
    bring({"1-intro.md": "# Intro\n\nNew words.\n\n## Why\n"})
    assert titles(course) == ["Intro", ("Bends", ["Carrick", "Sheet"])]


def test_a_lesson_deleted_here_does_not_come_back_by_itself(bring):
    course, _report = bring()
    lesson("Carrick").delete()
    _course, report = bring()
    assert titles(course) == ["Intro", ("Bends", ["Sheet"])]
    assert noted(report.conflicts, "was deleted here")
    bring(overwrite=True)
    assert titles(course) == ["Intro", ("Bends", ["Sheet", "Carrick"])]


def test_a_course_deleted_here_is_made_anew(bring):
    course, _report = bring()
    Page.objects.get(pk=course.pk).delete()
    again, _report = bring()
    assert titles(again) == ["Intro", ("Bends", ["Sheet", "Carrick"])]


def test_a_picture_deleted_here_is_stored_again(bring, acme):
    bring()
    with provider_scope(acme):
        Image.objects.all().delete()
    bring({"1-intro.md": COURSE["1-intro.md"] + "\nMore.\n"})
    assert Image.objects.filter(pk=body("Intro")[1]["value"]["image"]["image"]).exists()


def test_two_providers_have_a_course_each(bring):
    globex = open_provider(name="Globex", slug="globex", owner=person("mallory"), actor=SYSTEM)
    first, _report = bring()
    second, _report = bring(provider=globex)
    assert first.pk != second.pk
    assert CoursePage.objects.get(pk=second.pk).provider == globex
    with every_tenant("counting in a test"):
        assert ImportedItem.objects.filter(kind="course").count() == 2


def test_an_address_that_is_taken_gets_a_number(bring, acme):
    acme.page.add_child(instance=CoursePage(title="Mine", slug="knots", summary="x"))
    assert bring()[0].slug == "knots-2"


# --- All or nothing
def stored_files():
    """The names of all stored files."""
    found = []
    for name in ("default", "private"):
        storage = storages[name]
        for folder in ("original_images", "documents", "media"):
            if storage.exists(folder):
                found += storage.listdir(folder)[1]
    return sorted(found)


def test_a_failure_leaves_no_row_and_no_file(bring, monkeypatch):
    pages, files = Page.objects.count(), stored_files()
    monkeypatch.setattr(
        "lms.migration.filling.Filling.lesson_values",
        lambda self, lesson: (_ for _ in ()).throw(RuntimeError("power cut")),
    )
    with pytest.raises(RuntimeError, match="power cut"):
        bring()
    assert Page.objects.count() == pages
    assert (Image.objects.count(), Document.objects.count(), Media.objects.count()) == (0, 0, 0)
    assert stored_files() == files
    with every_tenant("counting in a test"):
        assert not ImportedItem.objects.exists()


def test_a_title_of_255_emoji_gets_an_address(bring):
    title = "🎓" * 255
    bring({"1-intro.md": f"---\ntitle: {title}\n---\nx\n"})
    page = LessonPage.objects.get(draft_title=title)
    assert page.slug


def test_scripts_in_text_reach_no_page(bring, client):
    text = (
        "# Intro\n\n<img src=x onerror=alert(1)> <script>alert(2)</script> "
        '<a href="javascript:x">y</a>\n'
    )
    bring({"1-intro.md": text})
    stored = json.dumps(body("Intro"))
    assert not any(word in stored for word in ("onerror", "<script", "javascript:"))


def test_a_provider_without_a_page_is_refused(bring):
    from lms.common.errors import Invalid

    bare = Provider.objects.create(slug="bare", name="Bare")
    with pytest.raises(Invalid):
        bring(provider=bare)


def test_modules_are_module_pages(bring):
    bring()
    assert ModulePage.objects.get().get_latest_revision_as_object().summary == "All bends."


def test_the_admin_opens_an_imported_lesson(bring, client, acme):
    bring()
    client.force_login(acme.page.owner)
    answer = client.get(reverse("wagtailadmin_pages:edit", args=[lesson("Intro").pk]))
    assert answer.status_code == 200


def test_another_course_in_a_folder_of_the_same_name_is_refused_unless_it_is_named(acme, tmp_path):
    first = write(tmp_path / "a" / "docs", {"1-one.md": "# One\n\nx\n"})
    other = write(tmp_path / "b" / "docs", {"1-two.md": "# Two\n\nx\n"})
    import_course(*read_course(first), provider=acme)
    with pytest.raises(Invalid, match="--key"):
        import_course(*read_course(other), provider=acme)
    import_course(*read_course(other, named={"key": "two"}), provider=acme)
    import_course(*read_course(other, named={"key": "two"}), provider=acme)
    assert [page.title for page in LessonPage.objects.order_by("pk")] == ["One", "Two"]


def test_a_repository_that_nobody_filled_in_is_no_name_of_a_course(tmp_path):
    config = "title: T\nrepository: <USERNAME>/<PROJECT>\n"
    folder = write(tmp_path / "mine", {"_config.yml": config, "1-one.md": "# One\n\nx\n"})
    bundle, _report = read_course(folder)
    assert (bundle.key, bundle.source_url) == ("mine", "")


def test_links_to_a_module_and_to_the_course_lead_there(bring):
    course, _report = bring({"1-intro.md": "# Intro\n\n[b](2-bends/README.md) [all](README.md)\n"})
    module = ModulePage.objects.child_of(course).get()
    html = str(LessonPage.objects.descendant_of(course).get(title="Intro").body.raw_data[0])
    assert f'id="{module.pk}"' in html
    assert f'id="{course.pk}"' in html
