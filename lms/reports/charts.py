"""Charts as SVG, drawn by pygal; in the admin with its own colours, so they follow its theme."""

import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import pygal
from django.utils.safestring import SafeString, mark_safe
from pygal.style import Style

# pygal leaves a finder of the old kind behind, for maps we don't have. Whoever asks every finder
# for a module stumbles over it.
sys.meta_path[:] = [finder for finder in sys.meta_path if hasattr(finder, "find_spec")]

COLOURS = ("var(--w-color-secondary-100)", "var(--w-color-warning-100)")
STYLE = Style(
    background="transparent",
    plot_background="transparent",
    foreground="var(--w-color-text-meta)",
    foreground_strong="var(--w-color-text-label)",
    foreground_subtle="var(--w-color-border-furniture)",
    colors=COLOURS,
    font_family="inherit",
    stroke_width="2.5",
    stroke_opacity="1",
    guide_stroke_color="var(--w-color-border-furniture)",
    major_guide_stroke_color="var(--w-color-border-furniture)",
    label_font_size=13,
    major_label_font_size=13,
)
LABELS = 5  # along the bottom
# The site's pages allow no styles and scripts inside them: static/css/reports.css draws the lines.
INLINE = re.compile(r"<(style|script|title)\b.*?</\1>| style=\"[^\"]*\"", re.DOTALL)


def lines(
    labels: Sequence[str], series: Mapping[str, Sequence[int]], *, bare: bool = False
) -> SafeString:
    """A line for each of `series`; it is decoration for those who see, a table says the same.
    `bare`: without a style of its own."""
    highest = max((number for numbers in series.values() for number in numbers), default=0)
    chart: Any = pygal.Line(
        style=STYLE,
        js=(),
        width=480,
        height=200,
        margin=8,
        show_legend=False,
        show_dots=len(labels) == 1,
        show_minor_x_labels=False,
        truncate_label=-1,
        range=(0, max(highest, 4)),
        y_labels=_steps(max(highest, 4)),
        value_formatter=lambda value: f"{value:,.0f}",
        disable_xml_declaration=True,
        fill=len(series) == 1,
    )
    chart.x_labels = list(labels)
    every = max(1, -(-len(labels) // LABELS))
    chart.x_labels_major = [label for at, label in enumerate(labels) if at % every == 0]
    for name, numbers in series.items():
        chart.add(name, list(numbers))
    drawn: str = chart.render(is_unicode=True)
    if bare:
        drawn = INLINE.sub("", drawn)
    return mark_safe(drawn)  # noqa: S308 - pygal escapes its labels


def _steps(highest: int) -> list[int]:
    step = next(
        size * 10**power
        for power in range(12)
        for size in (1, 2, 5)
        if size * 10**power * 5 >= highest
    )
    return list(range(0, highest + step, step))
