"""A report of 100,000 students as CSV and XLSX: written in memory that does not grow with them. On
the database of DATABASE_URL, or SQLite.

`FLEDGE_BENCH_STUDENTS` chooses another number.
"""

import contextlib
import json
import os
import tempfile
from pathlib import Path

from bench.growth import own_database
from bench.harness import environment, manage, verdict

STUDENTS = int(os.environ.get("FLEDGE_BENCH_STUDENTS", 100_000))
MOST_GROWTH = 40.0  # megabytes, at most at any moment, beyond what a report of a thousand needed


def run() -> bool:
    """True when memory stays flat while each file is made."""
    with contextlib.ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        address, more = os.environ.get("DATABASE_URL", ""), {}
        if address.startswith("postgres"):
            server = address.rpartition("/")[0]
            name = "fledge_bench_exports"
            more = {"DATABASE_URL": stack.enter_context(own_database(server, name))}
        env = environment(data, 8000, **more)
        manage(env, "migrate", "--verbosity", "0")
        manage(env, "bench_exports", str(STUDENTS))
        found = json.loads((data / "bench" / "exports.json").read_text())
    held = True
    for name, one in found.items():
        note = f"{one['rows']:,} rows in {one['seconds']:.0f} s, {one['size'] / 1e6:.1f} MB"
        title = f"exports: {name} of {STUDENTS:,} students, megabytes grown"
        held &= verdict(title, one["megabytes"], at_most=MOST_GROWTH, note=note)
    return held
