"""What buyers and sellers type about money."""

from decimal import Decimal
from typing import Any

from babel import Locale
from django import forms
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext_lazy as _

from lms.common.money import Money, MoneyError
from lms.orders.models import TaxSettings
from lms.orders.taxes import FIELDS


def countries() -> list[tuple[str, str]]:
    """Codes with their names in the active language, by name."""
    names = Locale.parse(to_locale(get_language() or "en")).territories
    found = [(code, name) for code, name in names.items() if len(code) == 2 and code.isalpha()]
    return sorted(((c, n) for c, n in found if c not in NOT_COUNTRIES), key=lambda pair: pair[1])


# What CLDR lists beside countries: unions, outlying and made-up territories.
NOT_COUNTRIES = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}


class BuyingForm(forms.Form):
    """Where the buyer is, for the tax, and a voucher."""

    country = forms.ChoiceField(label=_("Country"), choices=())
    company = forms.CharField(label=_("Company"), max_length=200, required=False)
    address = forms.CharField(
        label=_("Address for the invoice"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )
    code = forms.CharField(label=_("Voucher"), max_length=64, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = [("", _("Choose…")), *countries()]  # type: ignore[attr-defined]


class TaxForm(forms.ModelForm):
    """Who sells, and how prices are meant."""

    country = forms.ChoiceField(label=_("Country"), choices=(), required=False)

    class Meta:
        model = TaxSettings
        fields = FIELDS
        widgets = {"address": forms.Textarea(attrs={"rows": 3, "dir": "auto"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = [("", _("Choose…")), *countries()]  # type: ignore[attr-defined]


class RateForm(forms.Form):
    """The tax of a country, or of all others."""

    rate_country = forms.ChoiceField(label=_("Buyers in"), choices=(), required=False)
    rate_name = forms.CharField(label=_("Name of the tax"), max_length=40, initial=_("VAT"))
    percent = forms.DecimalField(
        label=_("Per cent"), min_value=0, max_value=100, decimal_places=3, max_digits=6
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everywhere = ("", _("all other countries"))
        self.fields["rate_country"].choices = [everywhere, *countries()]  # type: ignore[attr-defined]


class RefundForm(forms.Form):
    """How much goes back, and why. `left` is what can."""

    amount = forms.CharField(label=_("Amount"), max_length=40)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        help_text=_("The buyer reads it."),
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )
    keeps_access = forms.BooleanField(
        label=_("The student keeps the course"),
        required=False,
        help_text=_("Otherwise it closes once all of the money has gone back."),
    )

    def __init__(self, *args: Any, left: Money, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.left = left

    def clean_amount(self) -> Money:
        try:
            amount = Money.parse(self.cleaned_data["amount"], self.left.currency)
        except MoneyError:
            raise forms.ValidationError(_("Write an amount such as 12.50.")) from None
        if not Money.zero(amount.currency) < amount <= self.left:
            left = self.left.format()
            raise forms.ValidationError(_("Give back at most %(left)s.") % {"left": left})
        return amount


class VoucherForm(forms.Form):
    """A voucher of so many per cent, or an amount."""

    code = forms.RegexField(
        r"^[A-Za-z0-9_-]{3,32}$",
        label=_("Code"),
        help_text=_("3 to 32 letters and digits, such as SPRING25."),
    )
    percent = forms.DecimalField(
        label=_("Per cent off"),
        min_value=Decimal("0.01"),
        max_value=Decimal(100),
        decimal_places=2,
        max_digits=5,
    )
    most = forms.IntegerField(
        label=_("How often in all"), min_value=1, max_value=1_000_000, required=False
    )
    ends_on = forms.DateField(
        label=_("Last day"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
