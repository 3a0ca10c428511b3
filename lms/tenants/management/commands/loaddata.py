from django.core.management.commands import loaddata

from lms.tenants.management.installation import WholeInstallation


class Command(WholeInstallation, loaddata.Command):
    why = "a dump holds everybody's rows"
