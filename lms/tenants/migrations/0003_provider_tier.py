"""Every provider has a tier. Those there are keep everything: they get the one without limits."""

import django.db.models.deletion
import lms.tenants.models
from django.db import migrations, models

FIELD = dict(
    editable=False,
    on_delete=django.db.models.deletion.PROTECT,
    related_name='providers',
    to='tenants.tier',
    verbose_name='tier',
)


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0002_tiers'),
    ]

    operations = [
        migrations.AddField('provider', 'tier', models.ForeignKey(default='enterprise', **FIELD)),
        migrations.AlterField(
            'provider', 'tier', models.ForeignKey(default=lms.tenants.models.first_tier, **FIELD)
        ),
    ]
