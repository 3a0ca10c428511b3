"""P8, P9, P83, P91 and the life of a seat: what enrolling opens, and for how long."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from wagtail.models import Page

from lms.common import clock
from lms.common.states import IllegalMove
from lms.courses.models import CoursePage, LessonPage
from lms.enrolments import actions, tasks
from lms.enrolments.access import decide
from lms.enrolments.errors import ClassFull, SeatExpired, SeatWithdrawn, TooLateToUndo
from lms.enrolments.models import Enrolment, Group, GroupMember, Seats
from lms.enrolments.states import ENROLMENT, State
from lms.events import SYSTEM
from lms.tenants.scope import provider_scope
from tests.cast import forget_cached, fresh_rows, person
from tests.lms.certificates.making import course, enrol, school
from tests.lms.learning import keep, lesson, module, reader

pytestmark = pytest.mark.django_db

words = st.text(st.characters(categories=["L", "N", "S"]), min_size=1, max_size=30)
# A course as a list: a string is a lesson of its own, a list of strings a module with lessons.
shapes = st.lists(st.one_of(words, st.lists(words, min_size=1, max_size=3)), min_size=1, max_size=4)


@pytest.fixture
def whole(acme):
    """A course every shape can be cut from: in each place a lesson and a module of three."""
    page = course(acme, lessons=0)
    places = []
    for _place in range(4):
        own, part = lesson(page), module(page)
        places.append((own.pk, part.pk, [lesson(part).pk for _number in range(3)]))
    return page.pk, places


def cut(whole, shape):
    """The course in that shape, and its lessons in the author's order."""
    forget_cached()
    page = CoursePage.objects.get(pk=whole[0])
    titles = {}
    for (own, part, inner), wanted in zip(whole[1], shape, strict=False):
        if isinstance(wanted, str):
            titles[own] = wanted
        else:
            titles |= {part: "Part", **dict(zip(inner, wanted, strict=False))}
    keep(page, titles)
    for pk, title in titles.items():
        Page.objects.filter(pk=pk).update(title=title, draft_title=title)
    return page, list(LessonPage.objects.descendant_of(page).live().order_by("path"))


def url(page, one):
    return f"/learn/{page.pk}/{one.pk}/"


@given(shape=shapes)
def test_p008_enrolling_creates_one_record_and_opens_every_lesson(acme, whole, carol, shape):
    with fresh_rows():
        page, lessons = cut(whole, shape)
        browser = reader(carol)
        assert {browser.get(url(page, one)).status_code for one in lessons} == {403}
        browser.post(f"/enrol/{page.pk}/")
        browser.post(f"/enrol/{page.pk}/")
        with provider_scope(acme):
            assert Enrolment.objects.filter(course=page, student=carol).count() == 1
        assert {browser.get(url(page, one)).status_code for one in lessons} == {200}


@given(shape=shapes, data=st.data())
def test_p009_an_enrolled_student_sees_the_lessons_in_the_authors_order(whole, carol, shape, data):
    with fresh_rows():
        page, _lessons = cut(whole, shape)
        parts = [part.pk for part in page.get_children().live()]
        order = data.draw(st.permutations(parts))
        for part in order:  # each to the end: the author's order is not the order of making
            Page.objects.get(pk=part).move(CoursePage.objects.get(pk=page.pk), "last-child")
        lessons = [
            one
            for part in order
            for one in LessonPage.objects.descendant_of(Page.objects.get(pk=part), inclusive=True)
            if one.live
        ]
        enrol(carol, page)
        one = data.draw(st.sampled_from(lessons))
        html = reader(carol).get(url(page, one)).content.decode()
        places = [html.index(f'id="row-{other.pk}"') for other in lessons]
        assert places == sorted(places)
        at = lessons.index(one)
        following = lessons[at + 1] if at + 1 < len(lessons) else None
        assert (
            'rel="next" href="%s"' % (url(page, following) if following else "") in html
        ) == bool(following)


@given(shape=shapes, completed=st.booleans())
def test_p083_unpublishing_keeps_access_for_the_enrolled_and_shuts_everybody_else_out(
    whole, carol, shape, completed
):
    with fresh_rows():
        page, lessons = cut(whole, shape)
        enrol(carol, page)
        page.unpublish()
        assert {reader(carol).get(url(page, one)).status_code for one in lessons} == {200}
        stranger = reader(person("dave"))
        assert {stranger.get(url(page, one)).status_code for one in lessons} == {404}
        assert stranger.post(f"/enrol/{page.pk}/").status_code == 404


@given(shape=shapes)
def test_p091_the_material_of_a_completed_course_stays_reachable(acme, whole, carol, shape):
    with fresh_rows():
        page, lessons = cut(whole, shape)
        enrolment = enrol(carol, page)
        browser = reader(carol)
        for one in lessons:
            browser.post(f"{url(page, one)}complete/")
        page.unpublish()
        with provider_scope(acme):
            enrolment.refresh_from_db()
        assert enrolment.completed_at is not None
        assert {browser.get(url(page, one)).status_code for one in lessons} == {200}


