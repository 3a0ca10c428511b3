"""Months of the days that were counted before. Of its own: PostgreSQL changes no table whose new
rows wait for the check of their foreign keys."""

from itertools import islice

from django.db import migrations
from django.db.models import Sum
from django.db.models.functions import TruncMonth

NAMES = (
    "enrolments", "lessons", "completions", "certificates", "started", "finished", "certified",
)  # fmt: skip
BATCH = 2_000


def sum_months(apps, schema_editor):
    """The database adds up, and no more than a batch of months is in memory."""
    rows = _rows(apps, schema_editor)
    months = (
        rows.filter(period="day")
        .values("provider_id", "course_id", month=TruncMonth("start"))
        .annotate(**{name: Sum(name) for name in NAMES})
        .iterator(BATCH)
    )
    while batch := list(islice(months, BATCH)):
        rows.bulk_create(
            [rows.model(period="month", start=row.pop("month"), **row) for row in batch]
        )


def forget_months(apps, schema_editor):
    _rows(apps, schema_editor).filter(period="month").delete()


def _rows(apps, schema_editor):
    model = apps.get_model("reports", "PeriodFigures")
    return model._default_manager.using(schema_editor.connection.alias)


class Migration(migrations.Migration):
    dependencies = [("reports", "0002_a_row_a_month")]

    operations = [migrations.RunPython(sum_months, forget_months)]
