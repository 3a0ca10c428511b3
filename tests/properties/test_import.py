"""Properties of bringing courses in: P2, M2 and M7 as far as imports go."""

import tempfile
from pathlib import Path
from unittest.mock import patch

import pytest
from django.core.files.storage import storages
from hypothesis import given
from hypothesis import strategies as st
from wagtail.models import Page

from home.actions import open_provider, set_up_marketplace
from lms.courses.selectors import curriculum
from lms.events import SYSTEM
from lms.files.models import Image
from lms.migration.actions import import_course
from lms.migration.bundle import Module
from lms.migration.filling import Filling
from lms.migration.models import ImportedItem
from lms.migration.reader import read_course
from lms.migration.storing import Files
from lms.tenants.scope import provider_scope
from tests.cast import fresh_rows, person
from tests.lms.migration.folders import png, write

pytestmark = pytest.mark.django_db

titles = st.text("abcdefghij", min_size=1, max_size=6)
# A course: (title, lessons); without lessons it is a lesson itself.
outlines = st.lists(st.tuples(titles, st.lists(titles, max_size=2)), min_size=1, max_size=3)


@pytest.fixture
def acme():
    """A provider with its page in the tree; each example is undone on top of it."""
    set_up_marketplace(title="Market")
    return open_provider(name="Acme", slug="acme", owner=person("ada"), actor=SYSTEM)


def course_folder(root: str, outline: list) -> Path:
    """Files that say the outline, in numbered folders."""
    files: dict[str, str | bytes] = {"README.md": "# Course\n\nText.\n", "a.png": png()}
    for number, (title, lessons) in enumerate(outline, start=1):
        if not lessons:
            files[f"{number}-{title}.md"] = f"# {title}\n\n![A](a.png)\n"
            continue
        files[f"{number}-{title}/README.md"] = f"# {title}\n\nShort.\n"
        for inner, lesson in enumerate(lessons, start=1):
            files[f"{number}-{title}/{inner}-{lesson}.md"] = f"# {lesson}\n\n![A](../a.png)\n"
        # A folder of one page is a lesson, not a module.
    return write(Path(root), files)


def outline_of(bundle) -> list:
    """What was read, as an outline."""
    return [
        (child.title, [lesson.title for lesson in child.lessons])
        if isinstance(child, Module)
        else (child.title, [])
        for child in bundle.children
    ]


def tree_of(course) -> list:
    """What stands in the page tree, as an outline."""
    return [
        (child.draft_title, [lesson.draft_title for lesson in child.get_children()])
        for child in Page.objects.get(pk=course.pk).get_children()
    ]


@given(outline=outlines, data=st.data())
def test_m07_imports_keep_the_hierarchy(acme, outline, data):
    """Modules, their lessons and the order survive an import, an edit and the next import."""
    with fresh_rows(), tempfile.TemporaryDirectory() as root:
        bundle, report = read_course(course_folder(root, outline))
        course = import_course(bundle, report, provider=acme)
        assert outline_of(bundle) == tree_of(course) == outline
        path = data.draw(st.sampled_from([lesson.path for lesson in bundle.lessons]))
        with (Path(root) / path).open("a") as file:
            file.write("\nMore.\n")
        bundle, report = read_course(Path(root))
        assert import_course(bundle, report, provider=acme).pk == course.pk
        assert tree_of(course) == outline
        assert report.outcome["pages updated"] == 1


@given(names=st.lists(titles, min_size=1, max_size=4, unique=True), data=st.data())
def test_p002_imported_lessons_keep_the_authors_sequence(acme, names, data):
    """The order that course.yaml gives holds, and a new one is followed."""
    with fresh_rows(), tempfile.TemporaryDirectory() as root:
        for _time in range(2):
            order = data.draw(st.permutations(names))
            files = {f"{name}.md": f"# {name}\n\ntext\n" for name in names}
            files["course.yaml"] = f"title: C\nlessons: {order}\n"
            bundle, report = read_course(write(Path(root), files))
            course = import_course(bundle, report, provider=acme, publish=True)
            assert [lesson.title for lesson in curriculum(course).lessons] == order


@given(outline=outlines, steps=st.integers(0, 8))
def test_m02_an_import_is_whole_or_leaves_nothing(acme, outline, steps):
    """Wherever it fails, rows and stored files are as they were before."""
    left = [steps]

    def until_then(function):
        def counted(*args):
            left[0] -= 1
            if left[0] < 0:
                raise RuntimeError("power cut")
            return function(*args)

        return counted

    with fresh_rows(), tempfile.TemporaryDirectory() as root, provider_scope(acme):
        bundle, report = read_course(course_folder(root, outline))
        before = counted_rows()
        with (
            patch.object(Files, "_row", until_then(Files._row)),
            patch.object(Filling, "lesson_values", until_then(Filling.lesson_values)),
        ):
            try:
                course = import_course(bundle, report, provider=acme)
            except RuntimeError:
                assert counted_rows() == before
            else:
                assert tree_of(course) == outline


def counted_rows() -> tuple[int, int, int, list[str]]:
    """Pages, images, memories of imports, and the names of stored pictures."""
    storage = storages["default"]
    folder = "original_images"
    names = sorted(storage.listdir(folder)[1]) if storage.exists(folder) else []
    return Page.objects.count(), Image.objects.count(), ImportedItem.objects.count(), names
