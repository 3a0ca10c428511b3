"""LaTeX to MathML on the server: browsers draw it without a script, screen readers read it."""

import re
from functools import lru_cache
from html import escape, unescape

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

# latex2mathml passes `\text{<script>}` and `\href{javascript:…}` through: its output is sanitised.
TAGS = set(
    "math mrow mi mn mo ms mtext mspace mfrac msqrt mroot msup msub msubsup munder mover "
    "munderover mtable mtr mtd mstyle mpadded mphantom menclose mmultiscripts mprescripts".split()
)
ATTRIBUTES = {
    "*": set(
        "display mathvariant stretchy fence form largeop linethickness lspace rspace minsize "
        "maxsize movablelimits width height depth columnalign columnspacing rowspacing "
        "columnlines rowlines accent accentunder displaystyle scriptlevel notation separator "
        "xmlns".split()
    )
}

# `\( … \)` in running text. The text is HTML already, so the formula is unescaped before reading.
# What ends a sentence goes with it: browsers would begin a line with the full stop.
INLINE = re.compile(r"\\\((.+?)\\\)([.,:!?)’”،؛؟]*)", re.DOTALL)


class MathematicsError(ValueError):
    """The formula can't be set."""


@lru_cache(maxsize=4096)
def to_mathml(latex: str, *, display: bool) -> SafeString:
    """MathML for a formula in LaTeX. Raises MathematicsError."""
    # Heavy, and only pages with formulas need them.
    import nh3
    from latex2mathml.converter import convert

    source = latex.strip()
    if not source:
        raise MathematicsError(_("The formula is empty."))
    try:
        mathml = convert(source, display="block" if display else "inline")
    except Exception as problem:  # the library raises whatever its parser stumbled over
        raise MathematicsError(
            _("This formula can't be read. Check its braces and commands.")
        ) from problem
    return mark_safe(nh3.clean(mathml, tags=TAGS, attributes=ATTRIBUTES))  # noqa: S308


def render_inline(html: str) -> str:
    """Running text with its `\\( … \\)` set as MathML; what can't be set stays as it was typed."""

    def replace(match: re.Match[str]) -> str:
        latex = unescape(re.sub(r"<[^>]+>", "", match[1]))
        try:
            formula = to_mathml(latex, display=False)
        except MathematicsError:
            return f"<code>{escape(latex)}</code>{match[2]}"
        return f'<span class="nowrap">{formula}{match[2]}</span>' if match[2] else formula

    return INLINE.sub(replace, html)
