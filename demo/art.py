"""Pictures of the demo drawn with Pillow: course covers, portraits, signatures.

Everything is drawn larger than asked and scaled down, for smooth edges. The same arguments give
the same picture; nothing is read but the machine's fonts.
"""

import math
import random
import unicodedata
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from PIL import Image, ImageColor, ImageDraw, ImageFont

from demo.handwriting import strokes
from demo.patterns import pattern_for

SUPERSAMPLING = 2
PORTRAIT_SIZE = 512
SIGNATURE_SIZE = (900, 300)
INK = (24, 36, 92)


@lru_cache
def font(size, bold=False):
    """DejaVu Sans where the machine has it, else the face Pillow carries; ``size`` in pixels."""
    try:
        return ImageFont.truetype("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf", size)
    except OSError:
        return ImageFont.load_default(size)


def cover(course_title, provider_colours, seed, out_path, size=(1600, 900)):
    """Draw a course's cover: a gradient in the provider's colours under a pattern of its subject.

    ``provider_colours`` has ``primary``, ``secondary`` and ``accent`` as CSS hexadecimal colours.
    ``seed`` makes two covers of one subject differ; ``size`` is in pixels.
    """
    rng = random.Random(f"{seed}/{course_title}")  # noqa: S311
    colours = {name: ImageColor.getrgb(value) for name, value in provider_colours.items()}
    wide = (size[0] * SUPERSAMPLING, size[1] * SUPERSAMPLING)
    ends = [mix(colours["primary"], (0, 0, 0), 0.25), mix(colours["secondary"], (255,) * 3, 0.08)]
    if rng.random() < 0.35:
        ends[1] = mix(colours["secondary"], colours["accent"], 0.55)
    image = gradient(wide, ends[0], ends[1], rng.choice([20, 35, 50, 145, 160]))
    layer = Image.new("RGBA", wide, (0, 0, 0, 0))
    bright = mix(colours["accent"], (255, 214, 120), 0.55)
    pattern_for(course_title)(layer, rng, bright, (255, 255, 255))
    image.paste(layer, (0, 0), layer)
    _save(image.resize(size, Image.Resampling.LANCZOS), out_path)


def portrait(name, seed, out_path):
    """Draw a square avatar for ``name``: a friendly abstract figure with the person's initials."""
    rng = random.Random(f"{seed}/{name}")  # noqa: S311
    side = PORTRAIT_SIZE * SUPERSAMPLING
    hue = rng.random()
    dark, light = _hue(hue, 0.55, 0.42), _hue(hue + 0.06, 0.5, 0.78)
    image = gradient(
        (side, side), light, _hue(hue - 0.05, 0.45, 0.6), rng.choice([30, 60, 120, 150])
    )
    layer = Image.new("RGBA", image.size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    for _ in range(4):
        x, y, r = rng.random() * side, rng.random() * side, side * rng.uniform(0.12, 0.34)
        draw.ellipse([x - r, y - r, x + r, y + r], fill=(255, 255, 255, rng.randint(24, 52)))
    image.paste(layer, (0, 0), layer)
    draw = ImageDraw.Draw(image)
    centre = side / 2
    draw.ellipse(_disc(centre, side * 1.08, side * 0.46), fill=dark)
    draw.ellipse(_disc(centre, side * 0.4, side * 0.25), fill=mix(dark, (255, 255, 255), 0.12))
    face = font(int(side * 0.2), bold=True)
    draw.text((centre, side * 0.4), initials(name), font=face, fill="white", anchor="mm")
    _save(image.resize((PORTRAIT_SIZE, PORTRAIT_SIZE), Image.Resampling.LANCZOS), out_path)


def signature(name, out_path):
    """Draw ``name`` as if signed by hand, in blue-black ink on a transparent ground (PNG).

    Letters outside the Latin alphabet are signed as flowing strokes chosen from the name.
    """
    lines = strokes(name)
    points = [point for line in lines for point in line]
    left, right = min(p[0] for p in points), max(p[0] for p in points)
    low, high = min(p[1] for p in points), max(p[1] for p in points)
    width, height = (side * 3 for side in SIGNATURE_SIZE)
    scale = min(width * 0.9 / (right - left), height * 0.84 / (high - low))
    dx = (width - (right - left) * scale) / 2 - left * scale
    dy = (height + (high - low) * scale) / 2 + low * scale
    image = Image.new("RGBA", (width, height), (*INK, 0))
    draw = ImageDraw.Draw(image)
    for line in lines:
        _pen(draw, [(x * scale + dx, dy - y * scale) for x, y in line])
    _save(image.resize(SIGNATURE_SIZE, Image.Resampling.LANCZOS), out_path)


def _pen(draw, points):
    """Ink along ``points``; downward strokes press harder, as a hand does."""
    press = 7.0
    for (x1, y1), (x2, y2) in pairwise(points):
        length = math.hypot(x2 - x1, y2 - y1) or 1
        press += (6.5 + 5.5 * max(0, (y2 - y1) / length) - press) * 0.12
        for step in range(int(length / 2) + 1):
            share = step * 2 / length
            x, y = x1 + (x2 - x1) * share, y1 + (y2 - y1) * share
            draw.ellipse([x - press, y - press, x + press, y + press], fill=(*INK, 255))


def initials(name):
    """One or two letters for a name: the first of its first and of its last word."""
    words = [word for word in name.split() if unicodedata.category(word[0]).startswith("L")]
    if not words:
        return "?"
    letters = [words[0][0]] + ([words[-1][0]] if len(words) > 1 else [])
    return " ".join(letters) if unicodedata.bidirectional(letters[0]) != "L" else "".join(letters)


def gradient(size, start, end, degrees):
    """An RGB image running from ``start`` to ``end`` in the direction ``degrees``."""
    ramp = Image.new("RGB", (256, 1))
    ramp.putdata([mix(start, end, step / 255) for step in range(256)])
    side = math.ceil(math.hypot(*size) / 8)
    turned = ramp.resize((side, side), Image.Resampling.BICUBIC).rotate(
        degrees, Image.Resampling.BICUBIC, expand=True
    )
    width, height = size[0] / 8, size[1] / 8
    x, y = (turned.width - width) / 2, (turned.height - height) / 2
    box = (x, y, x + width, y + height)
    return turned.resize(size, Image.Resampling.BICUBIC, box=box)


def mix(one, other, share):
    """The colour ``share`` of the way (0 to 1) from ``one`` to ``other``."""
    return tuple(round(a + (b - a) * share) for a, b in zip(one, other, strict=True))


def _hue(hue, saturation, lightness):
    return ImageColor.getrgb(f"hsl({hue % 1 * 360:.0f},{saturation:.0%},{lightness:.0%})")


def _disc(x, y, radius):
    return [x - radius, y - radius, x + radius, y + radius]


def _save(image, out_path):
    out_path = Path(out_path)
    out_path.parent.mkdir(parents=True, exist_ok=True)
    image.save(out_path, "PNG", optimize=False)
