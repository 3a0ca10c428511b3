"""Private files: who gets them, whole and in parts."""

import asyncio

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.db.models.fields.files import FieldFile
from django.test.client import AsyncRequestFactory
from hypothesis import given
from hypothesis import strategies as st

from lms.files import serving
from lms.files.models import Document, Media
from lms.files.serving import Unsatisfiable, byte_range, content_type
from lms.tenants.models import Role
from tests.cast import member, person
from tests.lms.certificates.making import course, enrol, school
from tests.lms.learning import WAV, body_of, document, lesson, reader, recording


@given(size=st.integers(1, 10**9), first=st.integers(0, 10**9), last=st.integers(0, 10**9))
def test_a_range_never_leaves_the_file(size, first, last):
    try:
        part = byte_range(f"bytes={first}-{last}", size)
    except Unsatisfiable:
        assert first >= size
    else:
        if part is None:
            assert last < first
        else:
            assert part == (first, min(last, size - 1))


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-0", (0, 0)),
        ("bytes=5-", (5, 9)),
        ("bytes=-3", (7, 9)),
        ("bytes=-30", (0, 9)),
        ("bytes=2-99", (2, 9)),
        ("bytes=-", None),
        ("bytes=3-1", None),
        ("bytes=0-1,3-4", None),
        pytest.param(f"bytes=0-{'9' * 5000}", None, id="more digits than a number may have"),
        ("items=0-1", None),
        ("bytes=a-b", None),
        ("", None),
    ],
)
def test_a_range_header_is_read_as_the_standard_says(header, part):
    assert byte_range(header, 10) == part


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=99-100", "bytes=-0"])
def test_a_range_behind_the_end_can_not_be_satisfied(header):
    with pytest.raises(Unsatisfiable):
        byte_range(header, 10)


@pytest.mark.parametrize("name", ["a.html", "a.svg", "a.js", "a.xml", "a.css", "a", "a.html.gz"])
def test_nothing_a_browser_could_run_is_named_as_what_it_is(name):
    assert content_type(name) == "application/octet-stream"


