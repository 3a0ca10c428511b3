"""Recording in the browser: which pages offer it, and what the browser may open there."""

import pytest

from tests.lms.homework.making import homework
from tests.lms.learning import reader


@pytest.mark.parametrize("kind", ["audio", "video", "audio_or_video"])
def test_who_is_asked_for_a_recording_can_make_it_in_the_page(night_class, kind):
    row = homework(night_class, kind=kind)
    page = reader(night_class.carol).get(f"{night_class.url}{row.pk}/")
    html = page.content.decode()
    assert f'data-recorder="{kind}" data-field="id_files"' in html
    assert 'id="id_files"' in html
    # The recorder hears all that is said about its files only if it is there first.
    assert 0 < html.find("js/recorder") < html.find("js/uploads")
    assert "microphone=(self)" in page["Permissions-Policy"]
    assert ('data-do="sound"' in html) == (kind != "video")
    assert ('data-do="film"' in html) == (kind != "audio")


def test_no_other_page_may_open_the_microphone(night_class):
    carol = reader(night_class.carol)
    for path in ("/", f"{night_class.url}{homework(night_class, kind='file').pk}/"):
        page = carol.get(path)
        assert "data-recorder" not in page.content.decode()
        assert "microphone=()" in page["Permissions-Policy"]
