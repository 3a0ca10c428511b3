"""MathML as other programs write it, to LaTeX: the note in it if there is one, else its parts."""

import re
from xml.etree.ElementTree import Element

_BRACES = re.compile(r"[\\{}$]")
_PLAIN = {"mrow", "mstyle", "mpadded", "semantics", "math", "mtd"}
_SIGNS = {
    "×": r"\times ",
    "⋅": r"\cdot ",
    "·": r"\cdot ",
    "÷": r"\div ",
    "±": r"\pm ",
    "−": "-",
    "≤": r"\le ",
    "≥": r"\ge ",
    "≠": r"\ne ",
    "≈": r"\approx ",
    "→": r"\to ",
    "∞": r"\infty ",
    "∑": r"\sum ",
    "∏": r"\prod ",
    "∫": r"\int ",
    "∂": r"\partial ",
    "√": r"\surd ",
    "∈": r"\in ",
    "°": r"^\circ ",
    "π": r"\pi ",
    "α": r"\alpha ",
    "β": r"\beta ",
    "γ": r"\gamma ",
    "δ": r"\delta ",
    "Δ": r"\Delta ",
    "θ": r"\theta ",
    "λ": r"\lambda ",
    "μ": r"\mu ",
    "σ": r"\sigma ",
    "Σ": r"\Sigma ",
    "φ": r"\varphi ",
    "ω": r"\omega ",
    "Ω": r"\Omega ",
    "{": r"\{",
    "}": r"\}",
    "%": r"\%",
    "#": r"\#",
    "&": r"\&",
    "_": r"\_",
    "$": r"\$",
    "\u2061": "",  # "apply function", "invisible times" and "invisible separator" show nothing
    "\u2062": "",
    "\u2063": "",
    "\u00a0": " ",
}
_FUNCTIONS = set("sin cos tan cot sec csc log ln exp lim max min arcsin arccos arctan gcd".split())


class _Unknown(ValueError):
    """A part of MathML that is not known here."""


def to_latex(element: Element) -> str | None:
    """LaTeX of a <math> element, on one line; None if a part of it is not known."""
    for part in element.iter():
        if _name(part) == "annotation" and part.get("encoding") in (
            "application/x-tex",
            "TeX",
            "LaTeX",
        ):
            return _one_line("".join(part.itertext()))
    try:
        return _one_line(_latex(element))
    except _Unknown:
        return None


def _one_line(latex: str) -> str:
    return re.sub(r"\s+", " ", latex).strip().replace(r"\)", ")")


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _latex(element: Element) -> str:
    name = _name(element)
    parts = [child for child in element if _name(child) not in ("", "annotation", "annotation-xml")]
    if name in _PLAIN:
        return "".join(map(_latex, parts))
    text = "".join(element.itertext()).strip()
    if name in ("mi", "mn", "mo"):
        if text in _FUNCTIONS:
            return rf"\{text} "
        if name == "mi" and len(text) > 1:
            return rf"\mathrm{{{_signs(text)}}}"
        return _signs(text)
    if name in ("mtext", "ms"):
        return rf"\text{{{_BRACES.sub('', text)}}}"
    if name == "mspace":
        return r"\ "
    if name == "mphantom":
        return ""
    if name == "msqrt":
        return rf"\sqrt{{{''.join(map(_latex, parts))}}}"
    if name == "mfenced":
        opening, closing = _signs(element.get("open", "(")), _signs(element.get("close", ")"))
        return rf"{opening}{','.join(map(_latex, parts))}{closing}"
    if name == "mtable":
        rows = [" & ".join(_latex(cell) for cell in row) for row in parts]
        return r"\begin{matrix}" + r" \\ ".join(rows) + r"\end{matrix}"
    pieces = [_latex(part) for part in parts]
    shapes = {
        ("mfrac", 2): r"\frac{%s}{%s}",
        ("msup", 2): "{%s}^{%s}",
        ("msub", 2): "{%s}_{%s}",
        ("msubsup", 3): "{%s}_{%s}^{%s}",
        ("munder", 2): r"\underset{%2$s}{%1$s}",
        ("munderover", 3): "{%s}_{%s}^{%s}",
        ("mover", 2): r"\overset{%2$s}{%1$s}",
        ("mroot", 2): r"\sqrt[%2$s]{%1$s}",
    }
    shape = shapes.get((name, len(pieces)))
    if shape is None:
        raise _Unknown(name)
    if "%1$s" in shape:
        return shape.replace("%2$s", pieces[1]).replace("%1$s", pieces[0])
    if name in ("msup", "msub", "msubsup", "munderover") and len(pieces[0].strip()) == 1:
        shape = shape.replace("{%s}", "%s", 1)  # x^{2}, not {x}^{2}
    return shape % tuple(pieces)


def _signs(text: str) -> str:
    return "".join(_SIGNS.get(sign, "\\backslash " if sign == "\\" else sign) for sign in text)