@pytest.mark.django_db
class TestLessonFiles:
    @pytest.fixture(autouse=True)
    def scene(self):
        self.acme = school()
        self.talk, self.paper, self.other = recording(), document(), document(b"other", "other.pdf")
        self.page = course(self.acme, lessons=0)
        body = [
            ("audio", {"media": self.talk.pk, "title": "", "transcript": ""}),
            ("download", {"document": self.paper.pk, "title": "", "description": ""}),
            ("code", {"language": "html", "filename": "",
                      "code": f'<a linktype="document" id="{self.other.pk}">'}),
        ]  # fmt: skip
        self.lesson = lesson(self.page, body=body)
        self.carol = person("carol")
        enrol(self.carol, self.page)
        self.base = f"/learn/{self.page.pk}/{self.lesson.pk}/files"
        self.media = f"{self.base}/media/{self.talk.pk}/talk.wav"
        self.download = f"{self.base}/documents/{self.paper.pk}/notes.pdf"

    def test_a_part_of_a_recording_is_sent_as_206(self):
        response = reader(self.carol).get(self.media, headers={"Range": "bytes=4-9"})
        assert response.status_code == 206
        assert response["Content-Range"] == f"bytes 4-9/{len(WAV)}"
        assert body_of(response) == WAV[4:10]

    def test_a_range_behind_the_end_is_refused_with_the_size(self):
        response = reader(self.carol).get(self.media, headers={"Range": "bytes=99999-"})
        assert (response.status_code, response["Content-Range"]) == (416, f"bytes */{len(WAV)}")

    def test_an_outdated_if_range_gets_the_whole_file(self):
        browser = reader(self.carol)
        etag = browser.get(self.media)["ETag"]
        current = {"Range": "bytes=0-1", "If-Range": etag}
        outdated = {"Range": "bytes=0-1", "If-Range": '"old"'}
        assert browser.get(self.media, headers=current).status_code == 206
        assert body_of(browser.get(self.media, headers=outdated)) == WAV

    def test_what_the_browser_has_already_is_not_sent_again(self):
        browser = reader(self.carol)
        etag = browser.get(self.media)["ETag"]
        assert browser.get(self.media, headers={"If-None-Match": etag}).status_code == 304

    def test_head_tells_the_size_and_sends_nothing(self):
        response = reader(self.carol).head(self.media)
        assert (response["Content-Length"], body_of(response)) == (str(len(WAV)), b"")

    def test_recordings_play_in_place_and_documents_are_saved(self):
        browser = reader(self.carol)
        assert browser.get(self.media)["Content-Disposition"].startswith("inline")
        assert browser.get(self.download)["Content-Disposition"].startswith("attachment")

    def test_no_file_is_ever_a_page_of_ours(self):
        response = reader(self.carol).get(self.download)
        assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Cache-Control"] == "private, no-cache"

    def test_recordings_are_not_saved_where_the_course_does_not_allow_it(self):
        browser = reader(self.carol)
        assert browser.get(self.media + "?download").status_code == 200
        self.page.downloadable = False
        self.page.save_revision().publish()
        assert browser.get(self.media + "?download").status_code == 403
        assert browser.get(self.media).status_code == 200

    @pytest.mark.parametrize("who", ["visitor", "stranger", "left", "foreign instructor"])
    def test_nobody_without_the_lesson_gets_its_files(self, who):
        user = None if who == "visitor" else person("dave")
        if who == "left":
            enrol(user, self.page)
            reader(user).post(f"/enrol/{self.page.pk}/leave/")
        if who == "foreign instructor":
            member(user, school("globex"), Role.ADMIN)
        browser = reader(user)
        assert browser.get(self.media).status_code in (401, 403)
        assert browser.get(self.download).status_code in (401, 403)
        assert browser.get(self.paper.url).status_code == 404

    def test_a_file_of_another_lesson_is_not_found_here(self):
        path = f"{self.base}/documents/{self.other.pk}/other.pdf"
        assert reader(self.carol).get(path).status_code == 404

    def test_a_file_in_an_unpublished_draft_is_not_served(self):
        draft = self.lesson
        draft.body = [("download", {"document": self.other, "title": "", "description": ""})]
        draft.save_revision()
        path = f"{self.base}/documents/{self.other.pk}/other.pdf"
        assert reader(self.carol).get(path).status_code == 404

    def test_students_do_not_get_documents_from_wagtails_own_address(self):
        assert reader(self.carol).get(self.paper.url).status_code == 404
        assert reader(person("olga", is_superuser=True)).get(self.paper.url).status_code == 200

    def test_students_do_not_get_recordings_from_the_authors_address(self):
        assert reader(self.carol).get(self.talk.url).status_code in (302, 403, 404)
        olga = reader(person("olga", is_superuser=True))
        assert body_of(olga.get(self.talk.url)) == WAV

    def test_a_lost_file_is_not_found(self):
        self.talk.file.storage.delete(self.talk.file.name)
        assert reader(self.carol).get(self.media).status_code == 404

    def test_the_trailer_is_for_everybody_who_may_see_the_course(self):
        self.page.trailer = self.talk
        self.page.save_revision().publish()
        path = f"/learn/{self.page.pk}/trailer/talk.wav"
        assert body_of(reader().get(path)) == WAV
        self.page.refresh_from_db()
        self.page.unpublish()
        assert reader().get(path).status_code == 404


def test_under_asgi_a_file_is_streamed_in_pieces(monkeypatch, tmp_path):
    monkeypatch.setattr(serving, "CHUNK", 7)
    storage = FileSystemStorage(location=tmp_path)
    storage.save("talk.wav", ContentFile(WAV))
    file = FieldFile(Media(collection_id=1), Media._meta.get_field("file"), "talk.wav")
    file.storage = storage

    async def fetch():
        request = AsyncRequestFactory().get("/", headers={"Range": "bytes=3-40"})
        response = serving.serve(request, file)
        return [chunk async for chunk in response.streaming_content]

    chunks = asyncio.run(fetch())
    assert b"".join(chunks) == WAV[3:41]
    assert max(map(len, chunks)) == 7


@pytest.mark.django_db
def test_a_page_called_mp3_is_no_recording():
    media = Media(title="x", type="audio", file=ContentFile(b"<html>", "x.mp3"))
    with pytest.raises(ValidationError):
        media.clean()


@pytest.mark.django_db
def test_captions_have_to_be_webvtt():
    with pytest.raises(ValidationError):
        Document(title="x", file=ContentFile(b"1\n00:00", "x.vtt")).clean()
    Document(title="x", file=ContentFile(b"\xef\xbb\xbfWEBVTT\n", "x.vtt")).clean()


@pytest.mark.django_db
def test_an_empty_file_is_refused():
    with pytest.raises(ValidationError):
        Document(title="x", file=ContentFile(b"", "x.pdf")).clean()
