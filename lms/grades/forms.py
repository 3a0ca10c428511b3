"""What people type: how a course is graded, a grade, a column of grades, a file of them."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from lms.assessments.models import Assessment

from . import rules, selectors, sheets
from .actions import Placement, Wish
from .models import LONGEST_REASON, MOST_POINTS, Category, Kind, Scheme
from .selectors import Book, Column


class SchemeForm(forms.ModelForm):
    class Meta:
        model = Scheme
        fields = ["mode", "scale", "shown"]
        widgets = {
            "mode": forms.RadioSelect,
            "scale": forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
        }
        help_texts = {
            "scale": _("The best first, each with the least percentage it takes, such as: A 90"),
        }

    def clean_scale(self) -> str:
        text = self.cleaned_data["scale"].replace("\r\n", "\n").strip()
        try:
            rules.read_scale(text)
        except rules.ScaleError as problem:
            raise ValidationError(
                _(
                    "Line %(line)s is no letter and a percentage below the one before it, or the "
                    "letter is there twice."
                ),
                params={"line": problem.line},
                code="bad_scale",
            ) from problem
        return text


class CategoryForm(forms.ModelForm):
    order = forms.IntegerField(label=_("Order"), required=False, min_value=0, max_value=999)
    remove = forms.BooleanField(label=_("Remove"), required=False)

    class Meta:
        model = Category
        fields = ["title", "weight", "drop", "extra"]
        widgets = {
            "title": forms.TextInput(attrs={"dir": "auto"}),
            "weight": forms.NumberInput(attrs={"min": "0", "max": "100", "step": "any"}),
        }

    def __init__(self, *args: Any, number: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("order", number)
        if self.instance.pk:
            self.initial["weight"] = selectors.plain(self.instance.weight)
        else:
            self.empty_permitted, self.use_required_attribute = True, False
            del self.fields["remove"]

    def has_changed(self) -> bool:
        """A new line with a place in the order alone is still empty."""
        return any(name != "order" for name in self.changed_data) or (
            bool(self.instance.pk) and super().has_changed()
        )


class CategoriesForm:
    """The course's categories, and one empty line for a new one."""

    def __init__(self, categories: Sequence[Category], data: Any = None) -> None:
        rows = [*categories, Category()]
        self.forms = [
            CategoryForm(data, instance=row, prefix=f"c{row.pk or 'new'}", number=number)
            for number, row in enumerate(rows, start=1)
        ]

    def is_valid(self) -> bool:
        return all(one.is_valid() for one in self.forms)

    @property
    def rows(self) -> tuple[list[Category], list[Category]]:
        """(those to have, in their order; those to drop)."""
        used = [one for one in self.forms if one.instance.pk or one.has_changed()]
        used.sort(key=lambda one: one.cleaned_data.get("order") or 0)
        drop = [one.instance for one in used if one.cleaned_data.get("remove")]
        return [one.instance for one in used], drop


class CategoryField(forms.TypedChoiceField):
    """One of the categories, or none; they are read once for all fields of a page."""

    def __init__(self, categories: Sequence[Category], **kwargs: Any) -> None:
        known = {str(one.pk): one for one in categories}
        choices = [("", _("None")), *((key, one.title) for key, one in known.items())]
        super().__init__(
            choices=choices, coerce=known.__getitem__, empty_value=None, required=False, **kwargs
        )


class ColumnForm(forms.Form):
    """A column of its own."""

    title = forms.CharField(
        label=_("Title"), max_length=200, widget=forms.TextInput(attrs={"dir": "auto"})
    )
    points = forms.DecimalField(
        label=_("Points"),
        min_value=Decimal("0.01"),
        max_value=MOST_POINTS,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"step": "any", "min": "0.01", "inputmode": "decimal"}),
    )
    extra = forms.BooleanField(label=_("Extra credit"), required=False)

    def __init__(self, data: Any = None, *, book: Book, **kwargs: Any) -> None:
        super().__init__(data, **{"prefix": "new", **kwargs})
        self.fields["category"] = CategoryField(book.categories, label=_("Category"))


class PlacementForm(ColumnForm):
    """Any column of the book: what of it can be changed here."""

    left_out = forms.BooleanField(label=_("Left out"), required=False)

    def __init__(self, data: Any = None, *, book: Book, column: Column) -> None:
        initial = {
            "title": column.title,
            "points": selectors.plain(column.most) if column.most else None,
            "category": str(column.category_id or ""),
            "extra": column.extra,
            "left_out": column.left_out,
        }
        super().__init__(data, book=book, prefix=f"p-{column.key}", initial=initial)
        self.column = column
        if column.source != "manual":
            del self.fields["title"]
        if isinstance(column.row, Assessment) or (column.row and column.row.points is not None):
            del self.fields["points"]
        elif column.source == "homework":
            self.fields["points"].required = False
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = f"{field.label}: {column.title}"

    @property
    def placement(self) -> Placement:
        return Placement(self.column.key, **self.cleaned_data)


class PlacementsForm:
    """Where all columns of the book stand."""

    def __init__(self, book: Book, data: Any = None) -> None:
        self.forms = [PlacementForm(data, book=book, column=one) for one in book.all_columns]

    def is_valid(self) -> bool:
        return all(one.is_valid() for one in self.forms)

    @property
    def placements(self) -> Iterable[Placement]:
        return [one.placement for one in self.forms if one.has_changed()]


class EntryForm(forms.Form):
    """What is to stand for one student in one column."""

    kind = forms.ChoiceField(label=_("Set"), choices=Kind.choices, widget=forms.RadioSelect)
    points = forms.CharField(
        label=_("Points"),
        required=False,
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=LONGEST_REASON,
        help_text=_("The student is told."),
    )

    def __init__(self, data: Any = None, *, column: Column, **kwargs: Any) -> None:
        super().__init__(data, prefix=column.key, **kwargs)
        self.column = column
        self.fields["points"].label = _("Points (of %(most)s)") % {
            "most": selectors.plain(column.most or Decimal(0))
        }

    def clean(self) -> dict[str, Any]:
        super().clean()
        if self.cleaned_data.get("kind") == Kind.POINTS and "points" not in self.errors:
            most = self.column.most or Decimal(0)
            points = rules.read_points(self.cleaned_data.get("points", ""), most)
            if points is None:
                said = _("Points are a number from 0 to %(most)s.")
                self.add_error(
                    "points", ValidationError(said, params={"most": selectors.plain(most)})
                )
            self.cleaned_data["points"] = points
        return self.cleaned_data

    @property
    def wish(self) -> Wish:
        kind = Kind(self.cleaned_data["kind"])
        return Wish(kind, self.cleaned_data["points"] if kind == Kind.POINTS else None)


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=LONGEST_REASON,
        help_text=_("The students whose grades change are told."),
    )


class FileForm(forms.Form):
    """A table of grades. It is read at once and not kept, so it is no Upload."""

    file = forms.FileField(
        label=_("CSV or XLSX file"),
        widget=forms.ClearableFileInput(attrs={"accept": f".csv,.tsv,.txt,.xlsx,{sheets.XLSX}"}),
    )

    def clean_file(self) -> bytes:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > sheets.LARGEST:
            raise ValidationError(
                _("This file is too large; at most %(limit)s are possible."),
                params={"limit": filesizeformat(sheets.LARGEST)},
                code="too_large",
            )
        return file.read()
