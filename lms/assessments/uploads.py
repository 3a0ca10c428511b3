"""Files of assessments: pictures of questions, files that are answers. The one place that knows."""

from typing import Any

from lms.files.formats import EVERYTHING, PICTURES
from lms.files.purposes import Purpose, register
from lms.tenants.permissions import Code, can

MB = 1024 * 1024


def _learns(user: Any, provider: Any) -> bool:
    return can(user, Code.LEARN, provider)


def _sets(user: Any, provider: Any) -> bool:
    return can(user, Code.SET_ASSESSMENTS, provider)


PICTURE = register(Purpose("question-picture", PICTURES, 20 * MB, _sets))
ANSWER = register(Purpose("assessment-answer", EVERYTHING, 500 * MB, _learns))