class Seat(RuleBasedStateMachine):
    """Any sequence of deeds on the seats of a small class, in its own time, against the table of
    transitions and a model of a few lines."""

    DAYS = 10  # of access

    @initialize(limit=st.integers(1, 3))
    def open_course(self, limit):
        self.page = course(school("seat"), enrolment_limit=limit, access_days=self.DAYS)
        self.limit, self.now = limit, clock.now()
        self.students = [person(f"seat{number}") for number in range(4)]
        self.states = dict.fromkeys(range(4))
        self.until = dict.fromkeys(range(4))  # when access ends
        self.left = dict.fromkeys(range(4))  # when they left
        self.groups = dict.fromkeys(range(2), frozenset())

    def taken(self):
        return sum(state == State.ACTIVE for state in self.states.values())

    def is_over(self, who):
        return self.until[who] is not None and self.until[who] <= self.now

    def attempt(self, who, deed, transition, *, refused=False, **kwargs):
        """`deed` succeeds exactly when the table allows the transition and nothing else forbids
        it; whether it did."""
        before = self.states[who]
        legal = (before, transition) in ENROLMENT.transitions
        full = before != State.ACTIVE and self.taken() >= self.limit
        student = self.students[who]
        try:
            deed(self.page, student, at=self.now, **kwargs)
        except IllegalMove:
            assert not legal
        except (SeatExpired, TooLateToUndo):
            assert refused
        except ClassFull:
            assert legal and full and not refused
        else:
            assert legal and not full and not refused
            self.states[who] = ENROLMENT.transitions[before, transition]
            return True
        return False

    @rule(hours=st.sampled_from([1, 23, 25, 24 * 4, 24 * 9]))
    def time_passes(self, hours):
        self.now += timedelta(hours=hours)

    @rule(who=st.integers(0, 3))
    def enrol(self, who):
        state, full = self.states[who], self.taken() >= self.limit
        student = self.students[who]
        try:
            actions.enrol(self.page, student, actor=student, at=self.now)
        except ClassFull:
            assert full and state in (None, State.LEFT)
        except SeatExpired:
            assert state == State.EXPIRED or (state == State.LEFT and self.is_over(who))
        except SeatWithdrawn:
            assert state == State.REMOVED
        else:
            assert state == State.ACTIVE or not full
            self.states[who] = State.ACTIVE
            if state is None:
                self.until[who] = self.now + timedelta(days=self.DAYS)

    @precondition(lambda self: any(self.states.values()))
    @rule(data=st.data(), deed=st.sampled_from(["leave", "remove", "restore"]))
    def move(self, data, deed):
        who = self.known(data)
        if self.attempt(who, getattr(actions, deed), deed, actor=SYSTEM) and deed == "leave":
            self.left[who] = self.now

    @precondition(lambda self: any(self.states.values()))
    @rule(data=st.data())
    def undo(self, data):
        who = self.known(data)
        late = self.states[who] == State.LEFT and (
            self.is_over(who) or self.now - self.left[who] > timedelta(days=1)
        )
        self.attempt(who, actions.undo_leaving, "undo", actor=SYSTEM, refused=late)

    @precondition(lambda self: any(self.states.values()))
    @rule(data=st.data(), days=st.none() | st.integers(1, 20))
    def extend(self, data, days):
        who = self.known(data)
        until = None if days is None else self.now + timedelta(days=days)
        if self.attempt(who, actions.extend, "extend", actor=SYSTEM, until=until):
            self.until[who] = until

    @rule()
    def the_clock_ends_what_is_over(self):
        with clock.stopped_at(self.now):
            tasks.watch_expiry()
        for who, state in self.states.items():
            if state == State.ACTIVE and self.is_over(who):
                self.states[who] = State.EXPIRED

    @rule(which=st.integers(0, 1), members=st.frozensets(st.integers(0, 3)))
    def group(self, which, members):
        """Groups take whoever has a row, and change no seat."""
        with provider_scope(self.page.provider_id):
            known = {row.student_id: row for row in Enrolment.objects.filter(course=self.page)}
            rows = [known[self.students[n].pk] for n in members if self.students[n].pk in known]
            actions.save_group(
                self.page,
                name=f"Group {which}",
                members=rows,
                group=Group.objects.filter(course=self.page, name=f"Group {which}").first(),
                actor=SYSTEM,
            )
        self.groups[which] = frozenset(n for n in members if self.states[n])

    def known(self, data):
        return data.draw(st.sampled_from([n for n, state in self.states.items() if state]))

    @invariant()
    def seats_and_rows_agree(self):
        if not hasattr(self, "page"):
            return
        with provider_scope(self.page.provider_id):
            rows = dict(Enrolment.objects.filter(course=self.page).values_list("student", "state"))
            seats = Seats.objects.filter(course=self.page).first()
            members = set(GroupMember.objects.values_list("group__name", "enrolment__student"))
        known = {self.students[n].pk: state for n, state in self.states.items() if state}
        assert rows == known
        assert (seats.taken if seats else 0) == self.taken() <= self.limit
        assert members == {
            (f"Group {which}", self.students[n].pk)
            for which, inside in self.groups.items()
            for n in inside
        }

    @invariant()
    def access_is_what_time_and_state_say(self):
        if not hasattr(self, "page"):
            return
        for who, state in self.states.items():
            if state is None:
                continue
            with provider_scope(self.page.provider_id):
                found = decide(self.students[who], self.page.pk, host=None, at=self.now)
            assert found.allowed == (state == State.ACTIVE and not self.is_over(who))


def test_any_sequence_of_deeds_keeps_to_the_table_and_within_the_limit():
    from hypothesis.stateful import run_state_machine_as_test

    class Fresh(Seat):
        def __init__(self):
            super().__init__()
            self.rows = fresh_rows()
            self.rows.__enter__()

        def teardown(self):
            self.rows.__exit__(None, None, None)

    run_state_machine_as_test(
        Fresh,
        settings=settings(
            max_examples=settings().max_examples // 4 or 5,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
