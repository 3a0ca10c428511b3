"""The desk: setting homework, going from student to student, cost, who gets in."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from lms.common import clock
from lms.homework.models import Homework
from lms.tenants.models import Role
from lms.tenants.scope import provider_scope
from tests.cast import house, member, person
from tests.lms.certificates.making import enrol
from tests.lms.homework.making import MP4, give_feedback, hand_in, homework, settled, work_of
from tests.lms.learning import reader

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FORM = {
    "title": "Stars", "kind": "text", "grading": "completion", "late_policy": "accept",
    "grace_minutes": "0", "penalty_per_day": "0", "resubmission": "never",
    "time_zone": "Europe/Berlin",
}  # fmt: skip


@pytest.fixture
def alice(night_class):
    return reader(night_class.alice)


def text(response):
    return response.content.decode()


def review(school, row, who="carol"):
    return f"{school.desk}{row.pk}/students/{school.seats[who].pk}/"


def mark_url(browser, school, row):
    html = text(browser.get(review(school, row)))
    return re.search(r'id="marking" method="post" action="([^"]+)"', html)[1]


def rows(school):
    with provider_scope(school.acme):
        return list(Homework.objects.all())


def test_a_due_date_is_read_in_its_time_zone_and_comes_back_so(night_class, alice):
    answer = alice.post(f"{night_class.desk}new/", {**FORM, "due": "2026-07-01T09:30"})
    assert answer.status_code == 302
    (row,) = rows(night_class)
    assert row.due_at == datetime(2026, 7, 1, 7, 30, tzinfo=UTC)
    assert 'value="2026-07-01T09:30"' in text(alice.get(f"{night_class.desk}{row.pk}/edit/"))


def test_an_hour_that_the_clocks_skip_is_refused_with_the_reason(night_class, alice):
    answer = alice.post(f"{night_class.desk}new/", {**FORM, "due": "2026-03-29T02:30"})
    assert answer.status_code == 422
    assert "does not exist in Europe/Berlin" in text(answer)
    assert 'value="Stars"' in text(answer)
    assert rows(night_class) == []


@pytest.mark.parametrize(
    "bad",
    [
        {"grading": "points", "points": "-1"},
        {"grading": "points", "points": "0"},
        {"grading": "points", "points": ""},
        {"grading": "points", "points": "NaN"},
        {"late_policy": "penalty", "penalty_per_day": "101"},
        {"late_policy": "penalty", "penalty_per_day": "-1"},
        {"grace_minutes": "-5"},
        {"grace_minutes": "99999999999999999999"},
        {"due": "yesterday"},
        {"due": "9999-12-31T23:59"},
        {"time_zone": "Mars/Olympus"},
        {"kind": "dance"},
        {"lesson": "999999"},
        {"title": ""},
    ],
)
def test_bad_input_is_marked_at_its_field(night_class, alice, bad):
    answer = alice.post(f"{night_class.desk}new/", {**FORM, **bad})
    if bad == {"due": "9999-12-31T23:59"}:  # far, not wrong
        assert answer.status_code in (302, 422)
        return
    assert answer.status_code == 422
    assert "field__error" in text(answer)


@pytest.mark.parametrize("points", ["-1", "10.01", "1e9", "NaN", "1.234"])
def test_points_outside_of_what_there_is_to_get_are_refused(night_class, alice, points):
    row = homework(night_class, grading="points", points=Decimal(10))
    hand_in(night_class, row)
    action = mark_url(alice, night_class, row)
    answer = alice.post(action, {"version": 0, "points": points, "text": "Hm", "deed": "release"})
    assert "field__error" in text(answer)
    assert ">\nHm</textarea>" in text(answer)
    assert not work_of(night_class, row).is_graded


def test_next_goes_through_the_filtered_list_and_stops_at_its_end(night_class, alice):
    row = homework(night_class)
    for name in ("abel", "zoe"):
        night_class.seats[name] = enrol(person(name), night_class.course)
    for who in ("carol", "dave", "zoe"):
        hand_in(night_class, row, who)
    seen, at = [], review(night_class, row, "carol")
    for _ in range(3):
        answer = alice.get(f"{at}?show=submitted&step=next", headers={"HX-Request": "true"})
        assert "<html" not in text(answer)
        seen.append(re.search(r"<h1><bdi>([^<]+)", text(answer))[1])
        at = answer["HX-Push-Url"].split("?")[0]
    assert seen == ["Dave Kim", "Zoe", "Zoe"]
    back = alice.get(f"{at}?show=submitted&step=previous", headers={"HX-Request": "true"})
    assert "Dave Kim" in text(back)


def test_releasing_and_next_shows_the_next_one_that_waits(night_class, alice):
    row = homework(night_class)
    hand_in(night_class, row)
    hand_in(night_class, row, "dave")
    action = mark_url(alice, night_class, row)
    data = {
        "version": 0,
        "complete": "yes",
        "text": "",
        "deed": "release_next",
        "show": "submitted",
    }
    answer = alice.post(action, data, headers={"HX-Request": "true"})
    assert "Dave Kim" in text(answer)
    assert work_of(night_class, row).is_graded


@pytest.mark.parametrize("students", [3, 12])
def test_the_next_submission_takes_at_most_ten_queries(
    night_class, alice, students, django_assert_max_num_queries
):
    row = homework(night_class, kind="video")
    for number in range(students):
        name = f"more{number:02}"
        night_class.seats[name] = enrol(person(name), night_class.course)
        give_feedback(night_class, hand_in(night_class, row, name), text="Good", release=False)
    url = f"{review(night_class, row, 'carol')}?step=next&show=submitted"
    alice.get(url, headers={"HX-Request": "true"})
    with django_assert_max_num_queries(10):
        assert alice.get(url, headers={"HX-Request": "true"}).status_code == 200


def test_the_list_takes_as_many_queries_for_many_as_for_few(
    night_class, alice, django_assert_max_num_queries
):
    row = homework(night_class)
    for number in range(12):
        name = f"more{number:02}"
        night_class.seats[name] = enrol(person(name), night_class.course)
        hand_in(night_class, row, name)
    alice.get(f"{night_class.desk}{row.pk}/")
    with django_assert_max_num_queries(11):
        alice.get(f"{night_class.desk}{row.pk}/")


def test_drafts_are_released_together_and_each_student_is_told_once(night_class, alice, mailoutbox):
    row = homework(night_class)
    for who in ("carol", "dave"):
        give_feedback(night_class, hand_in(night_class, row, who), release=False, complete=True)
    mailoutbox.clear()
    for _ in range(2):
        with settled(night_class):
            alice.post(f"{night_class.desk}{row.pk}/bulk/", {"deed": "release_all"})
    assert sorted(one.to[0] for one in mailoutbox) == ["carol@example.org", "dave@example.org"]


def test_several_are_completed_or_given_more_time_at_once(night_class, alice):
    row = homework(night_class, due_at=NOON, time_zone="Africa/Nairobi")
    chosen = [str(seat.pk) for seat in night_class.seats.values()]
    url = f"{night_class.desk}{row.pk}/bulk/"
    data = {"deed": "extend", "until": "2026-03-05T10:00", "student": [*chosen, "nonsense"]}
    assert alice.post(url, data).status_code == 302
    assert work_of(night_class, row, "dave").extended_to == datetime(2026, 3, 5, 7, tzinfo=UTC)
    alice.post(url, {"deed": "complete", "student": chosen[:1]})
    assert work_of(night_class, row).overridden_at
    assert not work_of(night_class, row, "dave").overridden_at


def test_remarks_stand_at_their_moment_and_reach_the_student_with_the_feedback(night_class, alice):
    from django.core.files.base import ContentFile

    row = homework(night_class, kind="video")
    one = hand_in(night_class, row, file=ContentFile(MP4, "film.mp4"))
    url = f"{review(night_class, row)}{one.pk}/remarks/"
    answer = alice.post(url, {"second": "83.4", "text": "Here"}, headers={"HX-Request": "true"})
    assert ">1:23</button>" in text(answer)
    carol = reader(night_class.carol)
    page = f"{night_class.url}{row.pk}/"
    assert "Here</span>" not in text(carol.get(page))
    give_feedback(night_class, one, text="See the remark")
    assert "Here</span>" in text(carol.get(page))
    assert alice.post(url, {"second": "-1", "text": "x"}).status_code == 400
    drop = re.search(r'name="drop" value="(\d+)"', text(answer))[1]
    assert "Here" not in text(alice.post(url, {"drop": drop}, headers={"HX-Request": "true"}))


def test_a_newer_submission_stops_the_release_of_feedback_on_the_older(night_class, alice):
    row = homework(night_class, resubmission="always")
    hand_in(night_class, row)
    action = mark_url(alice, night_class, row)
    hand_in(night_class, row, text="Eight")
    answer = alice.post(action, {"version": 0, "text": "Good", "deed": "release"})
    assert "handed in something newer" in text(answer)
    assert not work_of(night_class, row).is_graded


def test_who_gets_in(night_class):
    row = homework(night_class, due_at=clock.now() + timedelta(days=1))
    one = hand_in(night_class, row, "dave")
    novice, admin = person("novice"), person("ada")
    member(novice, night_class.acme, Role.INSTRUCTOR, approved=False)
    member(admin, night_class.acme, Role.ADMIN)
    globex = house("globex")
    mallory = person("mallory")
    member(mallory, globex, Role.ADMIN)
    marks = {night_class.alice, night_class.bob, novice, admin}
    sets = {night_class.alice, admin}
    for user in (*marks, night_class.carol, mallory, person("stranger")):
        browser = reader(user)
        expected = 200 if user in marks else 404
        for url in (
            night_class.desk, f"{night_class.desk}{row.pk}/", review(night_class, row, "dave"),
        ):  # fmt: skip
            assert browser.get(url).status_code == expected, (user, url)
        new = browser.get(f"{night_class.desk}new/").status_code
        assert new == (200 if user in sets else 403 if user in marks else 404)
        file = browser.get(f"{night_class.url}{row.pk}/submissions/{one.pk}/x").status_code
        assert file == 404 if user in {*marks, night_class.carol} else file in (403, 404)
        done = browser.post(f"{review(night_class, row, 'dave')}override/").status_code
        assert done == (302 if user in marks else 404)
    visitor = reader()
    assert visitor.get(night_class.desk).status_code == 302
    assert visitor.get(night_class.url).status_code == 401


def test_a_teacher_with_a_seat_of_their_own_still_reads_what_others_hand_in(night_class, alice):
    row = homework(night_class, kind="file")
    one = hand_in(night_class, row)
    enrol(night_class.alice, night_class.course)
    file = f"{night_class.url}{row.pk}/submissions/{one.pk}/x"
    assert alice.get(file).status_code == 200
    alice.post(f"{night_class.desk}{row.pk}/withdraw/")
    assert alice.get(file).status_code == 200
    assert reader(night_class.carol).get(file).status_code == 404


def test_the_kind_stays_once_somebody_has_handed_in(night_class, alice):
    row = homework(night_class)
    hand_in(night_class, row)
    answer = alice.post(f"{night_class.desk}{row.pk}/edit/", {**FORM, "kind": "link"})
    assert answer.status_code == 422
    assert rows(night_class)[0].kind == "text"


# --- Rubric, comments to use again, names hidden -------------------------------------------------

RUBRIC = "Clarity: 0 unclear | 2 clear in places | 4 clear\n\nCode: 0 none | 1.5 runs"


def test_a_rubric_adds_up_and_the_student_sees_the_chosen_levels(night_class, alice):
    answer = alice.post(f"{night_class.desk}new/", {**FORM, "rubric": RUBRIC, "assign": "1"})
    assert answer.status_code == 302
    (row,) = rows(night_class)
    assert (row.grading, row.points) == ("points", Decimal("5.5"))
    hand_in(night_class, row)
    url = mark_url(alice, night_class, row)
    alice.post(url, {"version": 0, "level_0": "1", "deed": "save"})
    assert 'name="level_0" value="1"' in text(alice.get(review(night_class, row)))
    alice.post(url, {"version": 1, "level_0": "1", "level_1": "1", "deed": "release"})
    html = text(reader(night_class.carol).get(f"{night_class.url}{row.pk}/"))
    assert "3.5 of 5.5 points" in html
    assert "clear in places" in html
    changed = alice.post(f"{night_class.desk}{row.pk}/edit/", {**FORM, "rubric": "A: 0 a | 1 b"})
    assert changed.status_code == 422
    assert "marked by it already" in text(changed)


@pytest.mark.parametrize("level", ["7", "-1", "x"])
def test_a_level_that_the_rubric_does_not_have_is_refused(night_class, alice, level):
    row = homework(night_class, rubric=RUBRIC)
    hand_in(night_class, row)
    url = mark_url(alice, night_class, row)
    assert "field__error" in text(alice.post(url, {"version": 0, "level_0": level}))


@pytest.mark.parametrize(
    "rubric", ["Clarity", "Clarity: 4 clear", ": 0 a | 1 b", "A: x y | 1 b", "A: 0 a | 0 b",
               "A: 0 a | -1 b", "A: 0 a | 99999 b", "A: 0 | 1 b"],
)  # fmt: skip
def test_what_is_no_rubric_is_refused_with_its_line(night_class, alice, rubric):
    answer = alice.post(f"{night_class.desk}new/", {**FORM, "rubric": f"B: 0 a | 1 b\n{rubric}"})
    assert answer.status_code == 422
    assert "Line 2 is no criterion" in text(answer)


def test_comments_to_use_again_are_ones_own(night_class, alice):
    row = homework(night_class)
    hand_in(night_class, row)
    url = f"{night_class.desk}{row.pk}/phrases/"
    for _ in range(2):
        kept = alice.post(url, {"text": "Say  <why>"}, headers={"HX-Request": "true"})
    assert text(kept).count('data-insert="Say &lt;why&gt;"') == 1
    assert "data-insert" in text(alice.get(review(night_class, row)))
    bob = reader(night_class.bob)
    assert "data-insert" not in text(bob.get(review(night_class, row)))
    drop = re.search(r'"drop": "(\d+)"', text(kept))[1]
    bob.post(url, {"drop": drop})
    assert "data-insert" in text(alice.get(review(night_class, row)))
    alice.post(url, {"drop": drop})
    assert "data-insert" not in text(alice.get(review(night_class, row)))
    assert alice.post(url, {"text": " "}).status_code == 400


def test_without_names_nothing_at_the_desk_says_who_it_was(night_class, alice, mailoutbox):
    row = homework(night_class, anonymous=True, kind="file")
    mailoutbox.clear()
    hand_in(night_class, row)
    hand_in(night_class, row, "dave")
    pages = [
        text(alice.get(f"{night_class.desk}{row.pk}/")),
        text(alice.get(f"{night_class.desk}{row.pk}/?q=carol")),
        text(alice.get(review(night_class, row))),
        text(alice.get(f"{review(night_class, row)}?step=next", headers={"HX-Request": "true"})),
        *(one.body + one.subject for one in mailoutbox),
    ]
    assert len(pages) == 6
    for page in pages:
        assert "Carol" not in page
        assert "Dave" not in page
        assert "carol@" not in page
    seen, at = set(), min(seat.pk for seat in night_class.seats.values())
    html = text(alice.get(f"{night_class.desk}{row.pk}/students/{at}/?step=next", follow=True))
    seen.add(re.search(r"<h1><bdi>([^<]+)", html)[1])
    other = max(seat.pk for seat in night_class.seats.values())
    assert seen == {f"Student {other.hex[:6].upper()}"}


@pytest.mark.parametrize(
    ("kind", "name", "ending"),
    [("file", "Carol Wanjiru.pdf", "pdf"), ("video", "carol.mp4", "mp4")],
)
def test_without_names_a_file_has_a_neutral_one_on_the_page_and_when_it_is_saved(
    night_class, alice, kind, name, ending
):
    from django.core.files.base import ContentFile

    row = homework(night_class, anonymous=True, kind=kind)
    content = MP4 if kind == "video" else b"%PDF-1.4 stars"
    one = hand_in(night_class, row, file=ContentFile(content, name))
    code = night_class.seats["carol"].pk.hex[:6].upper()
    html = text(alice.get(review(night_class, row)))
    assert name not in html
    assert f"submission-{code}-1.{ending}" in html
    url = f"{night_class.url}{row.pk}/submissions/{one.pk}/x"
    for browser in (alice, reader(night_class.bob)):
        assert (
            f'filename="submission-{code}-1.{ending}"'
            in browser.get(f"{url}?download")["Content-Disposition"]
        )
    own = reader(night_class.carol)
    assert name in text(own.get(f"{night_class.url}{row.pk}/"))
    assert name in own.get(f"{url}?download")["Content-Disposition"]


# --- Deleting -------------------------------------------------------------------------------------


def test_homework_that_nobody_handed_in_is_deleted_after_a_question(
    night_class, alice, private_files
):
    from django.core.files.base import ContentFile

    from tests.lms.certificates.making import complete

    sheet = ContentFile(b"%PDF-1.4 sheet", "sheet.pdf")
    row = homework(night_class, attachments=[sheet])
    carol = reader(night_class.carol)
    carol.post(f"{night_class.url}{row.pk}/draft/", {"text": "Sev"})
    seat = complete(night_class.seats["carol"])
    assert seat.completed_at is None
    url = f"{night_class.desk}{row.pk}/delete/"
    assert url in text(alice.get(f"{night_class.desk}{row.pk}/edit/"))
    assert "can’t be undone" in text(alice.get(url))
    assert len(rows(night_class)) == 1
    bob = reader(night_class.bob)
    assert (bob.get(url).status_code, bob.post(url).status_code) == (403, 403)
    with settled(night_class):
        assert alice.post(url).status_code == 302
    assert rows(night_class) == []
    assert list(private_files.glob("uploads/*")) == []
    with provider_scope(night_class.acme):
        seat.refresh_from_db()
    assert seat.completed_at is not None  # nothing else was left to do
    assert carol.get(f"{night_class.url}{row.pk}/").status_code == 404
    assert alice.post(url).status_code == 404


@pytest.mark.parametrize("kind", ["text", "checkmark"])
def test_homework_that_somebody_ever_handed_in_is_withdrawn_instead(night_class, alice, kind):
    row = homework(night_class, kind=kind)
    hand_in(night_class, row)
    if kind == "checkmark":
        reader(night_class.carol).post(f"{night_class.url}{row.pk}/unmark/")
    url = f"{night_class.desk}{row.pk}/delete/"
    assert "Withdraw it" in text(alice.get(url))
    refused = alice.post(url)
    assert refused.status_code == 409
    assert "Withdraw it" in text(refused)
    assert len(rows(night_class)) == 1
