from django.db import migrations

PERMISSIONS = ["add_redirect", "change_redirect", "delete_redirect"]


def grant(apps, schema_editor):
    """To the admins of houses that are open already; a new house's get it when it opens."""
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    found = Permission.objects.filter(
        content_type__app_label="wagtailredirects", codename__in=PERMISSIONS
    )
    for provider in apps.get_model("tenants", "Provider").objects.all():
        for group in Group.objects.filter(name=f"{provider.slug}: admin"):
            group.permissions.add(*found)


class Migration(migrations.Migration):
    dependencies = [
        ("home", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("tenants", "0001_initial"),
        ("wagtailredirects", "0001_initial"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
