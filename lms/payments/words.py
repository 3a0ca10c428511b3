"""Why a payment failed, and what to do, in the reader's language."""

from django.utils.translation import gettext as _

from lms.gateways.payments import Reason


def reason_in_words(reason: str) -> str:
    """What a gateway said, for the payer. Whether a bank suspects fraud is never told."""
    texts = {
        Reason.NO_MONEY: _(
            "The card has not enough money for this. Nothing was charged: try another card or "
            "another way to pay."
        ),
        Reason.EXPIRED_CARD: _("The card has expired. Nothing was charged: try another one."),
        Reason.WRONG_DETAILS: _(
            "The card's number, date or code is not right. Nothing was charged: check them and "
            "try again."
        ),
        Reason.NOT_AUTHENTICATED: _(
            "Your bank could not confirm that it is you. Nothing was charged: try again, and "
            "confirm in your bank's app."
        ),
        Reason.NOT_ACCEPTED: _(
            "This way to pay is not accepted here. Nothing was charged: choose another."
        ),
        Reason.GIVEN_UP: _(
            "You did not finish paying. Nothing was charged, and your seat is kept."
        ),
        Reason.FAILED: _("The payment service had a fault. Nothing was charged: try again."),
    }
    default = _(
        "Your bank declined the payment without saying why. Nothing was charged: try another card "
        "or another way to pay, or ask your bank."
    )
    try:
        return texts.get(Reason(reason), default)
    except ValueError:
        return default
