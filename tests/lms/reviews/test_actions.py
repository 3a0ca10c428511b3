"""Reviewing, moderating, answering, reporting, and who is told."""

import pytest
from django.core import mail
from django.test import TestCase

from lms.accounts.models import User
from lms.common import clock
from lms.common.errors import Forbidden, Invalid
from lms.common.states import IllegalMove
from lms.courses.actions import rebuild_listings, refresh_listing
from lms.courses.models import CourseListing, CoursePage
from lms.courses.rules import Ratings
from lms.reviews import actions, selectors
from lms.reviews.errors import NotCompleted, NotShown, OwnCourse
from lms.reviews.models import Report, Review
from lms.reviews.states import State
from lms.tenants.models import Provider, Role
from lms.tenants.scope import every_tenant, provider_scope
from tests.cast import member, person
from tests.lms.certificates.making import course, enrol
from tests.lms.reviews.making import completed, rated, reviews_of

settled = TestCase.captureOnCommitCallbacks


def stars(page):
    return tuple(CourseListing.objects.get(pk=page.pk).ratings.stars)


def rate(page, who, rating=4, text="Fine"):
    with settled(execute=True):
        return actions.rate(page, rating=rating, text=text, actor=who, at=clock.now())


@pytest.fixture
def review(sky):
    (found,) = rated(sky, 2, text="Too fast for me.")
    mail.outbox.clear()
    return found


def test_one_who_has_not_completed_the_course_is_refused(sky):
    carol = person("carol")
    enrol(carol, sky)
    with pytest.raises(NotCompleted):
        rate(sky, carol)


@pytest.mark.parametrize("values", [{"rating": 0}, {"rating": 6}, {"text": "x" * 5001}])
def test_what_is_no_review_is_refused_and_nothing_is_counted(sky, values):
    carol = person("carol")
    completed(carol, sky)
    with pytest.raises(Invalid):
        rate(sky, carol, **values)
    assert stars(sky) == (0, 0, 0, 0, 0)


def test_what_is_counted_follows_what_is_shown(sky, admin, review):
    carol = person("carol")
    completed(carol, sky)
    rate(sky, carol, 5)
    assert stars(sky) == (0, 1, 0, 0, 1)
    rate(sky, carol, 4)
    assert stars(sky) == (0, 1, 0, 1, 0)
    actions.hide(review, reason="Spam", actor=admin, at=clock.now())
    assert stars(sky) == (0, 0, 0, 1, 0)
    actions.show(review, actor=admin)
    assert stars(sky) == (0, 1, 0, 1, 0)
    actions.remove(review, actor=review.author)
    assert stars(sky) == (0, 0, 0, 1, 0)
    with every_tenant("an account goes"):
        User.objects.get(pk=carol.pk).delete()
    assert stars(sky) == (0, 0, 0, 0, 0)
    assert reviews_of(sky) == []


def test_publishing_and_rebuilding_count_again(sky, review):
    CourseListing.objects.filter(pk=sky.pk).update(stars_1=9, stars_2=0)
    refresh_listing(CoursePage.objects.get(pk=sky.pk))
    assert stars(sky) == (0, 1, 0, 0, 0)
    CourseListing.objects.filter(pk=sky.pk).update(stars_1=9)
    rebuild_listings(lambda done, total: None)
    assert stars(sky) == (0, 1, 0, 0, 0)


def test_those_who_teach_a_course_hide_none_of_its_reviews(acme, sky, alice, review):
    with pytest.raises(Forbidden):
        actions.hide(review, reason="Bad", actor=alice, at=clock.now())
    member(alice, acme, Role.ADMIN)
    for deed in (
        lambda who: actions.hide(review, reason="Bad", actor=who, at=clock.now()),
        lambda who: actions.settle(review, actor=who, at=clock.now()),
    ):
        with pytest.raises(OwnCourse):
            deed(User.objects.get(pk=alice.pk))
    operator = person("olga", is_superuser=True)
    actions.hide(review, reason="Insults", actor=operator, at=clock.now())
    assert reviews_of(sky)[0].state == State.HIDDEN


def test_hiding_needs_a_reason_which_the_author_is_told(sky, admin, review):
    with pytest.raises(Invalid):
        actions.hide(review, reason=" ", actor=admin, at=clock.now())
    with settled(execute=True):
        actions.hide(review, reason="It names a student.", actor=admin, at=clock.now())
    (told,) = mail.outbox
    assert told.to == [review.author.email]
    assert "It names a student." in told.body
    with pytest.raises(IllegalMove):
        actions.hide(review, reason="Again", actor=admin, at=clock.now())


def test_a_hidden_review_that_is_changed_waits_to_be_looked_at(sky, admin, review):
    actions.hide(review, reason="It names a student.", actor=admin, at=clock.now())
    again = rate(sky, review.author, 3, "Better now")
    assert (again.state, again.hidden_reason) == (State.WAITING, "")
    assert stars(sky) == (0, 0, 0, 0, 0)
    actions.show(again, actor=admin)
    assert stars(sky) == (0, 0, 1, 0, 0)


def test_where_reviews_wait_they_are_shown_once_approved_and_then_the_teacher_is_told(
    acme, sky, alice, admin
):
    with pytest.raises(Forbidden):
        actions.set_approval(acme, True, actor=alice)
    actions.set_approval(acme, True, actor=admin)
    assert Provider.objects.get(pk=acme.pk).reviews_wait
    carol = person("carol")
    completed(carol, sky)
    mail.outbox.clear()
    row = rate(sky, carol, 5)
    assert (row.state, stars(sky), mail.outbox) == (State.WAITING, (0,) * 5, [])
    with settled(execute=True):
        actions.show(row, actor=admin)
    assert stars(sky) == (0, 0, 0, 0, 1)
    (told,) = mail.outbox
    assert told.to == [alice.email]
    # What was approved and is changed waits again.
    assert rate(sky, carol, 1).state == State.WAITING
    assert stars(sky) == (0,) * 5


def test_a_new_review_is_told_to_those_who_teach_and_a_changed_one_to_nobody(sky, alice):
    carol = person("carol")
    completed(carol, sky)
    mail.outbox.clear()
    rate(sky, carol, 3, "Hard but fair")
    (told,) = mail.outbox
    assert told.to == [alice.email]
    assert "Hard but fair" in told.body
    rate(sky, carol, 2)
    assert len(mail.outbox) == 1


def test_an_answer_can_be_changed_and_is_told_once(sky, alice, review):
    with settled(execute=True):
        actions.answer(review, "We made it slower.", actor=alice, at=clock.now())
    (told,) = mail.outbox
    assert told.to == [review.author.email]
    assert "We made it slower." in told.body
    with settled(execute=True):
        actions.answer(review, "Much slower.", actor=alice, at=clock.now())
    assert len(mail.outbox) == 1
    assert reviews_of(sky)[0].answer == "Much slower."
    with pytest.raises(Forbidden):
        actions.answer(review, "I too", actor=person("mallory"), at=clock.now())


def test_what_is_not_shown_is_not_answered(sky, alice, admin, review):
    actions.hide(review, reason="Spam", actor=admin, at=clock.now())
    with pytest.raises(NotShown):
        actions.answer(review, "Thanks", actor=alice, at=clock.now())


def test_reports_come_to_the_moderators_and_go_when_they_decide(acme, sky, admin, review):
    for name in ("mallory", "trudy", "mallory2"):
        reporter = person(name)
        for reason in ("Spam", "Spam!"):
            actions.report(review, reason=reason, actor=reporter, at=clock.now())
    with provider_scope(acme):
        assert Report.objects.count() == 3
        rows = selectors.at_desk(admin, host=None)
        assert list(selectors.desk_view(rows, "reported")) == [review]
    actions.settle(review, actor=admin, at=clock.now())
    with provider_scope(acme):
        assert selectors.desk_counts(rows)["reported"] == 0
        assert Review.objects.get().state == State.SHOWN
    actions.report(review, reason="Still", actor=person("eve"), at=clock.now())
    actions.hide(review, reason="Spam", actor=admin, at=clock.now())
    with provider_scope(acme):
        assert selectors.open_reports(review) == []


def test_nobody_removes_anothers_review(sky, alice, review):
    with pytest.raises(Forbidden):
        actions.remove(review, actor=alice)


def test_a_course_is_listed_with_what_was_said_of_it_before(acme, sky, review):
    CourseListing.objects.filter(pk=sky.pk).delete()
    actions.rate(sky, rating=5, actor=review.author, at=clock.now())
    refresh_listing(CoursePage.objects.get(pk=sky.pk))
    assert stars(sky) == (0, 0, 0, 0, 1)


def test_ratings_of_a_private_portal_count_there_alone(acme, alice, sky):
    from lms.courses.selectors import instructor_ratings

    other = course(acme, title="Deep Sea", instructors=[alice])
    rated(other, 1)
    rated(sky, 5)
    Provider.objects.filter(pk=acme.pk).update(is_portal=True)
    assert instructor_ratings(alice).count == 0
    assert instructor_ratings(alice, acme).count == 2


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ((0, 0, 0, 4, 46), (0, 0, 0, 0, 1)),  # 50 of 4.9 before a single 5
        ((0, 0, 0, 0, 2), (0, 0, 0, 0, 1)),
        ((0, 0, 0, 0, 20), (0, 0, 0, 20, 0)),
        ((1, 0, 0, 0, 0), (0, 0, 0, 0, 0)),  # what is not rated stands last
        ((1, 0, 0, 0, 0), (9, 0, 0, 0, 0)),
    ],
)
def test_best_rated_weighs_how_many_said_so(better, worse):
    assert Ratings(better).rank > Ratings(worse).rank


def test_averages_are_exact():
    assert str(Ratings((0, 0, 1, 1, 1)).average) == "4.00"
    assert str(Ratings((0, 0, 0, 2, 1)).average) == "4.33"
    assert Ratings().average is None
    assert [share for _star, _number, share in Ratings((1, 0, 0, 0, 3)).shares] == [75, 0, 0, 0, 25]
