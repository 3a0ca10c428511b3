"""`manage.py import_course` as an operator uses it."""

import io
import json
import os
import signal

import pytest
from django.core.management import CommandError, call_command
from wagtail.models import Page

from home.actions import open_provider, set_up_marketplace
from lms.courses.models import CoursePage
from lms.events import SYSTEM
from lms.files.models import Image
from lms.migration.models import ImportedItem
from lms.tenants.scope import every_tenant
from tests.cast import person
from tests.lms.migration.folders import png, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path):
    set_up_marketplace(title="Market")
    open_provider(name="Acme", slug="acme", owner=person("ada"), actor=SYSTEM)
    return write(
        tmp_path / "knots",
        {
            "1-a.md": "# A\n\n## Part\n\n![Rope](rope.png)\n\n~~x~~\n\n<script>x</script>\n",
            "rope.png": png(),
        },
    )


def run(*arguments, **options):
    """What the command prints, and what it prints as it goes along."""
    out, err = io.StringIO(), io.StringIO()
    call_command("import_course", *map(str, arguments), stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def test_it_prints_what_was_carried_approximated_and_left_out(folder):
    report, progress = run(folder, "--provider", "acme", "--licence", "CC BY 4.0")
    assert "Licence: CC BY 4.0" in report
    assert "carried over: 1 headings, 1 images" in report
    assert "struck-out text → text between ~~ and ~~ [line 7]" in report
    assert "<script>: scripts do not run in lessons [line 9]" in report
    assert "Left out in all: 1" in report
    assert "Reading 1/1" in progress
    assert "Writing 1/1" in progress


def test_a_dry_run_prints_the_same_report_and_writes_nothing(folder):
    pages = Page.objects.count()
    rehearsal, _progress = run(folder, "--provider", "acme", "--dry-run")
    assert (Page.objects.count(), Image.objects.count()) == (pages, 0)
    with every_tenant("counting in a test"):
        assert not ImportedItem.objects.exists()
    report, _progress = run(folder, "--provider", "acme")
    assert rehearsal.replace("Nothing was written (--dry-run).\n", "") == "".join(
        line for line in report.splitlines(keepends=True) if not line.startswith("Written:")
    )


def test_the_report_can_be_read_by_programs(folder, tmp_path):
    run(folder, "--provider", "acme", "--json", tmp_path / "report.json")
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert report["totals"]["carried"]["images"] == 1
    assert report["files"][0]["left_out"][0] == {
        "what": "<script>", "why": "scripts do not run in lessons", "path": "1-a.md", "line": 9,
    }  # fmt: skip
    assert report["outcome"]["new pages"] == 2


def test_it_publishes_when_told_to(folder):
    run(folder, "--provider", "acme", "--publish", "--user", "ada@example.org")
    course = CoursePage.objects.get()
    assert course.live
    assert course.owner.email == "ada@example.org"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--provider", "nobody"], "There is no provider “nobody”. Known: acme."),
        (["--provider", "acme", "--user", "x@example.org"], "There is nobody with"),
    ],
)
def test_an_unknown_name_is_one_clear_line(folder, arguments, message):
    with pytest.raises(CommandError, match=message):
        run(folder, *arguments)


def test_a_folder_that_is_not_there_is_one_clear_line(folder):
    with pytest.raises(CommandError, match="can't be opened"):
        run(folder / "no", "--provider", "acme")
    assert not CoursePage.objects.exists()


def test_a_folder_without_lessons_is_one_clear_line(folder):
    (folder / "1-a.md").unlink()
    with pytest.raises(CommandError, match="no Markdown lessons"):
        run(folder, "--provider", "acme")


class Stopping(io.StringIO):
    """Where progress is printed; the process is asked to end once files are stored."""

    def write(self, text: str) -> int:
        written = super().write(text)
        if self.getvalue().count("Writing 1/1") == 2:
            os.kill(os.getpid(), signal.SIGTERM)
        return written


def test_a_command_that_is_stopped_leaves_no_page_and_no_file(folder, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path / "media")
    pages = Page.objects.count()
    with pytest.raises(CommandError, match="Nothing was written"):
        call_command(
            "import_course", str(folder), provider="acme", stdout=io.StringIO(), stderr=Stopping()
        )
    assert Page.objects.count() == pages
    assert not [each for each in (tmp_path / "media").rglob("*") if each.is_file()]
    assert (tmp_path / "media").is_dir()
