"""What authors leave empty or half done in a lesson's blocks."""

import json
import re

import pytest
from django.core.exceptions import ValidationError

from lms.courses.blocks import LessonBody
from lms.courses.models import LessonPage
from tests.lms.courses.authoring import author, course, draft_lesson, edit_url, said, school, send

pytestmark = pytest.mark.django_db
NOTHING = '<p data-block-key="a1b2c"></p>'  # what the editor stores where nothing was written


@pytest.fixture
def acme():
    return school()


@pytest.fixture
def alice(acme):
    return author(acme)


def cleaned(name, value):
    block = LessonBody().child_blocks[name]
    return block.get_prep_value(block.clean(block.to_python(value)))


def drawn(name, value):
    block = LessonBody().child_blocks[name]
    return str(block.render(block.to_python(value)))


def test_an_emptied_transcript_is_no_transcript():
    url = "https://video.example/watch"
    value = {"media": None, "url": url, "title": "", "captions": None, "transcript": NOTHING}
    assert cleaned("video", value)["transcript"] == ""


def test_a_text_with_nothing_in_it_is_not_published_with_the_course(acme, alice):
    page = course(acme, alice)
    empty = draft_lesson(page, alice, "Nothing yet")
    body = [{"type": "rich_text", "value": NOTHING, "id": "1"}]
    LessonPage.objects.filter(pk=empty.pk).update(body=json.dumps(body))
    LessonPage.objects.get(pk=empty.pk).save_revision(clean=False)
    answer = send(alice, edit_url(page), action_publish="with-lessons")
    assert not LessonPage.objects.get(pk=empty.pk).live
    assert "Nothing yet" in said(answer)


def test_a_new_table_has_cells_to_write_in():
    table = LessonBody().child_blocks["table"].get_default()["table"]
    assert (len(table.columns), len(table.row_data)) == (2, 2)


def test_a_table_without_columns_waits_in_the_draft():
    block = LessonBody().child_blocks["table"]
    nothing = block.to_python({"caption": "", "table": {"columns": [], "rows": []}})
    block.clean_deferred(nothing)
    with pytest.raises(ValidationError):
        block.clean(nothing)


@pytest.mark.parametrize(("ours", "inner"), [("Knots", ""), ("", "Knots"), ("Knots", "Ropes")])
def test_a_table_shows_its_caption_wherever_it_was_written(ours, inner):
    columns = [{"type": "text", "heading": "Name"}]
    rows = [{"values": ["<p>Bowline</p>"]}]
    table = {"columns": columns, "rows": rows, "caption": inner}
    html = drawn("table", {"caption": ours, "table": table})
    assert re.findall("<caption>(.*?)</caption>", html) == ["Knots"]
    assert 'aria-label="Knots"' in html
