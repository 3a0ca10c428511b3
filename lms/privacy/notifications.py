"""Mail about one's data, in the person's language."""

from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse

from lms.common.mail import compose

from .models import DataExport, Erasure

SALT = "lms.privacy.stay"


def token_of(erasure: Erasure) -> str:
    """Opens the page on which an erasure is taken back, without signing in."""
    return signing.dumps(str(erasure.pk), salt=SALT)


def erasure_id_of(token: str) -> str:
    """Raises BadSignature."""
    return str(signing.loads(token, salt=SALT))


def _send(template: str, person: Any, **told: Any) -> None:
    values = {"person": person, "data_url": settings.FLEDGE_BASE_URL + reverse("privacy:data")}
    compose(
        f"privacy/emails/{template}.txt",
        {**values, **told},
        to=person.email,
        language=person.language,
    ).send()


def tell_export_ready(export: DataExport) -> None:
    _send("export_ready", export.person, export=export, days=settings.FLEDGE_EXPORT_DAYS)


def tell_erasure_asked(erasure: Erasure) -> None:
    stay_url = settings.FLEDGE_BASE_URL + reverse("privacy:stay", args=[token_of(erasure)])
    by_operator = erasure.asked_by_id != erasure.person_id
    _send(
        "erasure_asked", erasure.person, erasure=erasure, stay_url=stay_url, by_operator=by_operator
    )


def tell_taken_back(erasure: Erasure) -> None:
    _send("erasure_taken_back", erasure.person, erasure=erasure)


def tell_held(erasure: Erasure, schools: list[str]) -> None:
    _send("erasure_held", erasure.person, erasure=erasure, schools=", ".join(schools))


def tell_begun(erasure: Erasure) -> None:
    """The last message: the address is about to be forgotten."""
    _send("erasure_begun", erasure.person, erasure=erasure)
