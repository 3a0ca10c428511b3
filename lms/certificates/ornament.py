"""The engraved lines of a certificate, as SVG paths. Every code draws its own."""

import hashlib
import math
from collections.abc import Iterator


def rosette(code: str, *, radius: float = 100.0, curves: int = 10) -> str:
    """A guilloche rosette around (0, 0), as the `d` of an SVG path; the same for the same code."""
    seed = hashlib.sha256(code.encode()).digest()
    petals = 9 + seed[0] % 8
    depth = 0.16 + seed[1] / 255 * 0.14
    rings = (
        _wave(radius * (1 + ring / curves) / 2, petals, depth, ring * math.pi / curves)
        for ring in range(1, curves + 1)
    )
    return "".join(_closed(ring) for ring in rings)


def scallop(*, radius: float = 100.0, teeth: int = 36, depth: float = 0.035) -> str:
    """The milled edge of a seal around (0, 0)."""
    return _closed(_wave(radius * (1 - depth), teeth, depth, 0.0, steps=teeth * 10))


def _wave(
    radius: float, petals: int, depth: float, phase: float, steps: int = 240
) -> Iterator[tuple[float, float]]:
    for step in range(steps):
        angle = step * 2 * math.pi / steps
        distance = radius * (1 + depth * math.cos(petals * angle + phase)) / (1 + depth)
        yield distance * math.cos(angle), distance * math.sin(angle)


def _closed(points: Iterator[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z"
