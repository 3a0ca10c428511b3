"""The four tiers, as data. Operators change them; they are written once and never again."""

from django.db import migrations, models

GIGABYTE = 2**30
TIERS = [
    # code, name, instructors, students, courses, storage, live participants, AI requests, features
    ("free", "Free", 2, 50, 3, 1 * GIGABYTE, 5, 0, []),
    ("basic", "Basic", 5, 500, 15, 20 * GIGABYTE, 20, 500, ["own_domain"]),
    ("premium", "Premium", 25, 5000, 100, 200 * GIGABYTE, 50, 5000,
     ["own_domain", "portal", "headless"]),
    ("enterprise", "Enterprise", None, None, None, None, None, None,
     ["own_domain", "portal", "headless"]),
]


def write_tiers(apps, schema_editor):
    Tier = apps.get_model("tenants", "Tier")
    names = ["code", "name", "instructors", "students", "courses", "storage",
             "live_participants", "ai_requests", "features"]
    Tier.objects.bulk_create(
        [Tier(position=position, **dict(zip(names, row, strict=True)))
         for position, row in enumerate(TIERS, 1)]
    )


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Tier',
            fields=[
                ('code', models.SlugField(max_length=32, primary_key=True, serialize=False, verbose_name='code')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('position', models.PositiveSmallIntegerField(unique=True, verbose_name='position')),
                ('instructors', models.PositiveIntegerField(blank=True, null=True, verbose_name='Instructors')),
                ('students', models.PositiveIntegerField(blank=True, null=True, verbose_name='Students')),
                ('courses', models.PositiveIntegerField(blank=True, null=True, verbose_name='Published courses')),
                ('storage', models.PositiveBigIntegerField(blank=True, null=True, verbose_name='Storage')),
                ('live_participants', models.PositiveIntegerField(blank=True, null=True, verbose_name='Participants in a live class')),
                ('ai_requests', models.PositiveIntegerField(blank=True, null=True, verbose_name='AI requests a month')),
                ('features', models.JSONField(blank=True, default=list, verbose_name='features')),
            ],
            options={
                'verbose_name': 'tier',
                'verbose_name_plural': 'tiers',
                'ordering': ('position',),
            },
        ),
        migrations.RunPython(write_tiers, migrations.RunPython.noop),
    ]
