"""Patterns of the course covers: each draws on a transparent RGBA layer, given a seeded generator,
a bright colour and a pale one. Lengths are shares of the layer's height.
"""

import math

from PIL import ImageDraw


def pattern_for(title):
    """The pattern that suits a course title, by its words; waves when none does."""
    lowered = title.lower()
    for words, pattern in SUBJECTS:
        if any(word in lowered for word in words):
            return pattern
    return waves


def waves(layer, rng, bright, pale):
    """Layered swells with a sun above: distributions, the sea, heat."""
    draw, width, height = ImageDraw.Draw(layer), *layer.size
    _sun(draw, width * rng.uniform(0.62, 0.8), height * 0.34, height * 0.17, bright)
    for row in range(6):
        base = height * (0.42 + row * 0.1)
        length, shift = width * rng.uniform(0.35, 0.6), rng.random() * math.tau
        swell = height * rng.uniform(0.04, 0.08)
        top = [
            (x, base + swell * math.sin(x / length * math.tau + shift))
            for x in range(0, width + 32, 32)
        ]
        draw.polygon([*top, (width, height), (0, height)], fill=(*pale, 22 + row * 7))
        draw.line(top, fill=(*pale, 90), width=height // 300)


def blocks(layer, rng, bright, pale):
    """Indented lines of rounded bars, like a program seen from afar."""
    draw, width, height = ImageDraw.Draw(layer), *layer.size
    step, indent = height * 0.085, 0
    for row in range(13):
        top = row * step + step * 0.2 - height * 0.04
        x = width * (0.08 + 0.055 * indent)
        for _ in range(rng.randint(1, 4)):
            length = width * rng.choice([0.05, 0.08, 0.12, 0.18])
            box = [x, top, x + length, top + step * 0.52]
            colour = (*bright, 235) if rng.random() < 0.2 else (*pale, rng.choice([46, 70, 104]))
            draw.rounded_rectangle(box, radius=step * 0.26, fill=colour)
            x += length + width * 0.018
        indent = max(0, min(4, indent + rng.choice([-1, 0, 1, 1])))
    _rings(draw, width * 0.84, height * 0.62, height * 0.34, bright, pale)


def columns(layer, rng, bright, pale):
    """A table's cells in perspective of size, some of them chosen."""
    draw, width, height = ImageDraw.Draw(layer), *layer.size
    across, gap = 12, width * 0.012
    cell = (width * 1.04) / across
    for column in range(across):
        for row in range(7):
            x, y = column * cell - width * 0.02, row * cell * 1.02 - height * 0.02
            near = 1 - math.hypot(column - 8.5, (row - 3) * 1.4) / 10
            colour = (*pale, int(14 + 90 * max(0, near) ** 2))
            if (column + row * 5 + rng.randint(0, 2)) % 11 == 0:
                colour = (*bright, int(120 + 110 * max(0, near)))
            box = [x + gap / 2, y + gap / 2, x + cell - gap / 2, y + cell - gap / 2]
            draw.rounded_rectangle(box, radius=cell * 0.14, fill=colour)


def vectors(layer, rng, bright, pale):
    """A sheared grid with arrows from one origin: a linear map."""
    draw, width, height = ImageDraw.Draw(layer), *layer.size
    ox, oy, unit = width * 0.36, height * 0.66, height * 0.13
    ax, ay, bx, by = unit * 1.1, -unit * 0.22, unit * 0.42, -unit * 0.98
    thin = height // 280
    for k in range(-16, 20):
        for ux, uy, vx, vy in ((ax, ay, bx, by), (bx, by, ax, ay)):
            x, y = ox + ux * k, oy + uy * k
            ends = [x - vx * 20, y - vy * 20, x + vx * 20, y + vy * 20]
            draw.line(ends, fill=(*pale, 150 if k == 0 else 52), width=thin * (2 if k == 0 else 1))
    corners = [(0, 0), (2, 0), (2, 2), (0, 2)]
    area = [(ox + ax * i + bx * j, oy + ay * i + by * j) for i, j in corners]
    layer_fill = (*bright, 70)
    draw.polygon(area, fill=layer_fill)
    for i, j, colour in ((2, 0, pale), (0, 2, pale), (2, 2, bright), (4, 1, bright)):
        _arrow(draw, (ox, oy), (ox + ax * i + bx * j, oy + ay * i + by * j), height, colour)


def network(layer, rng, bright, pale):
    """Nodes and edges, with one path picked out."""
    draw, width, height = ImageDraw.Draw(layer), *layer.size
    nodes = [
        (
            width * (0.07 + 0.145 * c + rng.uniform(-0.03, 0.03)),
            height * (0.14 + 0.24 * r + rng.uniform(-0.06, 0.06)),
        )
        for c in range(7)
        for r in range(4)
    ]
    for i, (x, y) in enumerate(nodes):
        nearest = sorted(nodes[i + 1 :], key=lambda node: math.dist(node, (x, y)))[:2]
        for other in nearest:
            draw.line([x, y, *other], fill=(*pale, 80), width=height // 200)
    row, path = rng.randrange(4), []
    for column in range(7):
        path.append(nodes[column * 4 + row])
        row = max(0, min(3, row + rng.choice([-1, 0, 1])))
    draw.line(path, fill=(*bright, 255), width=height // 70, joint="curve")
    for node in nodes:
        radius = height * (0.036 if node in path else rng.uniform(0.014, 0.026))
        _sun(draw, *node, radius, bright if node in path else pale)


def frames(layer, rng, bright, pale):
    """Nested page outlines: a layout."""
    draw, width, height = ImageDraw.Draw(layer), *layer.size
    for k in range(4):
        x, y = width * (0.12 + 0.12 * k), height * (0.1 + 0.09 * k)
        w, h = width * 0.42, height * 0.56
        draw.rounded_rectangle(
            [x, y, x + w, y + h], radius=height * 0.025, fill=(*pale, 30 + 18 * k)
        )
        draw.rounded_rectangle([x, y, x + w, y + h * 0.13], radius=height * 0.025, fill=(*pale, 60))
        for dot in range(3):
            _sun(draw, x + height * (0.04 + 0.045 * dot), y + h * 0.065, height * 0.012, bright)
    for row, length in enumerate((0.3, 0.22, 0.26, 0.12)):
        top = y + h * (0.26 + row * 0.14)
        box = [x + w * 0.08, top, x + w * 0.08 + width * length, top + h * 0.07]
        draw.rounded_rectangle(box, radius=h * 0.035, fill=(*(bright if row == 0 else pale), 210))


def star_tiles(layer, rng, bright, pale):
    """Eight-pointed stars in a grid, as on a tiled wall."""
    draw, height = ImageDraw.Draw(layer), layer.height
    step = height / 4
    for row in range(6):
        for column in range(9):
            x, y = column * step, row * step - step / 2
            strong = rng.random() < 0.16
            squares = [_ring(x, y, step * 0.49, 4, turn) for turn in (0, math.pi / 4)]
            for square in squares:
                draw.polygon(square, fill=(*bright, 200) if strong else (*pale, 34))
            for square in squares:
                draw.line([*square, square[0]], fill=(*pale, 150), width=height // 200)
            _sun(draw, x, y, step * 0.11, bright if strong else pale, 150)


def loaves(layer, rng, bright, pale):
    """Round loaves with scored crusts, and grains around them."""
    draw, width, height = ImageDraw.Draw(layer), *layer.size
    for _ in range(46):
        x, y, turn = rng.random() * width, rng.random() * height, rng.random() * math.tau
        grain = [
            (
                x + math.cos(turn) * height * 0.022 * c - math.sin(turn) * height * 0.009 * s,
                y + math.sin(turn) * height * 0.022 * c + math.cos(turn) * height * 0.009 * s,
            )
            for c, s in (
                (math.cos(a / 12 * math.tau), math.sin(a / 12 * math.tau)) for a in range(12)
            )
        ]
        draw.polygon(grain, fill=(*bright, rng.randint(60, 150)))
    for share, radius in ((0.28, 0.3), (0.66, 0.38), (0.95, 0.22)):
        x, y, r = width * share, height * rng.uniform(0.48, 0.58), height * radius
        _sun(draw, x, y, r, pale, 46)
        _sun(draw, x, y, r * 0.93, bright, 190)
        for k in (-2, -1, 0, 1, 2):
            half = math.sqrt(1 - (k / 3.1) ** 2) * r * 0.72
            box = [x + k * r * 0.28 - r * 0.14, y - half, x + k * r * 0.28 + r * 0.26, y + half]
            draw.arc(box, 110, 250, fill=(*pale, 225), width=int(height * 0.012))


def petals(layer, rng, bright, pale):
    """Crocus-like rosettes of overlapping petals, large and small."""
    draw, width, height = ImageDraw.Draw(layer), *layer.size
    spots = [
        (0.7, 0.5, 0.46),
        (0.2, 0.3, 0.24),
        (0.36, 0.84, 0.2),
        (0.97, 0.08, 0.2),
        (0.02, 0.9, 0.18),
    ]
    for sx, sy, radius in spots:
        x, y, r = width * sx, height * sy, height * radius
        count, turn = rng.choice([6, 8, 10]), rng.random()
        for layer_number, (reach, colour, alpha) in enumerate(
            ((1, pale, 44), (0.72, pale, 66), (0.46, bright, 170))
        ):
            for k in range(count):
                angle = turn + (k + layer_number / 2) * math.tau / count
                draw.polygon(_petal(x, y, r * reach, angle), fill=(*colour, alpha))
        _sun(draw, x, y, r * 0.1, bright)


def bubbles(layer, rng, bright, pale):
    """Speech bubbles in conversation."""
    draw, width, height = ImageDraw.Draw(layer), *layer.size
    rows = [(0.07, 0.1, 0.4), (0.46, 0.33, 0.47), (0.12, 0.56, 0.34), (0.5, 0.77, 0.3)]
    for number, (sx, sy, length) in enumerate(rows):
        sx += rng.uniform(-0.03, 0.03)
        x, y, w, h = width * sx, height * sy, width * length, height * 0.17
        colour = (*bright, 220) if number == 1 else (*pale, 62 + 16 * number)
        draw.rounded_rectangle([x, y, x + w, y + h], radius=h * 0.42, fill=colour)
        tail = x + (w * 0.14 if number % 2 == 0 else w * 0.86)
        lean = -h * 0.35 if number % 2 == 0 else h * 0.35
        draw.polygon(
            [(tail - h * 0.2, y + h), (tail + h * 0.2, y + h), (tail + lean, y + h * 1.3)],
            fill=colour,
        )
        for k in range(rng.randint(3, int(w / h / 0.62) - 1)):
            cx = x + h * 0.6 + k * h * 0.62
            _sun(draw, cx, y + h / 2, h * 0.13, pale, 210)


def awning(layer, rng, bright, pale):
    """A market stall: a scalloped awning above heaped fruit."""
    draw, width, height = ImageDraw.Draw(layer), *layer.size
    stripe = width / 12
    for k in range(12):
        colour = (*bright, 225) if k % 2 else (*pale, 190)
        x, foot = k * stripe, height * 0.3
        draw.rectangle([x, 0, x + stripe, foot], fill=colour)
        draw.pieslice([x, foot - stripe / 2, x + stripe, foot + stripe / 2], 0, 180, fill=colour)
    for row in range(4):
        count = 11 - row % 2
        for k in range(count):
            x = width * (k + 0.5 + (row % 2) / 2) / 11
            y, r = height * (1.0 - row * 0.135), height * rng.uniform(0.06, 0.085)
            colour = bright if rng.random() < 0.3 else pale
            _sun(draw, x, y, r, colour, rng.randint(90, 200))


def shields(layer, rng, bright, pale):
    """Drops and concentric rings on a clean ground: washing, care, safety."""
    draw, width, height = ImageDraw.Draw(layer), *layer.size
    _rings(draw, width * 0.3, height * 0.52, height * 0.42, bright, pale)
    for k in range(18):
        x, y = width * rng.uniform(0.48, 1.0), height * rng.random()
        r = height * rng.uniform(0.02, 0.075)
        colour = (*bright, 190) if k % 5 == 0 else (*pale, rng.randint(50, 120))
        draw.ellipse([x - r, y - r, x + r, y + r], fill=colour)
        draw.polygon(
            [(x - r * 0.94, y - r * 0.34), (x + r * 0.94, y - r * 0.34), (x, y - r * 2.1)],
            fill=colour,
        )


SUBJECTS = [
    (("python", "program", "code"), blocks),
    (("sql", "table", "database"), columns),
    (("linear", "vector", "matri"), vectors),
    (("algorithm", "graph"), network),
    (("web", "page", "html"), frames),
    (("بيانات", "أرقام", "قراءة"), star_tiles),
    (("bread", "bak", "dough"), loaves),
    (("safety", "clean", "hygiene"), shields),
    (("somali", "sea", "coast"), waves),
    (("marché", "market"), awning),
    (("english", "conversation", "language"), bubbles),
    (("kitchen", "spice", "cook", "knife"), petals),
    (("statistic", "chance"), waves),
]


def _sun(draw, x, y, radius, colour, alpha=255):
    draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=(*colour, alpha))


def _rings(draw, x, y, radius, bright, pale):
    for k in range(5):
        r = radius * (1 - k * 0.18)
        box = [x - r, y - r, x + r, y + r]
        colour = (*bright, 230) if k == 2 else (*pale, 90 + 20 * k)
        draw.arc(box, 40 * k, 40 * k + 290, fill=colour, width=int(radius * 0.055))


def _ring(x, y, radius, corners, turn):
    angles = [turn + k * math.tau / corners for k in range(corners)]
    return [(x + radius * math.cos(a), y + radius * math.sin(a)) for a in angles]


def _arrow(draw, start, end, height, colour):
    angle = math.atan2(end[1] - start[1], end[0] - start[0])
    head = height * 0.045
    tip = (end[0] - math.cos(angle) * head, end[1] - math.sin(angle) * head)
    draw.line([*start, *tip], fill=(*colour, 255), width=int(height * 0.012))
    draw.polygon(
        _ring(
            end[0] - math.cos(angle) * head * 0.8,
            end[1] - math.sin(angle) * head * 0.8,
            head * 0.8,
            3,
            angle,
        ),
        fill=(*colour, 255),
    )


def _petal(x, y, reach, angle):
    points = []
    for step in range(25):
        t = step / 24 * math.tau
        along, across = reach * (0.55 - 0.45 * math.cos(t)), reach * 0.2 * math.sin(t)
        points.append(
            (
                x + along * math.cos(angle) - across * math.sin(angle),
                y + along * math.sin(angle) + across * math.cos(angle),
            )
        )
    return points
