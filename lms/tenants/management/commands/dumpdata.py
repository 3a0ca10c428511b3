from django.core.management.commands import dumpdata

from lms.tenants.management.installation import WholeInstallation


class Command(WholeInstallation, dumpdata.Command):
    why = "a dump holds everybody's rows"
