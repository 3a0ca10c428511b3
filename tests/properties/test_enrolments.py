"""P8, P9, P83, P91 and the life of a seat: what enrolling opens, and for how long."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from wagtail.models import Page

from lms.common import clock
from lms.common.states import IllegalMove
from lms.courses.models import CoursePage, LessonPage
from lms.enrolments import actions
from lms.enrolments.errors import ClassFull, SeatWithdrawn
from lms.enrolments.models import Enrolment, Seats
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
    """Any sequence of deeds on the seats of a small class, against the table of transitions."""

    @initialize(limit=st.integers(1, 3))
    def open_course(self, limit):
        self.page = course(school("seat"), enrolment_limit=limit)
        self.limit = limit
        self.students = [person(f"seat{number}") for number in range(4)]
        self.states = dict.fromkeys(range(4))

    def taken(self):
        return sum(state == State.ACTIVE for state in self.states.values())

    def attempt(self, who, deed, transition, **kwargs):
        """`deed` succeeds exactly when the table allows the transition."""
        legal = (self.states[who], transition) in ENROLMENT.transitions
        needs_seat = transition in ("return", "restore")
        student = self.students[who]
        try:
            deed(self.page, student, at=clock.now(), **kwargs)
        except IllegalMove:
            assert not legal
        except ClassFull:
            assert legal and needs_seat and self.taken() >= self.limit
        else:
            assert legal
            self.states[who] = ENROLMENT.transitions[self.states[who], transition]

    @rule(who=st.integers(0, 3))
    def enrol(self, who):
        state, full = self.states[who], self.taken() >= self.limit
        try:
            enrol(self.students[who], self.page)
        except ClassFull:
            assert full and state in (None, State.LEFT)
        except SeatWithdrawn:
            assert state == State.REMOVED
        else:
            assert state == State.ACTIVE or not full
            self.states[who] = State.ACTIVE

    @precondition(lambda self: any(self.states.values()))
    @rule(data=st.data(), deed=st.sampled_from(["leave", "remove", "restore"]))
    def move(self, data, deed):
        who = data.draw(st.sampled_from([n for n, state in self.states.items() if state]))
        self.attempt(who, getattr(actions, deed), deed, actor=SYSTEM)

    @invariant()
    def seats_and_rows_agree(self):
        if not hasattr(self, "page"):
            return
        with provider_scope(self.page.provider_id):
            rows = dict(Enrolment.objects.filter(course=self.page).values_list("student", "state"))
            seats = Seats.objects.filter(course=self.page).first()
        known = {self.students[n].pk: state for n, state in self.states.items() if state}
        assert rows == known
        assert (seats.taken if seats else 0) == self.taken() <= self.limit


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
