from django.utils.translation import gettext_lazy as _

from lms.common.errors import Conflict, Gone, Invalid


class FileEnded(Gone):
    code = "REPORT_ENDED"
    template = "errors/error.html"
    message = _("This file is no longer kept. Please ask for the report again.")


class TooManyFiles(Conflict):
    code = "TOO_MANY_REPORTS"
    message = _("Several of your reports are still being made. Please wait until they are ready.")


class NotStaff(Invalid):
    code = "NOT_STAFF"
    message = _("Reports go only to people who may see students’ progress at this school.")
