r"""GIFT, the plain text that teachers write questions in (Moodle's format, as it documents it).

    // [id:tomb] [tag:History]
    ::Grant's tomb::Who is buried there? { =Grant =%50%Ulysses #Almost. ####He died. }

What GIFT has no words for stands in comments, which other programs skip:

    [points:2]  [shuffle:no]  [partial:no]  [case:sensitive]  [unit:m 1] [unit:cm 0.01]
    [unit required:yes]  [without unit:50]  [relative:1,2]  [patterns:1,2]  [words:100-200]
    [starter:…]  [notes:…]  [prompt:…]  [kind:file]  [kind:blanks]  [kind:short]

Ordering is written as Moodle's own question type does (`{>3 ALL VERTICAL ALL_OR_NOTHING`, an
item a line), and a question with several `{…}` is one with several gaps.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from django.utils.translation import gettext as _

from lms.assessments.rules.questions import (
    Accepted,
    AcceptedNumber,
    Blank,
    Blanks,
    Choice,
    Choices,
    Essay,
    FileUpload,
    Item,
    Kind,
    Match,
    Matching,
    Numeric,
    Ordering,
    Pair,
    Question,
    Short,
    TrueFalse,
    Unit,
)

from .package import (
    LONGEST_TITLE,
    MOST_QUESTIONS,
    ONE,
    Entry,
    FormatError,
    Imported,
    LeftOut,
    Notes,
    Outcome,
    Package,
    Report,
    checked,
    keys,
    tags_of,
    title_of,
)
from .texts import from_html, from_plain, plain

LARGEST = 5 * 1024 * 1024
LONGEST_CHUNK = 100_000
# A `[` in a value is escaped too: no value is looked for twice.
OPTION = re.compile(r"\[([a-z ]{2,20}):((?:\\.|[^\\\[\]])*)\]")
FORMATS = ("markdown", "html", "plain", "moodle")
TRUTHS = {"T": True, "TRUE": True, "F": False, "FALSE": False}

# An escaped character is put where no text in UTF-8 has one, until the structure is read.
_AWAY = 0xDC00
_ESCAPED = re.compile(r"\\([\\:#={}~n])")
_KEPT = re.compile("[\udc00-\udc7f]")
_WEIGHT = re.compile(r"\s*%\s*(-?[0-9]{1,3}(?:\.[0-9]{0,10})?)\s*%")
_MARKUP = re.compile(r"</?[A-Za-z][^<>]*>|&#?\w{1,32};")
_NUMBER = re.compile(
    r"[-+]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][-+]?[0-9]{1,2})?"
)
_STAR = re.compile(r"(?<!\\)\*")
_PLACE = re.compile(r"\[\[")


def read_gift(data: bytes) -> Package:
    """The questions of a file. What is wrong with one is told with its line, and the others are
    read all the same. Raises FormatError for what is no text.
    """
    text = _decoded(data)
    questions: list[Imported] = []
    entries: list[Entry] = []
    notes: list[str] = []
    tags: tuple[str, ...] = ()
    for chunk in _chunks(text):
        if chunk.category is not None:
            tags = tags_of(_category(chunk.category))
        if not chunk.text.strip():
            continue
        if len(entries) >= MOST_QUESTIONS:
            notes.append(
                _("Only the first {number} questions were read. Split the file.").format(
                    number=MOST_QUESTIONS
                )
            )
            break
        imported, entry = _question(chunk, tags)
        entries.append(entry)
        if imported is not None:
            questions.append(imported)
    if not entries:
        notes.append(_("The file holds no question. Compare it with the examples."))
    return Package(tuple(questions), Report(tuple(entries), tuple(notes)))


def _decoded(data: bytes) -> str:
    if len(data) > LARGEST:
        raise FormatError(_("The file is larger than 5 MB. Split it."))
    try:
        sixteen = data.startswith((b"\xff\xfe", b"\xfe\xff"))
        text = data.decode("utf-16" if sixteen else "utf-8-sig")
    except UnicodeDecodeError as problem:
        raise FormatError(
            _("The file is no text in UTF-8. Save it again, choosing UTF-8 as its encoding.")
        ) from problem
    return text.replace("\r\n", "\n").replace("\r", "\n")


@dataclass(slots=True)
class _Chunk:
    """What stands between two blank lines: `text` without comments, its escapes put away. `line`
    is the first line's number.
    """

    line: int
    text: str = ""
    options: list[tuple[str, str]] = field(default_factory=list)
    category: str | None = None

    def line_at(self, position: int) -> int:
        return self.line + self.text.count("\n", 0, position)

    def option(self, name: str, otherwise: str = "") -> str:
        return dict(self.options).get(name, otherwise)

    def all(self, name: str) -> list[str]:
        return [value for one, value in self.options if one == name]


def _chunks(text: str) -> list[_Chunk]:
    chunks: list[_Chunk] = []
    lines: list[str] = []
    current: _Chunk | None = None
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        if not line.strip():
            if current is not None:
                current.text = _ESCAPED.sub(
                    lambda found: chr(_AWAY + ord(found[1])), "\n".join(lines)
                )
                chunks.append(current)
                current, lines = None, []
            continue
        current = current or _Chunk(number)
        stripped = line.strip()
        if stripped.startswith("//"):
            found = OPTION.findall(stripped)
            current.options += [(name, _option_value(value)) for name, value in found]
            line = ""
        elif stripped.startswith("$CATEGORY:") and not "".join(lines).strip():
            current.category = stripped.removeprefix("$CATEGORY:")
            line = ""
        lines.append(line)
    return chunks


def _option_value(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], text)


def _category(path: str) -> list[str]:
    """`$course$/top/Plants/Leaves`: the names; `//` is a slash."""
    names = path.strip().replace("//", "\0").split("/")
    names = [name.replace("\0", "/").strip() for name in names]
    return [name for name in names if not re.fullmatch(r"\$\w+\$|top", name)]


def _back(text: str) -> str:
    """The text with its escaped characters in place again."""
    return _KEPT.sub(
        lambda found: "\n" if found[0] == chr(_AWAY + ord("n")) else chr(ord(found[0]) - _AWAY),
        text,
    )


def _joined(text: str) -> str:
    """A text as it was meant: broken lines are one, a written `\\n` breaks it."""
    return _back(re.sub(r"\s*\n\s*", " ", text)).strip()


@dataclass(slots=True)
class _Reading:
    """One question being read. `format` is that of its prompt, and of its parts unless they say."""

    chunk: _Chunk
    notes: Notes
    format: str = "moodle"

    def fail(self, position: int, reason: str) -> LeftOut:
        return LeftOut(reason, self.chunk.line_at(position))

    def split_format(self, text: str) -> tuple[str, str]:
        text = text.lstrip()
        for name in FORMATS:
            if text.startswith(f"[{name}]"):
                return name, text[len(name) + 2 :]
        return self.format, text

    def markdown(self, text: str) -> str:
        name, text = self.split_format(text)
        if name == "markdown":
            return _back(text).strip()
        if name == "html" or (name == "moodle" and _MARKUP.search(text)):
            html = _joined(text)
            return from_html(html if name == "html" else html.replace("\n", "<br>"), self.notes)
        return from_plain(_joined(text))

    def string(self, text: str) -> str:
        """A text that students type."""
        return _joined(self.split_format(text)[1])

    def percent(self, weight: str) -> int:
        value = Decimal(weight)
        whole = int(value.quantize(ONE, ROUND_HALF_UP))
        if whole != value:
            self.notes.add(
                _("{exact} % became {whole} %: credits are whole here.").format(
                    exact=weight, whole=whole
                )
            )
        return whole


@dataclass(frozen=True, slots=True)
class _Answer:
    """A piece of what stands in braces: `mark` is `=`, `~` or empty, `weight` as it is written."""

    mark: str
    weight: str | None
    text: str
    feedback: str
    position: int

    def credit(self, reading: _Reading, otherwise: int) -> int:
        return otherwise if self.weight is None else reading.percent(self.weight)


def _answers(text: str, start: int) -> list[_Answer]:
    marks = [(-1, ""), *((found.start(), found[0]) for found in re.finditer("[=~]", text))]
    ends = [position for position, _mark in marks[1:]] + [len(text)]
    answers = []
    for (position, mark), end in zip(marks, ends, strict=True):
        piece = text[position + 1 : end]
        if not mark and not piece.strip():
            continue
        weight = _WEIGHT.match(piece)
        body, _hash, feedback = piece[weight.end() if weight else 0 :].partition("#")
        answers.append(
            _Answer(mark, weight[1] if weight else None, body, feedback, start + position + 1)
        )
    return answers


def _question(chunk: _Chunk, tags: tuple[str, ...]) -> tuple[Imported | None, Entry]:
    notes = Notes()
    reading = _Reading(chunk, notes)
    identifier = chunk.option("id")
    tags = tags_of(
        [
            *tags,
            *chunk.all("tag"),
            *(name for value in chunk.all("tags") for name in value.split(",")),
        ]
    )
    start = len(chunk.text) - len(chunk.text.lstrip())
    title = ""
    if chunk.text.startswith("::", start):
        end = chunk.text.find("::", start + 2)
        if end >= 0:
            title = " ".join(_back(chunk.text[start + 2 : end]).split())[:LONGEST_TITLE].strip()
            start = end + 2
    title = title or title_of(plain(_joined(chunk.text[start : start + 400].partition("{")[0])))
    try:
        if "\0" in chunk.text or "\0" in title + identifier + "".join(tags):
            raise LeftOut(_("It holds a character that can't be shown. Take it out."), chunk.line)
        if len(chunk.text) > LONGEST_CHUNK:
            raise LeftOut(_("It is too long. Shorten it, or part it with blank lines."), chunk.line)
        gaps = _gaps(reading, start)
        kind, question = _read(reading, start, gaps)
        points = _points(reading)
        question = checked(kind, question)
    except LeftOut as problem:
        reason = (str(problem),)
        line = problem.line or chunk.line_at(start)
        return None, Entry(identifier, title, Outcome.LEFT_OUT, reason, line)
    imported = Imported(identifier, title, tags, kind, question, points)
    return imported, notes.entry(identifier, title, chunk.line_at(start))


def _points(reading: _Reading) -> Decimal:
    text = reading.chunk.option("points", "1")
    if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,2})?", text):
        reading.notes.add(_("“{text}” are no points: it got one.").format(text=text[:40]))
        return ONE
    return Decimal(text)


def _gaps(reading: _Reading, start: int) -> list[tuple[int, int]]:
    """Where the `{` and `}` are."""
    gaps: list[tuple[int, int]] = []
    opened: int | None = None
    for found in re.finditer("[{}]", reading.chunk.text[start:]):
        position = start + found.start()
        if found[0] == "{":
            if opened is not None:
                raise reading.fail(
                    position,
                    _("There is a “{” inside of “{ … }”. Write \\{ where it is text."),
                )
            opened = position
        else:
            if opened is None:
                raise reading.fail(
                    position,
                    _("There is a “}” without a “{” before it. Write \\} where it is text."),
                )
            gaps.append((opened, position))
            opened = None
    if opened is not None:
        raise reading.fail(
            opened,
            _(
                "The “{” is not closed. Put a “}” after the answers, and no blank line between; "
                "write \\{ where a brace is meant as text."
            ),
        )
    return gaps


def _read(reading: _Reading, start: int, gaps: list[tuple[int, int]]) -> tuple[Kind, Question]:
    text = reading.chunk.text
    if not gaps:
        raise LeftOut(
            _(
                "It has no answers in “{ … }”, so it is a text and no question. Put the text into "
                "a lesson, or write {} behind it to make it an essay."
            )
        )
    asked = reading.chunk.option("kind")
    if len(gaps) > 1 or asked == Kind.BLANKS:
        return Kind.BLANKS, _blanks(reading, start, gaps)
    (opened, closed) = gaps[0]
    after = text[closed + 1 :]
    gap = "_____" if after.strip() else ""
    name, stem = reading.split_format(text[start:opened])
    reading.format = name
    prompt = reading.markdown(f"[{name}]{stem}{gap}{after}")
    inside, explanation = _split_explanation(reading, text[opened + 1 : closed])
    position = opened + 1
    body = inside.strip()
    position += len(inside) - len(inside.lstrip())
    truth = body.partition("#")[0].strip().upper()
    build: Callable[..., tuple[Kind, Question]]
    if not body:
        build = _file if asked == Kind.FILE else _essay
    elif body.startswith("#"):
        build = _numeric
    elif body.startswith(">"):
        build = _ordering
    elif "~" in body:
        build = _choices
    elif "=" in body and "->" in body and asked != Kind.SHORT:
        build = _matching
    elif truth in TRUTHS:
        build = _true_false
    else:
        build = _short
    return build(reading, body, position, {"prompt": prompt, "explanation": explanation})


def _split_explanation(reading: _Reading, inside: str) -> tuple[str, str]:
    before, mark, general = inside.rpartition("####")
    return (before, reading.markdown(general)) if mark else (inside, "")


def _essay(
    reading: _Reading, _body: str, _position: int, common: dict[str, str]
) -> tuple[Kind, Question]:
    words = re.fullmatch(r"([0-9]{1,6})-([0-9]{1,6})", reading.chunk.option("words", "0-0"))
    if not words:
        reading.notes.add(_("The number of words was not read. Write it as [words:100-200]."))
    return Kind.ESSAY, Essay(
        least_words=int(words[1]) if words else 0,
        most_words=int(words[2]) if words else 0,
        starter=reading.chunk.option("starter"),
        notes=reading.chunk.option("notes"),
        **common,
    )


def _file(
    reading: _Reading, _body: str, _position: int, common: dict[str, str]
) -> tuple[Kind, Question]:
    return Kind.FILE, FileUpload(notes=reading.chunk.option("notes"), **common)


def _true_false(
    reading: _Reading, body: str, _position: int, common: dict[str, str]
) -> tuple[Kind, Question]:
    answer, wrong, right = [*body.split("#", 2), "", ""][:3]
    return Kind.TRUE_FALSE, TrueFalse(
        answer=TRUTHS[answer.strip().upper()],
        if_right=reading.markdown(right),
        if_wrong=reading.markdown(wrong),
        **common,
    )


def _choices(
    reading: _Reading, body: str, position: int, common: dict[str, str]
) -> tuple[Kind, Question]:
    answers = _answers(body, position)
    single = any(answer.mark == "=" for answer in answers)
    weights = {answer.weight for answer in answers if answer.weight is not None}
    rights = {weight for weight in weights if Decimal(weight) > 0}
    if not single and len(rights) > 1:
        reading.notes.add(
            _("The right choices counted differently: here each counts the same. Look at them.")
        )
    share = Decimal(100) / max(1, sum(answer.weight in rights for answer in answers))
    choices = []
    for key, answer in zip(keys(len(answers)), answers, strict=True):
        if single:
            credit = answer.credit(reading, 100 if answer.mark == "=" else 0)
        else:
            credit = _of_several(reading, answer, share)
        choices.append(
            Choice(key, reading.markdown(answer.text), credit, reading.markdown(answer.feedback))
        )
    return Kind.SINGLE if single else Kind.MULTIPLE, Choices(
        choices=tuple(choices),
        shuffle=reading.chunk.option("shuffle") != "no",
        partial=reading.chunk.option("partial") != "no",
        **common,
    )


def _of_several(reading: _Reading, answer: _Answer, share: Decimal) -> int:
    """What one of several choices is worth: a wrong one takes a share away unless it says."""
    weight = Decimal(answer.weight or 0)
    if weight > 0:
        return 100
    if weight == 0 and reading.chunk.option("partial") != "no":
        reading.notes.add(
            _("Wrong choices cost nothing: here each costs as much as a right one earns.")
        )
    if weight == 0 or abs(weight + share) < Decimal("0.01"):
        return 0
    return reading.percent(str(weight))


def _matching(
    reading: _Reading, body: str, position: int, common: dict[str, str]
) -> tuple[Kind, Question]:
    pairs: list[tuple[str, str]] = []
    distractors: list[str] = []
    start = position
    for piece in body.split("="):
        here, start = start, start + len(piece) + 1
        if not piece.strip() and here == position:
            continue
        left, arrow, right = piece.partition("->")
        if not arrow:
            raise reading.fail(
                here,
                _("This pair has no “->”. Write it as =left -> right."),
            )
        right = right.strip()
        shown = (
            reading.markdown(right) if reading.format == "markdown" else from_plain(_joined(right))
        )
        if left.strip():
            pairs.append((reading.markdown(left), shown))
        else:
            distractors.append(shown)
    return Kind.MATCHING, Matching(
        pairs=tuple(
            Pair(key, left, right)
            for key, (left, right) in zip(keys(len(pairs)), pairs, strict=True)
        ),
        distractors=tuple(distractors),
        **common,
    )


def _ordering(
    reading: _Reading, body: str, position: int, common: dict[str, str]
) -> tuple[Kind, Question]:
    head, _newline, rest = body.partition("\n")
    terms = re.fullmatch(r">\s*([0-9]{0,3})((?:\s+[A-Za-z_0-9]+)*)\s*", head)
    if not terms:
        raise reading.fail(
            position,
            _("Things to put in order begin with “{>”, and then one stands on each line."),
        )
    items = [line.strip() for line in rest.split("\n") if line.strip()]
    if terms[1] and 0 < int(terms[1]) < len(items):
        reading.notes.add(_("Only some of the things to put in order were shown: here all are."))
    return Kind.ORDERING, Ordering(
        items=tuple(
            Item(key, reading.markdown(item))
            for key, item in zip(keys(len(items)), items, strict=True)
        ),
        partial="ALL_OR_NOTHING" not in terms[2],
        **common,
    )


def _short(
    reading: _Reading, body: str, position: int, common: dict[str, str]
) -> tuple[Kind, Question]:
    return Kind.SHORT, Short(
        accepted=_accepted(reading, _answers(body, position), reading.chunk.option("patterns")),
        case_sensitive=reading.chunk.option("case") == "sensitive",
        **common,
    )


def _accepted(
    reading: _Reading, answers: list[_Answer], patterns: str = ""
) -> tuple[Accepted, ...]:
    """`patterns` numbers those whose text is a pattern as it stands."""
    accepted = []
    for number, answer in enumerate(answers, start=1):
        text = reading.string(answer.text)
        if str(number) in patterns.split(","):
            match = Match.PATTERN
        else:
            match, text = unstarred(text)
            if match == Match.PATTERN and "?" in text:
                reading.notes.add(
                    _("A “?” next to a “*” stands for any one character here. Look at the answers.")
                )
        accepted.append(
            Accepted(text, match, answer.credit(reading, 100), reading.markdown(answer.feedback))
        )
    return tuple(accepted)


def unstarred(text: str) -> tuple[Match, str]:
    r"""How an answer is compared: `*` stands for any text, `\*` for itself."""
    if _STAR.search(text):
        return Match.PATTERN, text
    return Match.EXACT, text.replace(r"\*", "*")


def _numeric(
    reading: _Reading, body: str, position: int, common: dict[str, str]
) -> tuple[Kind, Question]:
    relative = reading.chunk.option("relative").split(",")
    accepted: list[AcceptedNumber] = []
    for answer in _answers(body[1:], position + 1):
        feedback = reading.markdown(answer.feedback)
        text = _joined(answer.text)
        if answer.mark == "~" or text == "*":
            _otherwise(reading, common, feedback)
            continue
        value, tolerance = _range(reading, answer, text)
        number = str(len(accepted) + 1)
        credit = answer.credit(reading, 100)
        accepted.append(AcceptedNumber(value, tolerance, number in relative, credit, feedback))
    if not accepted:
        raise reading.fail(
            position, _("There is no number behind the “#”. Write it as {#3.14:0.01}.")
        )
    units = tuple(_unit(reading, text) for text in reading.chunk.all("unit"))
    without = reading.chunk.option("without unit", "0")
    return Kind.NUMERIC, Numeric(
        accepted=tuple(accepted),
        units=units,
        unit_required=reading.chunk.option("unit required") == "yes",
        without_unit=int(without) if re.fullmatch("[0-9]{1,3}", without) else 0,
        **common,
    )


def _otherwise(reading: _Reading, common: dict[str, str], feedback: str) -> None:
    """Feedback for any other number has no place but the explanation."""
    if feedback:
        common["explanation"] = "\n\n".join(filter(None, [common["explanation"], feedback]))
        reading.notes.add(
            _("The feedback for wrong numbers is now part of the explanation, which all will see.")
        )


def _range(reading: _Reading, answer: _Answer, text: str) -> tuple[Decimal, Decimal]:
    """The number and its tolerance: `3`, `3:0.5`, `2.5..3.5`."""
    low, dots, high = text.partition("..")
    if dots:
        least, most = _decimal(reading, answer, low), _decimal(reading, answer, high)
        if least > most:
            raise reading.fail(
                answer.position, _("The range “{text}” is upside down.").format(text=text[:80])
            )
        value = (least + most) / 2
        return value, most - value
    value_text, colon, tolerance = text.partition(":")
    value = _decimal(reading, answer, value_text)
    return value, _decimal(reading, answer, tolerance) if colon else Decimal(0)


def _decimal(reading: _Reading, answer: _Answer, text: str) -> Decimal:
    text = text.strip().replace("−", "-")
    try:
        if _NUMBER.fullmatch(text):
            return Decimal(text)
    except InvalidOperation:
        pass
    raise reading.fail(
        answer.position,
        _(
            "“{text}” is no number. Write it with a point, like 3.14, and a tolerance as 3.14:0.01."
        ).format(text=text[:80]),
    )


def _unit(reading: _Reading, text: str) -> Unit:
    name, space, factor = text.rpartition(" ")
    if space and _NUMBER.fullmatch(factor):
        return Unit(name, Decimal(factor))
    return Unit(text)


def _blanks(reading: _Reading, start: int, gaps: list[tuple[int, int]]) -> Question:
    chunk = reading.chunk
    reading.format, _stem = reading.split_format(chunk.text[start : gaps[0][0]])
    pieces: list[str] = []
    blanks: list[Blank] = []
    explanations: list[str] = []
    position = start
    for key, (opened, closed) in zip(keys(len(gaps)), gaps, strict=True):
        pieces += [_literal(chunk.text[position:opened]), f"[[{key}]]"]
        inside, explanation = _split_explanation(reading, chunk.text[opened + 1 : closed])
        explanations.append(explanation)
        blanks.append(_blank(reading, key, inside, opened + 1))
        position = closed + 1
    pieces.append(_literal(chunk.text[position:]))
    text = reading.markdown("".join(pieces))
    # Plain text has its brackets escaped: those of the gaps are meant.
    text = re.sub(r"\[\[(k\d+)\\\]\\\]", r"[[\1]]", text)
    return Blanks(
        prompt=chunk.option("prompt") or _("Fill in the gaps."),
        text=text,
        blanks=tuple(blanks),
        explanation="\n\n".join(filter(None, explanations)),
        case_sensitive=chunk.option("case") == "sensitive",
    )


def _literal(text: str) -> str:
    """Text in which two brackets are no gap."""
    return _PLACE.sub("[ [", text)


def _blank(reading: _Reading, key: str, inside: str, position: int) -> Blank:
    answers = _answers(inside, position)
    if inside.strip().startswith(("#", ">")):
        raise reading.fail(
            position,
            _(
                "A gap among several takes words only: {=right =also right}, or {=right ~wrong} "
                "to choose from."
            ),
        )
    if not any(answer.mark == "~" for answer in answers):
        return Blank(key, _accepted(reading, answers, _patterns_of(reading, key)))
    accepted, choices = [], []
    for answer in answers:
        text = reading.string(answer.text)
        choices.append(text)
        credit = answer.credit(reading, 100 if answer.mark == "=" else 0)
        feedback = reading.markdown(answer.feedback)
        if credit > 0:
            accepted.append(Accepted(text, Match.EXACT, credit, feedback))
        elif feedback:
            accepted.append(Accepted(text, Match.EXACT, 0, feedback))
    return Blank(key, tuple(accepted), tuple(choices))


def _patterns_of(reading: _Reading, key: str) -> str:
    """`k1 1,2` among the options: the patterns of one gap."""
    for value in reading.chunk.all("patterns"):
        name, _space, numbers = value.partition(" ")
        if name == key:
            return numbers
    return ""
