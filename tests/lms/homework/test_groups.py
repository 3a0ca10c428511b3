"""Homework for groups: their members have it, and who joins gets it."""

import pytest
from django.core import mail

from lms.enrolments.actions import remove_group, save_group
from lms.homework import actions
from lms.homework.models import Homework, Work
from tests.lms.homework.making import homework, settled
from tests.lms.learning import reader


@pytest.fixture
def readers(night_class):
    with settled(night_class):
        return save_group(
            night_class.course,
            name="Readers",
            members=[night_class.seats["carol"]],
            actor=night_class.alice,
        )


def titles_for(night_class, who):
    return reader(getattr(night_class, who)).get(night_class.url).content.decode()


def test_a_group_has_its_homework_and_nobody_else(night_class, readers):
    row = homework(night_class, title="Read chapter two")
    with settled(night_class):
        actions.choose(row, [], groups=[readers], actor=night_class.alice)
    assert "Read chapter two" in titles_for(night_class, "carol")
    assert "Read chapter two" not in titles_for(night_class, "dave")


def test_who_joins_gets_it_and_is_told(night_class, readers):
    row = homework(night_class, title="Read chapter two")
    with settled(night_class):
        actions.choose(row, [], groups=[readers], actor=night_class.alice)
    mail.outbox.clear()
    with settled(night_class):
        save_group(
            night_class.course,
            name="Readers",
            members=list(night_class.seats.values()),
            actor=night_class.alice,
            group=readers,
        )
    assert "Read chapter two" in titles_for(night_class, "dave")
    assert [one.to for one in mail.outbox] == [[night_class.dave.email]]
    with settled(night_class):
        remove_group(readers, actor=night_class.alice)
    assert "Read chapter two" in titles_for(night_class, "dave")


def test_the_form_keeps_groups_apart_from_students(night_class, readers):
    alice = reader(night_class.alice)
    typed = {
        "title": "Read chapter two", "kind": "text", "grading": "completion",
        "late_policy": "accept", "grace_minutes": "0", "penalty_per_day": "0",
        "resubmission": "always", "time_zone": "UTC", "groups": [readers.pk],
        "students": [night_class.seats["dave"].pk],
    }  # fmt: skip
    with settled(night_class):
        made = alice.post(f"{night_class.desk}new/", typed)
        assert made.status_code == 302, made.context["form"].errors
        row = Homework.objects.get()
        assert Work.objects.filter(homework=row, chosen=True).count() == 2
    form = alice.get(f"{night_class.desk}{row.pk}/edit/").context["form"]
    assert form.initial["groups"] == [readers.pk]
    assert form.initial["students"] == [night_class.seats["dave"].pk]


def test_a_group_of_another_course_is_left_out(night_class, readers):
    row = homework(night_class)
    readers.course_id = row.course_id + 1
    with settled(night_class):
        actions.choose(row, [], groups=[readers], actor=night_class.alice)
        assert Homework.objects.get().everybody
