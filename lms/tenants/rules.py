"""What a tier leaves room for, when a host name is looked at, which colours a brand may have:
decided without a database.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from fractions import Fraction

from lms.common.colours import TEXT_CONTRAST, contrast, from_oklch, nearest, oklch, text_on

# From here on a provider is warned.
NEAR = Fraction(4, 5)


@dataclass(frozen=True, slots=True)
class Reading:
    """How much of a limit is used. `allowed` is None where there is no limit."""

    used: int
    allowed: int | None

    def has_room_for(self, adding: int) -> bool:
        """Whether `adding` more stay within the limit."""
        return self.allowed is None or self.used + adding <= self.allowed

    @property
    def is_near(self) -> bool:
        """Whether 80 % or more are used."""
        return self.allowed is not None and self.used >= NEAR * self.allowed

    @property
    def is_over(self) -> bool:
        """Whether more is used than allowed, as after a change to a smaller tier."""
        return self.allowed is not None and self.used > self.allowed

    @property
    def percent(self) -> int:
        """In whole percent, rounded down; 0 without a limit, and above 100 when over it."""
        if self.allowed is None:
            return 0
        return self.used * 100 // self.allowed if self.allowed else 100

    def comes_near(self, adding: int) -> bool:
        """Whether `adding` more are what brings the use to 80 %."""
        return not self.is_near and Reading(self.used + adding, self.allowed).is_near


# How long a claimed host name may take to be proven, and a proven one may be without its proof.
PROOF_WITHIN = timedelta(days=14)
PROOF_GONE_FOR = timedelta(days=3)


def next_look(age: timedelta, *, proven: bool) -> timedelta | None:
    """How long to wait before the DNS is asked again about a host name.

    Daily for a proven one. For one that waits for its proof, claimed `age` ago, hourly at first,
    then ever more seldom, twice a day at last; None when it has waited too long.
    """
    if proven:
        return timedelta(days=1)
    if age >= PROOF_WITHIN:
        return None
    return min(max(age / 12, timedelta(hours=1)), timedelta(hours=12))


# --- Colours --------------------------------------------------------------------------------------

# What static/css/foundation.css has below a brand's colours, in the light and the dark theme.
SURFACES = ("#ffffff", "#181f20")
# A filled button says what it does in words; its shape only has to be seen.
VISIBLE = 1.3


class Trouble(StrEnum):
    """Why a colour can't be a brand's."""

    TEXT = "text"  # neither white nor black text reads on it
    PALE = "pale"  # it can't be told from the page in the light theme
    DIM = "dim"  # nor in the dark one


def lifted(primary: str) -> str:
    """What --brand-fill of static/css/foundation.css makes of it in the dark theme."""
    lightness, chroma, hue = oklch(primary)
    return primary if lightness >= 0.48 else from_oklch(0.48, chroma, hue)


def trouble_of_primary(colour: str) -> Trouble | None:
    """What is wrong with it as the fill of buttons, in both themes. Text and links need no check:
    the style sheet pulls them to a lightness that reads."""
    fills = (colour, lifted(colour))
    if any(contrast(text_on(colour), fill) < TEXT_CONTRAST for fill in fills):
        return Trouble.TEXT
    return _unseen(*fills)


def trouble_of_accent(colour: str) -> Trouble | None:
    """What is wrong with it as a line or a mark, in both themes."""
    return _unseen(colour, colour)


def _unseen(light: str, dark: str) -> Trouble | None:
    if contrast(light, SURFACES[0]) < VISIBLE:
        return Trouble.PALE
    return Trouble.DIM if contrast(dark, SURFACES[1]) < VISIBLE else None


def suggested_primary(colour: str) -> str:
    """The nearest colour without trouble."""
    return nearest(colour, lambda found: trouble_of_primary(found) is None)


def suggested_accent(colour: str) -> str:
    """The nearest colour without trouble."""
    return nearest(colour, lambda found: trouble_of_accent(found) is None)
