"""A report of 100,000 students as CSV and XLSX: written in memory that does not grow with them. On
the database of DATABASE_URL, or SQLite.

`FLEDGE_BENCH_STUDENTS` chooses another number.
"""

import os

from bench.growth import told_by
from bench.harness import verdict

STUDENTS = int(os.environ.get("FLEDGE_BENCH_STUDENTS", 100_000))
MOST_GROWTH = 40.0  # megabytes, at most at any moment, beyond what a report of a thousand needed


def run() -> bool:
    """True when memory stays flat while each file is made."""
    found = told_by("exports", STUDENTS)
    held = True
    for name, one in found.items():
        note = f"{one['rows']:,} rows in {one['seconds']:.0f} s, {one['size'] / 1e6:.1f} MB"
        title = f"exports: {name} of {STUDENTS:,} students, megabytes grown"
        held &= verdict(title, one["megabytes"], at_most=MOST_GROWTH, note=note)
    return held
