"""Files of assessments: pictures of questions, files that are answers, questions of other programs.
The one place that knows."""

from typing import Any

from lms.files.formats import EVERYTHING, PICTURES, Kind
from lms.files.purposes import Purpose, register
from lms.tenants.permissions import Code, can

MB = 1024 * 1024


def _learns(user: Any, provider: Any) -> bool:
    return can(user, Code.LEARN, provider)


def _sets(user: Any, provider: Any) -> bool:
    return can(user, Code.SET_ASSESSMENTS, provider)


PICTURE = register(Purpose("question-picture", PICTURES, 20 * MB, _sets))
ANSWER = register(Purpose("assessment-answer", EVERYTHING, 500 * MB, _learns))
# Read, and not kept: the sweep takes them.
PACKAGE = register(
    Purpose("question-package", frozenset({Kind.TEXT, Kind.ARCHIVE}), 200 * MB, _sets)
)
