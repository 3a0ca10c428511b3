"""A simple cursive alphabet, joined up into the strokes of a signature."""

import random
import unicodedata

# Pen points of each letter, in heights of a small letter: 0 is the line, 1 the top of an "x",
# 2 an ascender, -1 a descender. The last point is where the next letter begins.
LETTERS = {
    "a": "0,.1 .68,.9 .3,1 .02,.5 .25,.02 .66,.6 .76,.95 .74,.25 1,.1",
    "b": "0,.1 .42,1.4 .42,2 .24,1.8 .2,.5 .34,.02 .68,.35 .55,.85 .95,.75",
    "c": "0,.1 .58,.9 .36,1 .08,.5 .34,.02 .85,.15",
    "d": "0,.1 .6,.92 .25,.95 .03,.4 .28,.02 .68,.8 .86,2 .76,.4 1.05,.1",
    "e": "0,.1 .46,.5 .48,.92 .25,.92 .12,.4 .4,.02 .78,.18",
    "f": "0,.1 .46,1.5 .4,2 .22,1.6 .2,-.6 .36,-1 .46,-.4 .3,.1 .75,.2",
    "g": "0,.1 .6,.92 .25,1 .03,.5 .28,.05 .64,.8 .6,-.6 .32,-1 .16,-.6 .95,.15",
    "h": "0,.1 .42,1.6 .36,2 .2,1.5 .18,0 .5,.9 .75,.75 .74,.2 1,.1",
    "i": "0,.1 .25,.9 .27,.3 .55,.1",
    "j": "0,.1 .3,.9 .26,-.6 .05,-1 -.05,-.6 .6,.15",
    "k": "0,.1 .42,1.6 .36,2 .2,1.5 .18,0 .5,.9 .62,.65 .34,.45 .9,.1",
    "l": "0,.1 .42,1.5 .36,2 .2,1.6 .2,.3 .55,.1",
    "m": "0,.1 .2,.9 .18,0 .45,.9 .6,.65 .58,0 .86,.9 1.02,.65 1.03,.15 1.3,.1",
    "n": "0,.1 .2,.9 .18,0 .5,.9 .7,.7 .7,.15 1,.1",
    "o": "0,.2 .4,.95 .1,.7 .14,.12 .48,.05 .62,.6 .42,.95 .9,.8",
    "p": "0,.1 .25,.9 .16,-.95 .25,.6 .58,.95 .7,.4 .42,.05 .95,.12",
    "q": "0,.1 .6,.92 .25,1 .03,.5 .28,.05 .64,.8 .6,-.9 .8,-.6 1,.15",
    "r": "0,.1 .24,.9 .36,1.05 .56,.85 .5,.3 .82,.1",
    "s": "0,.1 .36,1.02 .5,.6 .4,.05 .14,.1 .75,.15",
    "t": "0,.1 .36,1.6 .32,.4 .65,.1",
    "u": "0,.1 .2,.9 .2,.2 .44,.05 .7,.9 .7,.2 1,.1",
    "v": "0,.1 .2,.9 .4,.05 .66,.9 .95,.8",
    "w": "0,.1 .2,.9 .36,.05 .6,.8 .72,.05 1,.9 1.25,.8",
    "x": "0,.1 .3,.9 .56,.1 .3,.02 .7,.95 .9,.2",
    "y": "0,.1 .2,.9 .3,.2 .6,.9 .58,-.6 .3,-1 .15,-.6 .95,.15",
    "z": "0,.1 .2,.9 .6,.85 .2,.02 .5,0 .4,-.8 .12,-.7 .85,.15",
}
# What is added once the word is written: dots and bars.
MARKS = {
    "i": [(0.3, 1.45), (0.36, 1.5)],
    "j": [(0.34, 1.45), (0.4, 1.5)],
    "t": [(-0.05, 1.12), (0.75, 1.22)],
    "f": [(0.0, 0.9), (0.65, 0.98)],
}
SLANT = 0.32
CAPITAL = 1.75
STEPS = 10


def strokes(name):
    """The pen strokes that sign ``name``: lists of (x, y), y upwards, in small-letter heights."""
    words = _latin_words(name)
    rng = random.Random(name)  # noqa: S311
    lines, x = [], 0.0
    for word in words:
        line, marks, x = _word(word, x, rng)
        lines += [_smooth(line), *marks]
        x += 0.55
    underline = [
        (x * 0.12, -0.75),
        (x * 0.5, -1.0),
        (x * 1.02, -0.7),
        (x * 0.8, -1.25),
        (x * 0.55, -1.2),
    ]
    lines.append(_smooth(underline))
    return [[(px + SLANT * py, py) for px, py in line] for line in lines]


def _word(word, x, rng):
    points, marks = [], []
    for position, letter in enumerate(word):
        size = CAPITAL if position == 0 else 1 - 0.03 * min(position, 7)
        pen = [tuple(map(float, pair.split(","))) for pair in LETTERS[letter].split()]
        pen = pen[:-1] if position < len(word) - 1 else [*pen, (pen[-1][0] + 0.5, 0.3)]
        for px, py in pen:
            points.append((x + px * size, py * size + rng.uniform(-0.035, 0.035)))
        if letter in MARKS:
            marks.append([(x + px * size, py * size) for px, py in MARKS[letter]])
        x += float(LETTERS[letter].split()[-1].split(",")[0]) * size
    return points, marks, x


def _latin_words(name):
    plain = unicodedata.normalize("NFKD", name).lower()
    words = ["".join(c for c in word if c in LETTERS) for word in plain.split()]
    if all(words):
        return words
    rng = random.Random(name)  # noqa: S311
    return ["".join(rng.choice("elmnruvhya") for _ in range(min(len(w), 6))) for w in name.split()]


def _smooth(points):
    """A Catmull-Rom curve through ``points``."""
    ends = [points[0], *points, points[-1]]
    curve = []
    for a, b, c, d in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        for step in range(STEPS):
            t = step / STEPS
            curve.append(tuple(_between(a[i], b[i], c[i], d[i], t) for i in (0, 1)))
    return [*curve, points[-1]]


def _between(a, b, c, d, t):
    return 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )
