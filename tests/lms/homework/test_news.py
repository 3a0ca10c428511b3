"""What is added to feedback that a student has: one mail for all of it, and marked as new."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from lms.common import clock
from lms.homework import actions, tasks
from tests.lms.homework.making import give_feedback, hand_in, homework, settled, work_of
from tests.lms.learning import reader

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def minutes(number):
    return clock.stopped_at(NOON + timedelta(minutes=number))


def remark(school, submission, words):
    with settled(school):
        return actions.comment(
            submission, second=Decimal(1), text=words, actor=school.alice, at=clock.now()
        )


def collect(school):
    """What the worker does every minute."""
    with settled(school):
        return tasks.collect_news()


@pytest.fixture
def told(night_class, mailoutbox):
    """(homework, submission) with feedback that was released at noon."""
    with minutes(0):
        row = homework(night_class, kind="audio", grading="points", points=Decimal(10))
        one = hand_in(night_class, row)
        remark(night_class, one, "Before")
        give_feedback(night_class, one, points=Decimal(7), text="Good")
        mailoutbox.clear()
    return row, one


def page(school, row):
    response = reader(school.carol).get(f"{school.url}{row.pk}/")
    return response.content.decode()


def test_remarks_and_changes_after_the_release_are_told_in_one_mail(night_class, told, mailoutbox):
    _row, one = told
    for at, words in ((1, "First"), (2, "Second")):
        with minutes(at):
            remark(night_class, one, words)
    with minutes(3):
        give_feedback(night_class, one, points=Decimal(8), text="Very good")
    with minutes(5):
        assert collect(night_class) == 0
    with minutes(6):
        assert collect(night_class) == 1
        assert collect(night_class) == 0
    (mail,) = mailoutbox
    assert mail.to == ["carol@example.org"]
    assert "8.00 of 10.00 points" in mail.body or "8 of 10" in mail.body
    assert "2 new remarks" in mail.body
    with minutes(7):
        remark(night_class, one, "Third")
    with minutes(12):
        collect(night_class)
    assert "1 new remark " in mailoutbox[1].body


def test_what_came_after_the_last_look_is_marked_as_new_until_the_next(night_class, told):
    row, one = told
    with minutes(1):
        assert "data-new" not in page(night_class, row)
    with minutes(2):
        remark(night_class, one, "Afterwards")
    with minutes(3):
        card = reader(night_class.carol).get(night_class.url).content.decode()
        assert "New feedback" in card
        html = page(night_class, row)
        assert html.count("data-new") == 1
        assert re.search(r"Afterwards</span>\s*<span[^>]+data-new", html)
    with minutes(4):
        assert "data-new" not in page(night_class, row)
        give_feedback(night_class, one, points=Decimal(8))
    with minutes(5):
        # A teacher's look is not the student's.
        desk = f"{night_class.desk}{row.pk}/students/{night_class.seats['carol'].pk}/"
        assert "data-new" not in reader(night_class.alice).get(desk).content.decode()
        assert page(night_class, row).count("data-new") == 1


def test_what_they_have_seen_or_what_is_gone_again_is_not_mailed(night_class, told, mailoutbox):
    row, one = told
    with minutes(1):
        remark(night_class, one, "Seen")
    with minutes(2):
        page(night_class, row)
        gone = remark(night_class, one, "Gone")
    with minutes(3), settled(night_class):
        actions.drop_comment(one, gone.pk, actor=night_class.alice)
    with minutes(20):
        collect(night_class)
    assert not mailoutbox
    assert work_of(night_class, row).news_unsent_since is None


def test_what_is_remarked_before_the_release_is_no_news(night_class, mailoutbox):
    with minutes(0):
        row = homework(night_class, kind="audio")
        one = hand_in(night_class, row)
        remark(night_class, one, "Draft")
        mailoutbox.clear()
    with minutes(10):
        assert collect(night_class) == 0
        give_feedback(night_class, one, text="Good")
    with minutes(20):
        assert collect(night_class) == 0
    assert len(mailoutbox) == 1  # of the release
