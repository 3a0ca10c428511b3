"""A certificate's PDF against WeasyPrint alone on the same HTML: what snapshot, template, QR code,
ornament, tags and reproducibility cost on top.
"""

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date

ROUNDS = 12


def run() -> bool:
    """Print the ratios; whether all bounds hold."""
    import django

    from bench.harness import median_ratio, verdict

    data = tempfile.mkdtemp(prefix="fledge-bench-")
    os.environ.setdefault("FLEDGE_DATA", data)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")
    django.setup()

    from weasyprint import HTML

    from lms.certificates import document
    from lms.certificates.content import Content

    latin = Content(
        code="7K3M-9QXT-2HVB-4WZD",
        url="http://localhost:8000/verify/7K3M-9QXT-2HVB-4WZD/",
        language="en",
        student="Carol Achieng Wanjiru",
        course="Reading the Night Sky: Astronomy Without a Telescope",
        summary="Find your way among the stars with nothing but your eyes and a dark place.",
        instructors=("Dr Alice Okafor",),
        provider="Acme Academy",
        primary_colour="#1d3f72",
        accent_colour="#b8862f",
        logo=None,
        signatory="Dr Alice Okafor",
        signature=None,
        completed_on=date(2026, 11, 21),
        minutes=750,
        grade=None,
        minimum_grade=None,
    )
    arabic = replace(
        latin, language="ar", student="محمد بن عبد الله", course="مدخل إلى علم الفلك", summary=""
    )
    held = True
    for name, content in (("English", latin), ("Arabic", arabic)):
        page = document.html(content)
        pairs = []
        for _round in range(ROUNDS + 1):
            ours = _cpu(lambda content=content: document.pdf(content))
            alone = _cpu(lambda page=page: HTML(string=page).write_pdf())
            pairs.append((ours, alone))
        pairs = pairs[1:]  # the first loads fonts
        held &= verdict(
            f"certificate PDF, {name} / WeasyPrint alone, same HTML (CPU)",
            median_ratio(pairs),
            at_most=1.3,
            note=f"{min(a for a, _ in pairs):.0f} / {min(b for _, b in pairs):.0f} ms CPU",
        )
    return held


def _cpu(work: Callable[[], object]) -> float:
    """Milliseconds of processor time."""
    started = time.process_time()
    work()
    return (time.process_time() - started) * 1000
