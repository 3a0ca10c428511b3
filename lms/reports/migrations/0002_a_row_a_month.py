"""Rows of figures say which period they are of, so that months can stand beside days.

Renames and the new column are changes of the catalogue alone. The indexes are built anew: the table
has a row a course a day, and so some thousandth of what it counts.
"""

from django.db import migrations, models

PERIODS = [("day", "day"), ("week", "week"), ("month", "month")]


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_figures")]

    operations = [
        migrations.RemoveIndex("DailyFigures", "figures_by_day"),
        migrations.RemoveConstraint("DailyFigures", "figures_once"),
        migrations.RemoveConstraint("DailyFigures", "figures_once_house"),
        migrations.RenameModel("DailyFigures", "PeriodFigures"),
        migrations.RenameField("PeriodFigures", "day", "start"),
        migrations.AddField(
            "PeriodFigures",
            "period",
            models.CharField(choices=PERIODS, default="day", max_length=8),
            preserve_default=False,
        ),
        migrations.AlterModelOptions(
            "PeriodFigures", {"verbose_name": "figures", "verbose_name_plural": "figures"}
        ),
        migrations.AddIndex(
            "PeriodFigures",
            models.Index(fields=["provider", "period", "start"], name="figures_by_start"),
        ),
        migrations.AddConstraint(
            "PeriodFigures",
            models.UniqueConstraint(
                fields=["provider", "course", "period", "start"], name="figures_once"
            ),
        ),
        migrations.AddConstraint(
            "PeriodFigures",
            models.UniqueConstraint(
                condition=models.Q(course=None),
                fields=["provider", "period", "start"],
                name="figures_once_house",
            ),
        ),
    ]
