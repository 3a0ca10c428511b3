"""Two lists of 10,000 people, one of invitations and one a school brings in: read, checked and
carried out, each within a minute. On the database of DATABASE_URL, or SQLite.

`FLEDGE_BENCH_PEOPLE` chooses another number.
"""

import os

from bench.growth import told_by
from bench.harness import verdict

PEOPLE = int(os.environ.get("FLEDGE_BENCH_PEOPLE", 10_000))
AT_MOST = 60.0  # seconds


def run() -> bool:
    """True when each list is done in time."""
    found = told_by("lists", PEOPLE)
    held = True
    for name, steps in found.items():
        note = ", ".join(f"{step} {seconds:.1f} s" for step, seconds in steps.items())
        title = f"lists: {PEOPLE:,} {name}, seconds"
        held &= verdict(title, sum(steps.values()), at_most=AT_MOST, note=note)
    return held
