from django.db import migrations

from search import full_text


def install(apps, schema_editor):
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        full_text.install(cursor, connection.vendor)


class Migration(migrations.Migration):
    initial = True
    dependencies = [("courses", "0002_initial")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
