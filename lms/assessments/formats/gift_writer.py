"""Questions as GIFT. What `carries` says no to is left out and named in a comment."""

import re
from collections.abc import Iterable
from decimal import Decimal

from lms.assessments.rules.questions import (
    BLANK,
    Accepted,
    Blank,
    Blanks,
    Choices,
    Essay,
    FileUpload,
    Kind,
    Match,
    Matching,
    Numeric,
    Ordering,
    Question,
    Short,
    TrueFalse,
)

from .gift import FORMATS, unstarred
from .package import ONE, Imported
from .texts import fit

_RESERVED = re.compile(r"[\\#=~{}:]")
_PICTURE = re.compile(r"!\[([^\]]*)\]\(picture:[^)]*\)")


def carries(kind: Kind) -> bool:
    """Whether GIFT has words for it. Pictures in a text are never carried: their words are."""
    return kind != Kind.HOTSPOT


def write_gift(questions: Iterable[Imported]) -> bytes:
    """A file that `read_gift` and Moodle read. Pictures are left out."""
    return "\n".join(map(_chunk, questions)).encode()


def _chunk(imported: Imported) -> str:
    name = _one_line(imported.title)
    if not carries(imported.kind):
        return f"// Left out, for GIFT has no pictures: {name}\n"
    options = [("id", imported.identifier)] if imported.identifier else []
    options += [("tag", tag) for tag in imported.tags]
    if imported.points != ONE:
        options.append(("points", f"{imported.points:f}"))
    body, more = _body(imported.kind, imported.question)
    options += more
    comment = f"// {' '.join(f'[{key}:{_value(value)}]' for key, value in options)}\n"
    return f"{comment if options else ''}::{_escape(name)}::{body}\n"


def _one_line(text: str) -> str:
    return " ".join(fit(text).split())


def _value(text: str) -> str:
    return re.sub(r"[\\\[\]]", r"\\\g<0>", fit(text)).replace("\n", "\\n")


def _escape(text: str) -> str:
    return _RESERVED.sub(r"\\\g<0>", fit(text)).replace("\n", "\\n")


def _words(markdown: str) -> str:
    """Markdown with the words of its pictures in their places."""
    return _PICTURE.sub(r"\1", markdown).strip()


def _text(markdown: str) -> str:
    """A text after the mark that it is Markdown, for what stands before it says so already."""
    text = _escape(_words(markdown))
    return f"[markdown]{text}" if text.startswith(tuple(f"[{name}]" for name in FORMATS)) else text


def _answer(mark: str, credit: Decimal | int | None, text: str, feedback: str) -> str:
    """`credit` is None where the mark says it all."""
    if credit is None and text.startswith("%"):
        credit = 100 if mark == "=" else 0
    weight = "" if credit is None else f"%{credit}%"
    return f"\t{mark}{weight}{text}{f'#{_text(feedback)}' if feedback else ''}\n"


def _body(kind: Kind, question: Question) -> tuple[str, list[tuple[str, str]]]:
    """The text with its answers, and what GIFT has no words for."""
    options: list[tuple[str, str]] = []
    if isinstance(question, Blanks):
        return _blanks(question, options), options
    prompt = f"[markdown]{_escape(_words(question.prompt))}"
    general = f"####{_text(question.explanation)}" if question.explanation.strip() else ""
    inside = ""
    match question:
        case Choices():
            inside = "\n" + _choices(kind, question, options)
        case TrueFalse():
            inside = "TRUE" if question.answer else "FALSE"
            if question.if_wrong or question.if_right:
                inside += f"#{_text(question.if_wrong)}"
            if question.if_right:
                inside += f"#{_text(question.if_right)}"
        case Short():
            inside = "\n" + "".join(_accepted(question.accepted, "", options))
            if "->" in inside:
                options.append(("kind", Kind.SHORT))
            if question.case_sensitive:
                options.append(("case", "sensitive"))
        case Numeric():
            inside = "#\n" + _numeric(question, options)
        case Matching():
            inside = "\n" + _matching(question)
        case Ordering():
            grading = "RELATIVE_NEXT_EXCLUDE_LAST" if question.partial else "ALL_OR_NOTHING"
            inside = f">{len(question.items)} ALL VERTICAL {grading}\n"
            inside += "".join(f"{_item(item.text)}\n" for item in question.items)
        case Essay():
            if question.least_words or question.most_words:
                options.append(("words", f"{question.least_words}-{question.most_words}"))
            if question.starter:
                options.append(("starter", question.starter))
            if question.notes:
                options.append(("notes", question.notes))
        case FileUpload():
            options.append(("kind", Kind.FILE))
            if question.notes:
                options.append(("notes", question.notes))
    return f"{prompt}{{{inside}{general}}}", options


