"""Why something about grades is refused, said so that people know what to do next."""

from django.utils.translation import gettext_lazy as _

from lms.common.errors import Conflict


class GradesMoved(Conflict):
    code = "GRADEBOOK_MOVED"
    message = _(
        "Grades were changed since you looked at the preview, so nothing was done. Please send "
        "the file again."
    )


class ColumnHasGrades(Conflict):
    code = "GRADE_COLUMN_HAS_GRADES"
    message = _("Somebody has a grade in this column. Leave it out instead: the grades are kept.")
