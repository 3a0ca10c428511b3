"""P16 to P32 and P73: homework as students and teachers see it."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.html import escape
from hypothesis import given
from hypothesis import strategies as st

from lms.common import clock
from lms.homework.models import FILES, Kind, Submission, Work
from lms.homework.states import WorkState
from lms.progress.selectors import course_progress
from lms.tenants.models import Role
from lms.tenants.scope import provider_scope
from tests.cast import fresh_rows, house, member, person
from tests.lms.certificates.making import enrol
from tests.lms.homework.making import (
    MP4,
    a_class,
    give_feedback,
    hand_in,
    homework,
    settled,
    work_of,
)
from tests.lms.learning import WAV, body_of, reader

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

titles = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=40)
words = st.text(st.characters(categories=["L", "N", "S", "Zs"]), min_size=1, max_size=200).filter(
    lambda text: text.strip() == text
)
kinds = st.sampled_from(list(Kind))
recordings = st.sampled_from(["audio", "video", "audio_or_video"])
voices = st.one_of(st.none(), st.binary(max_size=500))
spans = st.timedeltas(timedelta(days=-3), timedelta(days=3))


@pytest.fixture(autouse=True)
def unhurried(private_files, monkeypatch):
    # One person does in a second what the limit spreads over minutes.
    monkeypatch.setattr("lms.homework.views.DEEDS_A_MINUTE", 1_000_000)


@pytest.fixture
def school():
    """Once for all examples of a test: page trees are dear."""
    return a_class(lessons=2)


@pytest.fixture
def others():
    """People with nothing to look for in the class: another house's admin, and who is nobody's."""
    mallory = person("mallory")
    member(mallory, house("globex"), Role.ADMIN)
    return {"mallory": mallory, "stranger": person("stranger")}


@pytest.fixture
def carol(school):
    return reader(school.carol)


@pytest.fixture
def alice(school):
    return reader(school.alice)


def get(browser, path):
    return browser.get(path).content.decode()


def post(school, browser, path, data=None, **extra):
    """A form sent, with everything that happens after the commit."""
    with settled(school):
        return browser.post(path, data or {}, **extra)


def mailed(person, to=None):
    """Subjects of the mails that `person` has got."""
    return [one.subject for one in mail.outbox if one.to == [person.email]]


def typed(kind):
    """What a student sends for homework of that kind."""
    return {
        "checkmark": {},
        "text": {"text": "Seven"},
        "link": {"link": "https://example.org/stars"},
        "file": {"files": SimpleUploadedFile("notes.pdf", b"%PDF-1.4 notes")},
        "audio": {"files": SimpleUploadedFile("talk.wav", WAV)},
        "video": {"files": SimpleUploadedFile("film.mp4", MP4)},
        "audio_or_video": {"files": SimpleUploadedFile("film.mp4", MP4)},
    }[kind]


def standing(html):
    return re.search(r'data-standing="(\w+)"', html)[1]


@given(titles=st.lists(titles, min_size=1, max_size=3), students=st.integers(0, 2))
def test_p016_homework_is_seen_by_all_enrolled_in_its_course_and_by_nobody_else(
    school, titles, students
):
    with fresh_rows():
        rows = [homework(school, title=title) for title in titles]
        people = [school.carol, school.dave]
        for number in range(students):
            people.append(person(f"more{number}"))
            enrol(people[-1], school.course)
        for one in people:
            browser = reader(one)
            html = get(browser, school.url)
            for row in rows:
                assert escape(row.title) in html
                assert browser.get(f"{school.url}{row.pk}/").status_code == 200
        stranger = reader(person("stranger"))
        assert stranger.get(school.url).status_code == 403
        assert stranger.get(f"{school.url}{rows[0].pk}/").status_code == 403
        hidden = homework(school, assigned=False, title="Hidden")
        assert reader(school.carol).get(f"{school.url}{hidden.pk}/").status_code == 404


@given(span=spans, grace=st.integers(0, 300), when=spans)
def test_p017_the_due_date_is_shown_and_lateness_follows_the_submissions_own_time(
    school, carol, span, grace, when
):
    with fresh_rows():
        due = (NOON + span).replace(second=0, microsecond=0)
        row = homework(school, due_at=due, grace_minutes=grace)
        page = f"{school.url}{row.pk}/"
        at = NOON + when
        with clock.stopped_at(at):
            assert f'datetime="{due.isoformat()}"' in get(carol, page)
            post(school, carol, f"{page}submit/", {"text": "Seven"})
        with clock.stopped_at(NOON + timedelta(days=30)):  # looked at much later
            late = at > due + timedelta(minutes=grace)
            assert standing(get(carol, page)) == ("late" if late else "submitted")


@given(span=spans, when=spans)
def test_p020a_each_submission_is_on_time_or_late_in_the_instructors_list(
    school, alice, span, when
):
    with fresh_rows():
        due = NOON + span
        row = homework(school, due_at=due)
        hand_in(school, row, at=NOON + when)
        html = get(alice, f"{school.desk}{row.pk}/?show=late")
        assert ("Carol Wanjiru" in html) == (NOON + when > due)


@given(kind=kinds)
def test_p018_the_form_offered_matches_the_type(school, carol, kind):
    with fresh_rows():
        row = homework(school, kind=kind)
        html = get(carol, f"{school.url}{row.pk}/")
        form = re.search(r'<form[^>]*data-kind="(\w+)".*?</form>', html, re.DOTALL)
        assert form[1] == kind
        assert ('type="file"' in form[0]) == (kind in FILES)
        assert ("<textarea" in form[0]) == (kind == "text")
        assert ('type="url"' in form[0]) == (kind == "link")
        accept = re.search(r'accept="([^"]*)"', form[0])
        offered = set(accept[1].split(",")) if accept else set()
        taken = {".mp3": ("file", "audio", "audio_or_video"), ".pdf": ("file",),
                 ".mp4": ("file", "audio", "video", "audio_or_video")}  # fmt: skip
        assert {one for one, by in taken.items() if kind in by} == offered & taken.keys()


@given(kind=kinds, wrong=st.sampled_from(["nothing", "other"]))
def test_p018_what_the_type_does_not_ask_for_is_refused_and_nothing_is_kept(
    school, carol, kind, wrong
):
    with fresh_rows():
        row = homework(school, kind=kind)
        if kind == "checkmark":
            return
        data = {} if wrong == "nothing" else {"files": SimpleUploadedFile("a.wav", b"no sound")}
        if kind == "file" and wrong == "other":
            data = {"text": "Seven"}
        answer = post(school, carol, f"{school.url}{row.pk}/submit/", data)
        assert answer.status_code == 422
        assert "field__error" in answer.content.decode()
        with provider_scope(school.acme):
            assert not Submission.objects.exists()


@given(students=st.integers(0, 3), title=titles, scheduled=st.booleans())
def test_p019_homework_notifies_every_enrolled_student(school, alice, students, title, scheduled):
    with fresh_rows():
        people = [school.carol, school.dave]
        for number in range(students):
            people.append(person(f"more{number}"))
            enrol(people[-1], school.course)
        mail.outbox.clear()
        data = {
            "title": title, "kind": "text", "grading": "completion", "late_policy": "accept",
            "grace_minutes": "0", "penalty_per_day": "0", "resubmission": "never",
            "time_zone": "Africa/Nairobi",
            "hand_out": "2026-03-01T15:00" if scheduled else "", "assign": "1",
        }  # fmt: skip
        with clock.stopped_at(NOON - timedelta(hours=1)):
            answer = post(school, alice, f"{school.desk}new/", data)
        assert answer.status_code == 302
        if scheduled:
            assert not mail.outbox
            from lms.homework.tasks import assign_due

            with clock.stopped_at(NOON), settled(school):
                assign_due()
        assert sorted(one.to[0] for one in mail.outbox) == sorted(one.email for one in people)
        assert all(title in one.subject for one in mail.outbox)


@given(content=st.binary(min_size=1, max_size=3000), number=st.integers(1, 3))
def test_p020_attached_material_is_reachable_by_every_enrolled_student(
    school, carol, content, number
):
    with fresh_rows():
        content = b"%PDF-1.4\n" + content
        files = [SimpleUploadedFile(f"sheet{n}.pdf", content) for n in range(number)]
        row = homework(school, attachments=files)
        html = get(carol, f"{school.url}{row.pk}/")
        links = re.findall(r'href="([^"]+/attachments/[^"]+)"', html)
        assert len(links) == number
        for browser in (carol, reader(school.dave)):
            assert [body_of(browser.get(link)) for link in links] == [content] * number
        stranger = reader(person("stranger"))
        assert {stranger.get(link).status_code for link in links} == {403}


@given(kind=recordings, tail=st.binary(max_size=2000))
def test_p021_a_recording_is_stored_and_tied_to_its_homework_and_student(
    school, carol, alice, kind, tail
):
    with fresh_rows():
        name, head = ("talk.wav", WAV) if kind == "audio" else ("film.mp4", MP4)
        row, other = homework(school, kind=kind), homework(school, kind=kind)
        data = {"files": SimpleUploadedFile(name, head + tail)}
        post(school, carol, f"{school.url}{row.pk}/submit/", data)
        page = get(carol, f"{school.url}{row.pk}/")
        link = re.search(r'<source src="([^"]+/submissions/[^"]+)"', page)[1]
        assert body_of(carol.get(link)) == head + tail == body_of(alice.get(link))
        assert reader(school.dave).get(link).status_code == 404
        moved = link.replace(f"/{row.pk}/", f"/{other.pk}/")
        assert moved == link or carol.get(moved).status_code == 404
        with provider_scope(school.acme):
            stored = Submission.objects.get()
            assert stored.work.homework == row
            assert stored.work.enrolment.student == school.carol


@given(kind=recordings)
def test_p022_a_finished_recording_notifies_the_instructor(school, carol, kind):
    with fresh_rows():
        row = homework(school, kind=kind)
        mail.outbox.clear()
        post(school, carol, f"{school.url}{row.pk}/submit/", typed(kind))
        assert len(mailed(school.alice)) == 1
        assert f"{school.desk}{row.pk}/students/" in mail.outbox[0].body
        assert not mailed(school.carol)


@given(clicks=st.integers(1, 3), needs_grading=st.just(False), at=spans)
def test_p023_a_checkmark_stores_when_and_moves_progress(school, carol, clicks, needs_grading, at):
    with fresh_rows():
        row = homework(school, kind="checkmark", needs_grading=needs_grading)
        page = f"{school.url}{row.pk}/"
        moment = (NOON + at).replace(microsecond=0)
        seat = school.seats["carol"]
        with provider_scope(school.acme):
            before = course_progress(seat)
        for number in range(clicks):  # a double click counts once and keeps the first moment
            with clock.stopped_at(moment + timedelta(minutes=number)):
                post(school, carol, f"{page}submit/")
        assert f'datetime="{moment.isoformat()}" data-submitted' in get(carol, page)
        with provider_scope(school.acme):
            after = course_progress(seat)
            assert Submission.objects.count() == 1
        assert (before.exact, before.work.total) == (0, 1)
        # Two lessons and one piece of homework: each is a third.
        assert after.exact * 3 == 100
        assert "33% done" in get(carol, "/learn/")


@given(who=st.sampled_from(["carol", "dave"]))
def test_p024_a_checkmark_notifies_the_instructor(school, who):
    with fresh_rows():
        row = homework(school, kind="checkmark")
        mail.outbox.clear()
        student = getattr(school, who)
        post(school, reader(student), f"{school.url}{row.pk}/submit/")
        assert [student.name in subject for subject in mailed(school.alice)] == [True]


@given(at=st.dictionaries(st.sampled_from(["carol", "dave"]), spans), kind=kinds)
def test_p025_the_instructor_sees_every_submission_with_status_and_time(school, alice, at, kind):
    with fresh_rows():
        row = homework(school, kind=kind)
        moments = {who: (NOON + span).replace(microsecond=0) for who, span in at.items()}
        for who, moment in moments.items():
            hand_in(school, row, who, at=moment)
        html = get(alice, f"{school.desk}{row.pk}/")
        for who, seat in school.seats.items():
            part = html.split(f'data-student="{seat.pk}"')[1].split("</tr>")[0]
            moment = moments.get(who)
            assert standing(part) == ("submitted" if moment else "pending")
            if moment:
                assert f'datetime="{moment.isoformat()}"' in part


@given(graded=st.booleans(), again=st.booleans())
def test_p026_unmarking_reverts_completion_and_notifies_the_instructor(
    school, carol, graded, again
):
    with fresh_rows():
        row = homework(school, kind="checkmark")
        page = f"{school.url}{row.pk}/"
        one = hand_in(school, row)
        if graded:
            give_feedback(school, one, text="Fine")
        mail.outbox.clear()
        post(school, carol, f"{page}unmark/")
        assert len(mailed(school.alice)) == 1
        assert standing(get(carol, page)) == "pending"
        with provider_scope(school.acme):
            assert course_progress(school.seats["carol"]).exact == 0
        if again:
            post(school, carol, f"{page}submit/")
            assert standing(get(carol, page)) == "submitted"


@given(
    plan=st.dictionaries(
        st.sampled_from(["carol", "dave"]), st.sampled_from(["graded", "submitted"])
    )
)
def test_p027_the_list_shows_each_status_and_counts_agree(school, alice, plan):
    with fresh_rows():
        row = homework(school)
        for who, state in plan.items():
            one = hand_in(school, row, who)
            if state == "graded":
                give_feedback(school, one, complete=True)
        html = get(alice, f"{school.desk}{row.pk}/")
        for name in ("graded", "submitted", "pending"):
            shown = re.search(rf'data-count="{name}">.*?chip__count">(\d+)<', html, re.DOTALL)[1]
            expected = [plan.get(who, "pending") for who in school.seats].count(name)
            assert (
                int(shown)
                == expected
                == get(alice, f"{school.desk}{row.pk}/?show={name}").count("data-student=")
            )


@given(kind=recordings, tail=st.binary(min_size=1, max_size=4000), data=st.data())
def test_p027a_the_instructor_streams_a_recording(school, alice, kind, tail, data):
    with fresh_rows():
        name, head = ("talk.wav", WAV) if kind == "audio" else ("film.mp4", MP4)
        row = homework(school, kind=kind)
        hand_in(school, row, file=SimpleUploadedFile(name, head + tail))
        seat = school.seats["carol"]
        html = get(alice, f"{school.desk}{row.pk}/students/{seat.pk}/")
        assert re.search(r"<(audio|video) controls", html)[1] == (
            "audio" if kind == "audio" else "video"
        )
        link = re.search(r'<source src="([^"]+)"', html)[1]
        content = head + tail
        first = data.draw(st.integers(0, len(content) - 1))
        last = data.draw(st.integers(first, len(content) + 9))
        part = alice.get(link, headers={"Range": f"bytes={first}-{last}"})
        assert (part.status_code, body_of(part)) == (206, content[first : last + 1])
        assert part["Content-Type"] == ("audio/wav" if kind == "audio" else "video/mp4")
        assert part["Accept-Ranges"] == "bytes"


def review(school, row, who="carol"):
    return f"{school.desk}{row.pk}/students/{school.seats[who].pk}/"


def fill_in(school, browser, row, who="carol", deed="release", **fields):
    """Feedback typed and sent at the desk."""
    html = get(browser, review(school, row, who))
    action = re.search(r'id="marking" method="post" action="([^"]+)"', html)[1]
    version = re.search(r'name="version" value="(\d+)"', html)[1]
    return post(school, browser, action, {"version": version, "deed": deed, **fields})


def voice(tail):
    """The field of a recording: {} for None."""
    return {} if tail is None else {"voice": SimpleUploadedFile("well done.wav", WAV + tail)}


@given(text=words, complete=st.sampled_from(["yes", "no", ""]), said=voices)
def test_p028_feedback_is_stored_with_its_submission(school, alice, text, complete, said):
    with fresh_rows():
        row = homework(school)
        one = hand_in(school, row)
        hand_in(school, row, "dave")
        fields = {"text": text, "complete": complete, **voice(said)}
        assert fill_in(school, alice, row, **fields).status_code == 302
        with provider_scope(school.acme):
            told = one.feedback.get()
            assert (told.text, told.complete) == (
                text,
                {"yes": True, "no": False, "": None}[complete],
            )
            assert told.given_by == school.alice
            if said is None:
                assert told.upload is None
            else:
                with told.upload.file.open("rb") as file:
                    assert file.read() == WAV + said
            assert not Submission.objects.exclude(pk=one.pk).get().feedback.exists()


@given(drafts=st.lists(st.tuples(words, voices), max_size=2), text=words)
def test_p029_feedback_notifies_the_student_at_once_and_a_draft_does_not(
    school, alice, drafts, text
):
    with fresh_rows():
        row = homework(school)
        hand_in(school, row)
        hand_in(school, row, "dave")
        mail.outbox.clear()
        for draft, said in drafts:
            fill_in(school, alice, row, deed="save", text=draft, **voice(said))
        assert not mail.outbox
        fill_in(school, alice, row, text=text)
        assert len(mailed(school.carol)) == len(mail.outbox) == 1


@given(text=words, said=st.lists(voices, min_size=1, max_size=2))
def test_p030_a_submission_shows_its_feedback_beside_it(school, carol, alice, text, said):
    with fresh_rows():
        row = homework(school, resubmission="always")
        page = f"{school.url}{row.pk}/"
        for number, tail in enumerate(said):
            post(school, carol, f"{page}submit/", {"text": f"Answer {number}"})
            fill_in(school, alice, row, text=f"{text}{number}", **voice(tail))
        html = get(carol, page)
        for number, tail in enumerate(said):
            beside = html.split(f'data-submission="{number + 1}"')[1].split("</aside>")[0]
            assert f"Answer {number}" in beside
            assert escape(f"{text}{number}") in beside
            heard = re.findall(r'<source src="([^"]+/feedback/[^"]+)"', beside)
            assert [body_of(carol.get(one)) for one in heard] == (
                [] if tail is None else [WAV + tail]
            )
            assert {reader(school.dave).get(one).status_code for one in heard} <= {404}
        assert 'class="feedback"' not in get(reader(school.dave), page)


@given(submitted=st.booleans(), who=st.sampled_from(["alice", "bob"]))
def test_p031_completion_set_by_an_instructor_bears_the_override_mark(
    school, carol, submitted, who
):
    with fresh_rows():
        row = homework(school, needs_grading=True)
        if submitted:
            hand_in(school, row)
        teacher = reader(getattr(school, who))
        assert "data-override" not in get(teacher, review(school, row))
        post(school, teacher, f"{review(school, row)}override/", {"reason": "On paper"})
        work = work_of(school, row)
        assert work.overridden_by == getattr(school, who)
        assert work.done_at is not None
        for html in (
            get(teacher, review(school, row)),
            get(teacher, f"{school.desk}{row.pk}/"),
            get(carol, f"{school.url}{row.pk}/"),
        ):
            assert html.count("data-override") == 1
        post(school, teacher, f"{review(school, row)}override/", {"end": "1"})
        assert "data-override" not in get(carol, f"{school.url}{row.pk}/")


@given(reason=st.one_of(st.just(""), words), clicks=st.integers(1, 2))
def test_p032_an_override_notifies_the_student_once(school, alice, reason, clicks):
    with fresh_rows():
        row = homework(school)
        mail.outbox.clear()
        for _ in range(clicks):
            post(school, alice, f"{review(school, row)}override/", {"reason": reason})
        assert len(mailed(school.carol)) == len(mail.outbox) == 1
        assert " ".join(reason.split()) in mail.outbox[0].body


@given(
    hours=st.integers(-2, 2),
    done=st.lists(st.sampled_from(["carol", "dave"]), unique=True),
    extended=st.lists(st.sampled_from(["carol", "dave"]), unique=True),
)
def test_p073_status_shows_who_submitted_who_is_pending_and_who_is_overdue(
    school, alice, hours, done, extended
):
    with fresh_rows():
        row = homework(school, due_at=NOON + timedelta(hours=hours))
        for who in extended:
            with settled(school):
                from lms.homework import actions

                until = NOON + timedelta(hours=5)
                actions.extend(row, school.seats[who], until=until, actor=school.alice)
        for who in done:
            hand_in(school, row, who, at=NOON - timedelta(hours=3))
        with clock.stopped_at(NOON):
            html = get(alice, f"{school.desk}{row.pk}/")
        for who, seat in school.seats.items():
            part = html.split(f'data-student="{seat.pk}"')[1].split("</tr>")[0]
            over = hours < 0 and who not in extended
            expected = "submitted" if who in done else "overdue" if over else "pending"
            assert standing(part) == expected


@given(saved=st.lists(st.tuples(st.sampled_from(["alice", "bob"]), words), min_size=1, max_size=5))
def test_two_markers_never_overwrite_each_other_silently(school, saved):
    """Each types over the version they saw when the review was opened, once."""
    with fresh_rows():
        row = homework(school)
        hand_in(school, row)
        browsers = {who: reader(getattr(school, who)) for who in ("alice", "bob")}
        html = {who: get(browser, review(school, row)) for who, browser in browsers.items()}
        action = re.search(r'id="marking" method="post" action="([^"]+)"', html["alice"])[1]
        seen = dict.fromkeys(browsers, 0)
        version, stands = 0, ""
        for who, text in saved:
            data = {"version": seen[who], "text": text, "deed": "autosave"}
            answer = post(school, browsers[who], action, data)
            if seen[who] == version or text == stands:
                seen[who] = json.loads(answer.content)["version"]
                if version != seen[who]:
                    version, stands = seen[who], text
            else:
                assert answer.status_code == 409
                # Without a script: theirs is shown, and what was typed stays in the form.
                page = post(school, browsers[who], action, {**data, "deed": "save"})
                shown = page.content.decode()
                assert escape(text) in shown.split("<textarea")[1].split("</textarea>")[0]
                assert (
                    escape(stands) in shown.split("conflict__theirs")[1].split("</blockquote>")[0]
                )
        with provider_scope(school.acme):
            assert Submission.objects.get().markings.get().text == stands
            assert Work.objects.get().state == WorkState.SUBMITTED


@given(
    who=st.sampled_from(["carol", "dave", "bob", "alice", "mallory", "stranger", "visitor"]),
    file=st.one_of(
        st.tuples(
            st.sampled_from([("talk.wav", WAV), ("film.mp4", MP4), ("notes.pdf", b"%PDF-1.4\n")]),
            st.binary(max_size=300),
        ),
        # What claims to be text is held to it.
        st.tuples(
            st.just(("page.html", b"<script>alert(1)</script>")),
            st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])).map(str.encode),
        ),
    ),
    attached=st.booleans(),
    cut=st.one_of(st.none(), st.tuples(st.integers(0, 400), st.integers(0, 400))),
)
def test_m14_a_file_goes_only_to_those_allowed_with_type_range_and_cache_headers(
    school, others, who, file, attached, cut
):
    with fresh_rows():
        (name, head), tail = file
        content = head + tail
        sent = SimpleUploadedFile(name, content)
        row = homework(school, kind="file", attachments=[sent] if attached else [])
        if attached:
            with provider_scope(school.acme):
                address = f"attachments/{row.attachments.get().pk}"
        else:
            one = hand_in(school, row, file=SimpleUploadedFile(name, content))
            address = f"submissions/{one.pk}"
        user = others.get(who) or getattr(school, who, None)
        headers = {"Range": f"bytes={cut[0]}-{cut[0] + cut[1]}"} if cut else {}
        path = f"{school.url}{row.pk}/{address}/{name}"
        answer = reader(user).get(path, headers=headers)
        allowed = {"carol", "bob", "alice"} | ({"dave"} if attached else set())
        if who not in allowed:
            assert answer.status_code in (401, 403, 404)
            assert content not in answer.content
            return
        if cut and cut[0] >= len(content):
            assert answer.status_code == 416
        elif cut:
            assert answer.status_code == 206
            assert body_of(answer) == content[cut[0] : cut[0] + cut[1] + 1]
        else:
            assert (answer.status_code, body_of(answer)) == (200, content)
        kinds = {
            "wav": "audio/wav",
            "mp4": "video/mp4",
            "pdf": "application/pdf",
            "html": "text/plain",
        }
        kind = kinds[name.rpartition(".")[2]]
        assert answer["Content-Type"] == kind
        played = kind.partition("/")[0] in ("audio", "video")
        assert answer["Content-Disposition"].startswith("inline" if played else "attachment")
        assert answer["Cache-Control"] == "private, no-cache"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer["Content-Security-Policy"]
