"""The form for each kind of question, and a question as such a form shows it."""

from typing import Any

from django.http import QueryDict

from ..models import Version
from ..rules.questions import MOST_PARTS, Kind
from .base import QuestionForm
from .closed import MatchingForm, MultipleForm, OrderingForm, SingleForm, TrueFalseForm
from .entries import BlanksForm, NumericForm, ShortForm
from .open import EssayForm, FileForm, HotspotForm

FORMS: dict[Kind, type[QuestionForm]] = {
    Kind.SINGLE: SingleForm,
    Kind.MULTIPLE: MultipleForm,
    Kind.TRUE_FALSE: TrueFalseForm,
    Kind.SHORT: ShortForm,
    Kind.NUMERIC: NumericForm,
    Kind.MATCHING: MatchingForm,
    Kind.ORDERING: OrderingForm,
    Kind.BLANKS: BlanksForm,
    Kind.HOTSPOT: HotspotForm,
    Kind.ESSAY: EssayForm,
    Kind.FILE: FileForm,
}


def typed(version: Version) -> tuple[dict[str, Any], dict[str, Any]]:
    """(fields, rows) of a question as it is, for its form."""
    return FORMS[Kind(version.kind)].typed(version.data)


def unchecked(kind: Kind, data: QueryDict) -> tuple[dict[str, Any], dict[str, Any]]:
    """(fields, rows) as they were sent, right or wrong, for a form that says nothing about it."""
    shape = FORMS[kind]
    fields = {
        name: field.widget.value_from_datadict(data, {}, name)
        for name, field in shape.base_fields.items()
    }
    found = {}
    for name, each in shape.ROWS.items():
        total = data.get(f"{name}-TOTAL_FORMS", "")
        number = int(total) if total.isdecimal() and len(total) < 4 else 0
        known = each.form.base_fields
        found[name] = [
            {
                key: field.widget.value_from_datadict(data, {}, f"{name}-{place}-{key}")
                for key, field in known.items()
            }
            for place in range(min(number, 2 * MOST_PARTS))
        ]
    return fields, found
