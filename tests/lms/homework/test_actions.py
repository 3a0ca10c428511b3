"""Setting, handing in, feedback, exceptions: what the other tests do not walk through."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from lms.homework import actions, rules
from lms.tenants.scope import provider_scope

START = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_penalty_comes_off_the_points(night_class):
    with provider_scope(night_class.acme):
        values = {
            "title": "Stars",
            "grading": "points",
            "points": Decimal(10),
            "due_at": START,
            "late_policy": rules.PENALTY,
            "penalty_per_day": Decimal(15),
        }
        row = actions.create(night_class.course, values, actor=night_class.alice)
        actions.assign(row, actor=night_class.alice, at=START)
        at = START + timedelta(days=1, hours=1)
        one = actions.submit(
            row, night_class.seats["carol"], actor=night_class.carol, at=at, text="Seven"
        )
        actions.save_marking(one, {"points": Decimal("8.5")}, seen=0, actor=night_class.bob, at=at)
        told = actions.release(one, actor=night_class.alice, at=at)
        assert (told.penalty, told.result) == (Decimal(30), Decimal("5.95"))
