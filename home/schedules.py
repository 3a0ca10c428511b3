"""What the worker does by the clock."""

from django_q.models import Schedule

PUBLISH_SCHEDULED = "pages: publish and expire what is due"
ERASE_DUE = "schools: erase what was closed long enough ago"
FORGET_AUDIT = "audit: forget what has been kept long enough"
CHECK_DOMAINS = "domains: ask the DNS about those that are due"


def set_up_schedules() -> None:
    """Have pages go live and expire within a minute of the time their authors chose, and schools'
    own host names looked at."""
    Schedule.objects.update_or_create(
        name=PUBLISH_SCHEDULED,
        defaults={
            "func": "home.tasks.publish_due",
            "args": None,
            "schedule_type": Schedule.MINUTES,
            "minutes": 1,
            "repeats": -1,
        },
    )
    Schedule.objects.update_or_create(
        name=CHECK_DOMAINS,
        defaults={
            "func": "lms.tenants.tasks.check_due_domains",
            "args": None,
            "schedule_type": Schedule.HOURLY,
            "repeats": -1,
        },
    )
    Schedule.objects.update_or_create(
        name=FORGET_AUDIT,
        defaults={
            "func": "home.tasks.forget_audit",
            "schedule_type": Schedule.DAILY,
            "repeats": -1,
        },
    )
    Schedule.objects.update_or_create(
        name=ERASE_DUE,
        defaults={"func": "home.tasks.erase_due", "schedule_type": Schedule.HOURLY, "repeats": -1},
    )
