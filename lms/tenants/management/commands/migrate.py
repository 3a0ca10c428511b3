from django.core.management.commands import migrate

from lms.tenants.management.installation import WholeInstallation


class Command(WholeInstallation, migrate.Command):
    why = "migrations are about tables and everybody's rows"
