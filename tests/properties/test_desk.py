"""P71, P85, P86 and N33: what those who teach see of their courses and students."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.common import clock
from lms.enrolments.actions import leave, remove
from lms.enrolments.invited import Invited, _sources
from lms.enrolments.models import Enrolment
from lms.teaching import support
from lms.teaching.models import SupportLook
from lms.tenants.models import Role
from lms.tenants.scope import provider_scope
from tests.cast import forget_cached, fresh_rows, member, person
from tests.lms.certificates.making import complete, enrol, lessons_of, named
from tests.lms.certificates.making import course as make_course
from tests.lms.homework.making import a_class
from tests.lms.learning import reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def school(db):
    """alice teaches a course of three lessons at acme; bob assists, carol and dave study."""
    return a_class(lessons=3)


@pytest.fixture
def others(school):
    """Courses without students: two of alice's, one of a colleague's."""
    zoe = named("zoe", "Zoe")
    member(zoe, school.acme, Role.INSTRUCTOR)
    mine = [make_course(school.acme, title=f"Mine {n}", instructors=[school.alice]) for n in (1, 2)]
    return [*mine, make_course(school.acme, title="Of Zoe", instructors=[zoe])]


def get(path, user):
    forget_cached()
    return reader(user).get(path)


def html_of(path, user):
    return get(path, user).content.decode()


def rows_of(html):
    """{enrolment id: the row of the roster}."""
    parts = re.split(r'<tr data-seat="', html)[1:]
    return {part[:36]: part.partition("</tr>")[0] for part in parts}


@given(counts=st.lists(st.integers(0, 3), min_size=3, max_size=3), gone=st.booleans())
def test_p085_the_desk_shows_every_course_of_the_instructor_with_its_enrolment_count(
    school, others, counts, gone
):
    with fresh_rows():
        expected = {school.course.pk: 2}
        for page, count in zip(others, counts, strict=True):
            for number in range(count):
                enrol(person(f"s{page.pk}x{number}"), page)
            if page.title != "Of Zoe":
                expected[page.pk] = count
        if gone:
            leave(school.course, school.carol, actor=school.carol, at=clock.now())
            expected[school.course.pk] = 1
        html = html_of("/desk/", school.alice)
        found = re.findall(r'data-course="(\d+)" data-students="(\d+)"', html)
        assert {int(key): int(number) for key, number in found} == expected
        assert len(found) == len(expected)


@given(
    names=st.lists(
        st.text(st.characters(categories=["L", "Nd"]), min_size=1, max_size=30), max_size=4
    ),
    ended=st.sampled_from(["", "left", "removed"]),
    waiting=st.lists(st.sampled_from(["Invited", "Declined"]), max_size=3),
)
def test_p071_a_roster_shows_every_student_with_dates_and_invitation_status(
    school, names, ended, waiting
):
    path = f"/desk/{school.course.pk}/students/"
    asked = [
        Invited(f"Guest {number}", f"guest{number}@example.org", status, clock.now())
        for number, status in enumerate(waiting)
    ]

    def source(course, words, first, most):
        return len(asked), asked[first : first + most]

    with fresh_rows():
        for number, name in enumerate(names):
            enrol(named(f"n{number}", name), school.course)
        if ended == "left":
            leave(school.course, school.dave, actor=school.dave, at=clock.now())
        elif ended:
            remove(school.course, school.dave, actor=school.alice, at=clock.now())
        with provider_scope(school.acme):
            seats = list(Enrolment.objects.filter(course=school.course).select_related("student"))
        rows = rows_of(html_of(f"{path}?state=all", school.alice))
        assert set(rows) == {str(seat.pk) for seat in seats}
        for seat in seats:
            row = rows[str(seat.pk)]
            assert str(seat.student) in unescape(row)
            assert seat.enrolled_at.strftime("%Y-%m-%dT%H:%M") in row
            assert str(seat.get_state_display()) in row
        now = rows_of(html_of(path, school.alice))
        assert set(now) == {str(seat.pk) for seat in seats if seat.is_active}
        _sources.append(source)
        try:
            html = html_of(f"{path}?show=invited", school.alice)
        finally:
            _sources.remove(source)
        for one in asked:
            assert one.email in html and f">{one.status}<" in html


@given(done=st.lists(st.integers(0, 3), min_size=2, max_size=2))
def test_p086_enrolled_students_are_shown_with_name_date_and_percentage(school, done):
    with fresh_rows():
        for who, number in zip(("carol", "dave"), done, strict=True):
            complete(school.seats[who], lessons_of(school.course)[:number])
        html = html_of(f"/desk/{school.course.pk}/students/", school.alice)
        for who, number in zip(("carol", "dave"), done, strict=True):
            seat = school.seats[who]
            row = rows_of(html)[str(seat.pk)]
            assert str(seat.student) in row
            assert seat.enrolled_at.strftime("%Y-%m-%dT%H:%M") in row
            assert f'data-percent="{number * 100 // 3}"' in row


@pytest.fixture
def olga(db):
    """Operates the platform."""
    return person("olga", is_superuser=True, is_staff=True)


PEOPLE = ("alice", "zoe", "bob", "ada", "olga", "dave", "carol", "mallory")


@given(
    who=st.sampled_from(PEOPLE),
    consents=st.booleans(),
    seat_state=st.sampled_from(["", "left"]),
    forgets=st.booleans(),
)
def test_n033_support_is_read_by_those_who_teach_the_student_alone_and_each_look_is_on_record(
    school, others, olga, who, consents, seat_state, forgets
):
    with fresh_rows():
        ada, mallory = person("ada"), person("mallory")
        member(ada, school.acme, Role.ADMIN)
        people = {
            "alice": school.alice, "bob": school.bob, "ada": ada, "olga": olga,
            "dave": school.dave, "carol": school.carol, "mallory": mallory,
            "zoe": others[2].instructors.get(),
        }  # fmt: skip
        carol = reader(school.carol)
        typed = {"needs": "Large print, zebra", **({"consents": "on"} if consents else {})}
        assert carol.post("/learn/support/", typed).status_code == (302 if consents else 422)
        if forgets:
            carol.post("/learn/support/", {"forget": "1"})
        if seat_state:
            leave(school.course, school.carol, actor=school.carol, at=clock.now())
        base = f"/desk/{school.course.pk}/students/"
        seat = school.seats["carol"]
        reader_ = people[who]
        may = who == "alice" and consents and not forgets and not seat_state
        page = get(f"{base}{seat.pk}/", reader_)
        assert b"zebra" not in page.content
        offers = f"{seat.pk}/support/" in page.content.decode()
        assert offers == may
        shown = get(f"{base}{seat.pk}/support/", reader_)
        assert (shown.status_code == 200) == may
        assert (b"zebra" in shown.content) == may
        assert SupportLook.objects.count() == int(may)
        mine = html_of("/learn/support/", school.carol)
        assert (str(reader_) in mine.partition("Who read it")[2]) == may
        listed = get(f"{base}csv/?state=all", reader_)
        if listed.streaming:
            assert b"zebra" not in b"".join(listed.streaming_content)
        for path in (base, f"{base}?q=zebra", "/courses/?q=zebra", "/desk/"):
            assert b"Large print" not in get(path, reader_).content


def test_n033_no_export_of_a_house_has_it(school):
    from home.belongings import private_models

    support.describe(school.carol, "Large print", consents=True, at=clock.now())
    assert not [one for one in private_models() if "support" in one._meta.label.lower()]
