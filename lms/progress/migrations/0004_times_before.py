"""Reading time of before its moments were kept: all of it when the lesson was last reported. Of its
own: PostgreSQL changes no table whose new rows wait for the check of their foreign keys."""

from itertools import islice

from django.db import migrations

QUARTER = 15 * 60
BATCH = 2_000


def keep_times(apps, schema_editor):
    alias = schema_editor.connection.alias
    progress = apps.get_model("progress", "LessonProgress")._default_manager.using(alias)
    times = apps.get_model("progress", "StudyTime")._default_manager.using(alias)
    rows = (
        progress.filter(seconds__gt=0, times=None)
        .only("pk", "provider_id", "seconds", "reported_at", "completed_at", "opened_at")
        .order_by("pk")
    )
    last = 0
    while batch := list(islice(rows.filter(pk__gt=last).iterator(BATCH), BATCH)):
        last = batch[-1].pk
        times.bulk_create(
            times.model(
                provider_id=row.provider_id,
                progress_id=row.pk,
                start=_quarter(row.reported_at or row.completed_at or row.opened_at),
                seconds=row.seconds,
            )
            for row in batch
        )


def _quarter(moment):
    return type(moment).fromtimestamp(moment.timestamp() // QUARTER * QUARTER, moment.tzinfo)


class Migration(migrations.Migration):
    dependencies = [("progress", "0003_study_time")]

    # Back again, the table goes as a whole.
    operations = [migrations.RunPython(keep_times, migrations.RunPython.noop)]
