"""Students' pages: bad input, drafts, what is not theirs, cost."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from lms.common import clock
from lms.homework import actions
from lms.homework.models import LONGEST_TEXT, Submission
from lms.tenants.scope import provider_scope
from tests.lms.homework.making import give_feedback, hand_in, homework, settled, work_of
from tests.lms.learning import WAV, reader

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def carol(night_class):
    return reader(night_class.carol)


def text(response):
    return response.content.decode()


def test_an_essay_of_a_megabyte_comes_back_whole(night_class, carol):
    row = homework(night_class)
    page = f"{night_class.url}{row.pk}/"
    essay = "Nine stars. ×نجم\r\n" * 50_000
    assert 1_000_000 < len(essay.encode()) <= LONGEST_TEXT
    assert carol.post(f"{page}submit/", {"text": essay}).status_code == 302
    with provider_scope(night_class.acme):
        assert Submission.objects.get().text == essay.replace("\r\n", "\n")
    assert carol.get(page).status_code == 200


def test_more_than_can_be_taken_is_refused_with_what_was_typed(night_class, carol):
    row = homework(night_class)
    essay = "x" * (LONGEST_TEXT + 1)
    answer = carol.post(f"{night_class.url}{row.pk}/submit/", {"text": essay})
    assert answer.status_code == 422
    assert "too long" in text(answer)
    assert essay in text(answer)


def test_what_comes_too_late_is_refused_and_not_lost(night_class, carol):
    row = homework(night_class, due_at=NOON, late_policy="cut_off", grace_minutes=10)
    page = f"{night_class.url}{row.pk}/"
    with clock.stopped_at(NOON + timedelta(minutes=10)):
        assert "<textarea" in text(carol.get(page))
    with clock.stopped_at(NOON + timedelta(minutes=11)):
        answer = carol.post(f"{page}submit/", {"text": "Seven stars"})
        assert answer.status_code == 409
        assert "Seven stars" in text(answer)
        assert "<textarea" not in text(carol.get(page))


def test_an_extension_opens_the_form_again_and_is_shown(night_class, carol):
    row = homework(night_class, due_at=NOON, late_policy="cut_off")
    page = f"{night_class.url}{row.pk}/"
    with clock.stopped_at(NOON + timedelta(hours=1)):
        with settled(night_class):
            until = NOON + timedelta(days=1)
            actions.extend(row, night_class.seats["carol"], until=until, actor=night_class.alice)
        assert "More time for you" in text(carol.get(page))
        carol.post(f"{page}submit/", {"text": "Seven"})
        assert 'data-standing="submitted"' in text(carol.get(page))
        assert "<textarea" not in text(reader(night_class.dave).get(page))


def test_a_draft_is_there_on_another_device(night_class, carol):
    row = homework(night_class)
    page = f"{night_class.url}{row.pk}/"
    assert carol.post(f"{page}draft/", {"text": "Sev"}).status_code == 204
    assert ">\nSev</textarea>" in text(reader(night_class.carol).get(page))
    carol.post(f"{page}submit/", {"text": "Seven"})
    assert work_of(night_class, row).draft == ""


@pytest.mark.parametrize("link", ["javascript:alert(1)", "nonsense here", "ftp:/x", "https://"])
def test_only_addresses_of_the_web_are_links(night_class, carol, link):
    row = homework(night_class, kind="link")
    answer = carol.post(f"{night_class.url}{row.pk}/submit/", {"link": link})
    assert answer.status_code == 422


def test_a_file_is_saved_not_shown_and_kept_under_its_name(night_class, carol):
    row = homework(night_class, kind="file")
    page = f"{night_class.url}{row.pk}/"
    file = SimpleUploadedFile("../../évil <b>.html", b"<script>alert(1)</script>")
    carol.post(f"{page}submit/", {"files": file})
    with provider_scope(night_class.acme):
        one = Submission.objects.get()
    served = carol.get(f"{page}submissions/{one.pk}/x")
    assert served["Content-Type"] == "text/plain"
    assert served["Content-Disposition"].startswith("attachment")
    assert served["Cache-Control"] == "private, no-cache"
    assert "<b>" not in text(carol.get(page)).split("<main")[1]


def test_work_graded_as_incomplete_may_be_handed_in_again(night_class, carol):
    row = homework(night_class, resubmission="until_graded")
    page = f"{night_class.url}{row.pk}/"
    give_feedback(night_class, hand_in(night_class, row), complete=False)
    assert "Not complete yet" in text(carol.get(page))
    carol.post(f"{page}submit/", {"text": "Eight"})
    give_feedback(night_class, _latest(night_class), complete=True)
    assert carol.post(f"{page}submit/", {"text": "Nine"}).status_code == 409


def _latest(night_class):
    with provider_scope(night_class.acme):
        return Submission.objects.order_by("-number").first()


def test_homework_for_some_is_hidden_from_the_others(night_class, carol):
    row = homework(night_class, assigned=False)
    with settled(night_class):
        actions.choose(row, [night_class.seats["dave"]], actor=night_class.alice)
        actions.assign(row, actor=night_class.alice, at=NOON)
    page = f"{night_class.url}{row.pk}/"
    assert carol.get(page).status_code == 404
    assert carol.post(f"{page}submit/", {"text": "x"}).status_code == 404
    assert reader(night_class.dave).get(page).status_code == 200
    assert row.title not in text(carol.get(night_class.url))


def test_the_dashboard_says_what_is_due_soon(night_class, carol):
    now = clock.now()
    homework(night_class, title="Soon", due_at=now + timedelta(days=2))
    homework(night_class, title="Far", due_at=now + timedelta(days=90))
    done = homework(night_class, title="Done", due_at=now + timedelta(days=1))
    hand_in(night_class, done)
    page = text(carol.get("/learn/"))
    panel = page.split('class="card due-soon"')[1].split("</section>")[0]
    assert 'data-todo="2"' in page
    assert "Soon" in panel
    assert "Far" not in panel
    assert "Done" not in panel


def test_the_lesson_viewer_leads_to_homework(night_class, carol):
    from tests.lms.certificates.making import lessons_of

    one = lessons_of(night_class.course)[0]
    row = homework(night_class, lesson=one)
    html = text(carol.get(f"/learn/{night_class.course.pk}/{one.pk}/"))
    assert html.count(f'href="{night_class.url}{row.pk}/"') == 1
    assert f'href="{night_class.url}"' in html


@pytest.mark.parametrize("number", [1, 12])
def test_the_list_of_homework_takes_at_most_twelve_queries(
    night_class, carol, number, django_assert_max_num_queries
):
    for _ in range(number):
        hand_in(night_class, homework(night_class))
    carol.get(night_class.url)
    with django_assert_max_num_queries(12):
        carol.get(night_class.url)


def test_required_homework_completes_the_course_last(night_class, carol):
    from lms.enrolments.models import Enrolment
    from tests.lms.certificates.making import complete

    row = homework(night_class)
    seat = complete(night_class.seats["carol"])
    assert seat.completed_at is None
    carol.post(f"{night_class.url}{row.pk}/submit/", {"text": "Seven"})
    with provider_scope(night_class.acme):
        assert Enrolment.objects.get(pk=seat.pk).completed_at is not None


def test_a_file_that_is_refused_later_is_told_and_may_be_handed_in_anew(
    night_class, carol, monkeypatch, mailoutbox
):
    from lms.files import actions as files

    row = homework(night_class, kind="audio", resubmission="never")
    page = f"{night_class.url}{row.pk}/"
    monkeypatch.setattr(files, "AT_ONCE", 0)  # the worker looks into it
    monkeypatch.setattr(files, "async_task", lambda *args: None)
    with settled(night_class):
        carol.post(f"{page}submit/", {"files": SimpleUploadedFile("talk.wav", b"no sound")})
    assert "Being checked" in text(carol.get(page))
    assert work_of(night_class, row).done_at
    mailoutbox.clear()
    with settled(night_class):
        files.check_upload(Submission.objects.get().upload)
    (told,) = mailoutbox
    assert told.to == [night_class.carol.email]
    assert "holds neither sound nor film" in told.body
    assert not work_of(night_class, row).done_at
    html = text(carol.get(page))
    assert "holds neither sound nor film" in html
    with settled(night_class):
        carol.post(f"{page}submit/", {"files": SimpleUploadedFile("talk.wav", WAV)})
        assert Submission.objects.count() == 2
