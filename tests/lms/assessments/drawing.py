"""Questions of every kind, drawn: as a format can carry them, for "read what was written"."""

from decimal import Decimal

from hypothesis import strategies as st

from lms.assessments.formats.package import Imported
from lms.assessments.rules.questions import (
    Accepted,
    AcceptedNumber,
    Area,
    Blank,
    Blanks,
    Choice,
    Choices,
    Essay,
    FileUpload,
    Hotspot,
    Item,
    Kind,
    Match,
    Matching,
    Numeric,
    Ordering,
    Pair,
    Shape,
    Short,
    TrueFalse,
    Unit,
)

# Signs that mean something to a format, next to any others.
SIGNS = r"abc XYZ 12 \#=~{}:%[]->*?_`<>&/()!|.,$'é中ش" + '"\n'
letters = st.one_of(
    st.sampled_from(SIGNS),
    st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co", "Zl", "Zp")),
)
# Nobody's text begins or ends with a space.
MARKS = ["[html]x", "::a", "%50%x", "####x", "//x", r"a\nb", "$CATEGORY: x", "a->b", "[id:x]", "}"]
anything = st.sampled_from(MARKS) | st.text(letters, min_size=1, max_size=30).map(str.strip).filter(
    bool
)
lines = anything.map(lambda text: " ".join(text.split()))
words = (
    st.sampled_from(["one", "two words", "*", "a*b", r"\*", "100 %", "x -> y", "T", "#"]) | lines
)
NO_PICTURES = st.just({})
credits_above_0 = st.integers(1, 100)
decimals = st.decimals(-10_000, 10_000, allow_nan=False, places=3) | st.integers(0, 9).map(Decimal)


def keyed(shape, texts, *more, least=2, most=5):
    """Parts with the keys that a reader would give them."""
    return st.lists(st.tuples(texts, *more), min_size=least, max_size=most).map(
        lambda rows: tuple(shape(f"k{number}", *row) for number, row in enumerate(rows, 1))
    )


def accepted(texts=words):
    one = st.builds(
        Accepted,
        text=texts,
        match=st.sampled_from(Match),
        credit=st.integers(0, 100),
        feedback=st.just("") | anything,
    )
    return (
        st.lists(one, min_size=1, max_size=4, unique_by=lambda one: (one.text, one.match))
        .map(tuple)
        .filter(earns)
    )


def earns(parts):
    return any(part.credit > 0 for part in parts)


@st.composite
def blanks(draw, texts, words=words):
    number = draw(st.integers(1, 3))
    pieces = [draw(texts) for _ in range(number + 1)]
    text = pieces[0]
    made = []
    for place in range(1, number + 1):
        text += f" [[k{place}]] {pieces[place]}"
        if draw(st.booleans()):
            choices = tuple(draw(st.lists(words, min_size=2, max_size=4, unique=True)))
            right = draw(st.integers(0, len(choices) - 1))
            worth = {right: 100, **draw(st.dictionaries(st.integers(0, 1), credits_above_0))}
            worth[right] = 100
            fits = tuple(
                Accepted(choice, Match.EXACT, worth[at], draw(st.just("") | texts))
                for at, choice in enumerate(choices)
                if at in worth
            )
            made.append(Blank(f"k{place}", fits, choices))
        else:
            made.append(Blank(f"k{place}", draw(accepted(words))))
    return Blanks(
        prompt=draw(texts),
        text=text,
        blanks=tuple(made),
        case_sensitive=draw(st.booleans()),
        explanation=draw(st.just("") | texts),
    )


def questions(kind, texts=anything, words=words):
    """Questions of a kind: `texts` are Markdown, `words` what students type."""
    maybe = st.just("") | texts
    common = {"prompt": texts, "explanation": maybe}
    choice = keyed(Choice, texts, st.integers(-100, 100), maybe)
    rights = keyed(Choice, texts, st.sampled_from([0, 100, -30]), maybe)
    numbers = st.lists(
        st.builds(
            AcceptedNumber,
            value=decimals,
            tolerance=decimals.map(abs),
            relative=st.booleans(),
            credit=st.integers(0, 100),
            feedback=maybe,
        ),
        min_size=1,
        max_size=3,
        unique_by=lambda one: (one.value, one.tolerance, one.relative),
    )
    units = st.lists(
        st.builds(Unit, name=lines, factor=decimals.map(abs).filter(bool)),
        max_size=3,
        unique_by=lambda unit: unit.name,
    ).map(lambda units: tuple([Unit(units[0].name), *units[1:]] if units else []))
    return {
        Kind.SINGLE: st.builds(
            Choices,
            **common,
            choices=choice.filter(lambda many: max(one.credit for one in many) == 100)
            | choice.map(lambda many: (Choice("k1", many[0].text, 100), *many[1:])),
            shuffle=st.booleans(),
            partial=st.booleans(),
        ),
        Kind.MULTIPLE: st.builds(
            Choices,
            **common,
            choices=rights.filter(earns),
            shuffle=st.booleans(),
            partial=st.booleans(),
        ),
        Kind.TRUE_FALSE: st.builds(
            TrueFalse, **common, answer=st.booleans(), if_right=maybe, if_wrong=maybe
        ),
        Kind.SHORT: st.builds(
            Short, **common, accepted=accepted(words), case_sensitive=st.booleans()
        ),
        Kind.NUMERIC: st.builds(
            Numeric,
            **common,
            accepted=numbers.map(tuple).filter(earns),
            units=units,
            unit_required=st.booleans(),
            without_unit=st.integers(0, 100),
        ).map(lambda one: one if one.units else without_units(one)),
        Kind.MATCHING: st.builds(
            Matching,
            **common,
            pairs=keyed(Pair, texts, texts),
            distractors=st.lists(texts, max_size=2).map(tuple),
        ),
        Kind.ORDERING: st.builds(
            Ordering, **common, items=keyed(Item, texts), partial=st.booleans()
        ),
        Kind.BLANKS: blanks(texts, words),
        Kind.HOTSPOT: st.builds(
            Hotspot,
            **common,
            picture=st.just("map"),
            alt=lines,
            width=st.just(40),
            height=st.just(30),
            areas=keyed(
                lambda key, points, credit, feedback: Area(key, *points, credit, feedback),
                st.sampled_from(
                    [
                        (Shape.CIRCLE, (5, 6, 3)),
                        (Shape.RECTANGLE, (0, 0, 10, 20)),
                        (Shape.POLYGON, (0, 0, 10, 0, 10, 10, 0, 30)),
                    ]
                ),
                st.integers(0, 100),
                maybe,
                least=1,
            ).map(lambda areas: (Area("k1", Shape.CIRCLE, (20, 20, 4), 100), *areas[1:])),
        ),
        Kind.ESSAY: st.builds(
            Essay,
            **common,
            least_words=st.integers(0, 10),
            most_words=st.just(0) | st.integers(10, 500),
            starter=maybe,
            notes=maybe,
        ),
        Kind.FILE: st.builds(FileUpload, **common, notes=maybe),
    }[kind]


def without_units(question):
    return Numeric(
        prompt=question.prompt, explanation=question.explanation, accepted=question.accepted
    )


def imported(kind, texts=anything, words=words, pictures=NO_PICTURES, identifiers=lines):
    return st.builds(
        Imported,
        identifier=identifiers,
        title=lines,
        tags=st.lists(lines, max_size=3, unique=True).map(tuple),
        kind=st.just(kind),
        question=questions(kind, texts, words),
        points=st.sampled_from([Decimal(1), Decimal("2.5"), Decimal(10)]),
        pictures=pictures,
    )
