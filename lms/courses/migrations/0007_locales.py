from django.conf import settings
from django.db import migrations


def add(apps, schema_editor):
    """A course can be translated into each language the interface speaks."""
    Locale = apps.get_model("wagtailcore", "Locale")
    for code, _name in settings.WAGTAIL_CONTENT_LANGUAGES:
        Locale.objects.get_or_create(language_code=code)


class Migration(migrations.Migration):
    dependencies = [
        ("courses", "0006_teacher_approval"),
        ("wagtailcore", "0098_apitoken"),
    ]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
