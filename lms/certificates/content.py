"""What a certificate says: the snapshot taken when it is issued, as a value."""

from dataclasses import MISSING, asdict, dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture kept for ever under the hash of its bytes: see `pictures`."""

    sha256: str
    media_type: str  # image/png or image/svg+xml


@dataclass(frozen=True, slots=True)
class Content:
    """Every word, number, colour and picture of one certificate.

    `minutes` is how long the course takes. Grades are percent. `language` is the course's.
    Colours are #rrggbb, or empty for the platform's own. `completed_on` is the day it was where the
    student lives. `design` is one of lms.tenants.models.CertificateDesign.
    """

    code: str
    url: str
    language: str
    student: str
    course: str
    summary: str
    instructors: tuple[str, ...]
    provider: str
    primary_colour: str
    accent_colour: str
    logo: Picture | None
    signatory: str
    signature: Picture | None
    completed_on: date
    minutes: int
    grade: Decimal | None
    minimum_grade: Decimal | None
    # Added later; certificates issued before are without.
    design: str = "engraved"
    signatory_title: str = ""

    def to_json(self) -> dict[str, Any]:
        """JSON-serialisable; `from_json` gives an equal value back."""
        return {
            **asdict(self),
            "instructors": list(self.instructors),
            "completed_on": self.completed_on.isoformat(),
            "grade": _text(self.grade),
            "minimum_grade": _text(self.minimum_grade),
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Raises KeyError or ValueError for what `to_json` did not write."""
        values = {
            field.name: stored.get(field.name, field.default)
            if field.default is not MISSING
            else stored[field.name]
            for field in fields(cls)
        }
        return cls(
            **{
                **values,
                "instructors": tuple(values["instructors"]),
                "logo": Picture(**values["logo"]) if values["logo"] else None,
                "signature": Picture(**values["signature"]) if values["signature"] else None,
                "completed_on": date.fromisoformat(values["completed_on"]),
                "grade": _number(values["grade"]),
                "minimum_grade": _number(values["minimum_grade"]),
            }
        )


def _text(number: Decimal | None) -> str | None:
    return None if number is None else str(number)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
