"""Who grades and who says how: those who mark homework there, and those who set it."""

from lms.homework.permissions import may_mark, may_set

__all__ = ["may_mark", "may_set"]
