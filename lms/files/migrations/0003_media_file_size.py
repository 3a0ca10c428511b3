"""Recordings know their size, and so does whatever was stored without one: plans count bytes."""

from django.db import migrations, models

BATCH = 200


def measure(apps, schema_editor):
    """Ask the storage for sizes that no row has. A file that is lost has none."""
    for name in ("Media", "Document", "Image"):
        model = apps.get_model("files", name)
        unknown = model._base_manager.using(schema_editor.connection.alias).filter(file_size=None)
        for row in unknown.order_by("pk").iterator(chunk_size=BATCH):
            try:
                size = row.file.size
            except (OSError, ValueError):
                continue
            model._base_manager.using(schema_editor.connection.alias).filter(pk=row.pk).update(
                file_size=size
            )


class Migration(migrations.Migration):
    dependencies = [("files", "0002_uploads")]

    operations = [
        migrations.AddField(
            model_name="media",
            name="file_size",
            field=models.PositiveBigIntegerField(editable=False, null=True),
        ),
        migrations.RunPython(measure, migrations.RunPython.noop, elidable=True),
    ]
