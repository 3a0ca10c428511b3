"""Refusals around one's data."""

from collections.abc import Sequence
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from lms.common.errors import Conflict, TooManyRequests


class OnlyOwner(Conflict):
    """`details["schools"]`: what nobody else manages."""

    code = "ONLY_OWNER"

    def __init__(self, schools: Sequence[str]) -> None:
        super().__init__(
            format_lazy(
                _(
                    "Nobody but you manages {schools}. Make somebody else an admin there, or close "
                    "the school; then ask again."
                ),
                schools=", ".join(schools),
            ),
            details={"schools": list(schools)},
        )


class IsOperator(Conflict):
    code = "IS_OPERATOR"
    message = _(
        "This account runs the platform. Another operator has to take that right away first."
    )


class AskedOften(TooManyRequests):
    code = "ASKED_OFTEN"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            _("You asked for your data several times today. Please come back tomorrow."), **kwargs
        )