def _choices(kind: Kind, question: Choices, options: list[tuple[str, str]]) -> str:
    if not question.shuffle:
        options.append(("shuffle", "no"))
    if not question.partial:
        options.append(("partial", "no"))
    lines = []
    share = _share(sum(one.credit > 0 for one in question.choices))
    marked = False
    for one in question.choices:
        mark, credit = "~", Decimal(one.credit) if one.credit else None
        if kind == Kind.MULTIPLE:
            # In Moodle the right ones make up 100 %, and each wrong one takes a share away.
            credit = share if one.credit > 0 else Decimal(one.credit) or -share
        elif one.credit == 100 and not marked:
            # A second `=` could make it a question without a `~`, which is another kind.
            mark, credit, marked = "=", None, True
        lines.append(_answer(mark, credit, _text(one.text), one.feedback))
    return "".join(lines)


def _share(number: int) -> Decimal:
    """100 % by `number`, as exactly as Moodle has it."""
    return (Decimal(100) / max(number, 1)).quantize(Decimal("0.00001")).normalize() + 0


def _accepted(
    accepted: tuple[Accepted, ...], key: str, options: list[tuple[str, str]]
) -> list[str]:
    lines, patterns = [], []
    for number, one in enumerate(accepted, start=1):
        text = one.text
        if one.match == Match.EXACT:
            text = text.replace("*", r"\*")
        elif unstarred(text) != (Match.PATTERN, text):
            patterns.append(str(number))
        credit = None if one.credit == 100 else Decimal(one.credit)
        lines.append(_answer("=", credit, _text(text), one.feedback))
    if patterns:
        options.append(("patterns", f"{key} {','.join(patterns)}".strip()))
    return lines


def _numeric(question: Numeric, options: list[tuple[str, str]]) -> str:
    for unit in question.units:
        options.append(("unit", f"{unit.name} {unit.factor:f}"))
    if question.unit_required:
        options.append(("unit required", "yes"))
    if question.without_unit:
        options.append(("without unit", str(question.without_unit)))
    relative = [str(place) for place, one in enumerate(question.accepted, 1) if one.relative]
    if relative:
        options.append(("relative", ",".join(relative)))
    return "".join(
        _answer(
            "=",
            None if one.credit == 100 else Decimal(one.credit),
            f"{one.value:f}" + (f":{one.tolerance:f}" if one.tolerance else ""),
            one.feedback,
        )
        for one in question.accepted
    )


def _matching(question: Matching) -> str:
    # Markdown has a way to write an arrow that is not GIFT's.
    lefts = [_text(pair.left.replace("->", r"-\>")) for pair in question.pairs]
    lines = [
        f"\t={left} -> {_text(pair.right)}\n"
        for left, pair in zip(lefts, question.pairs, strict=True)
    ]
    return "".join(lines + [f"\t= -> {_text(text)}\n" for text in question.distractors])


def _item(markdown: str) -> str:
    """A thing to put in order, on a line that is no comment."""
    text = _text(markdown)
    return f"\\\\{text}" if text.startswith("//") else text


def _blanks(question: Blanks, options: list[tuple[str, str]]) -> str:
    if len(question.blanks) == 1:
        options.append(("kind", Kind.BLANKS))
    options.append(("prompt", question.prompt))
    if question.case_sensitive:
        options.append(("case", "sensitive"))
    by_key = {blank.key: blank for blank in question.blanks}
    pieces = BLANK.split(_words(question.text))
    written = []
    for position, piece in enumerate(pieces):
        if position % 2 == 0:
            written.append(_escape(piece))
            continue
        key = f"k{(position + 1) // 2}"
        inside = _gap(by_key[piece], key, options)
        last = position + 2 == len(pieces)
        if last and question.explanation.strip():
            inside += f"####{_text(question.explanation)}"
        written.append(f"{{{inside}}}")
    return "[markdown]" + "".join(written)


def _gap(blank: Blank, key: str, options: list[tuple[str, str]]) -> str:
    if not blank.choices:
        return "".join(line.strip("\t\n") for line in _accepted(blank.accepted, key, options))
    by_text = {one.text: one for one in blank.accepted}
    lines = []
    marked = False
    for choice in blank.choices:
        one = by_text.get(choice)
        mark, credit = "~", Decimal(one.credit) if one and one.credit else None
        if one and one.credit == 100 and not marked:
            mark, credit, marked = "=", None, True
        lines.append(_answer(mark, credit, _text(choice), one.feedback if one else ""))
    return "".join(line.strip("\t\n") for line in lines)
