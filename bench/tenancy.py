"""What the scope and row-level security cost together, on PostgreSQL: a hundred schools with 60,000
enrolments, and the reads of a dashboard, a roster and a lesson, with both and with neither.
"""

import json
import os
import tempfile
from pathlib import Path

from bench.growth import own_database
from bench.harness import environment, manage, median_ratio, verdict

AT_MOST = 1.15


def run() -> bool:
    """True when all of them keep within the bound, in processor time and in time."""
    address = os.environ.get("DATABASE_URL", "")
    if not address.startswith("postgres"):
        print("tenancy is measured on PostgreSQL: set DATABASE_URL")
        return False
    server = address.rpartition("/")[0]
    with (
        own_database(server, "fledge_bench_tenancy") as database,
        tempfile.TemporaryDirectory() as folder,
    ):
        env = environment(Path(folder), 8000, DATABASE_URL=database)
        manage(env, "migrate", "--verbosity", "0")
        manage(env, "bench_tenancy")
        measured = json.loads((Path(folder) / "bench" / "tenancy.json").read_text())
    held = True
    for name, rounds in measured.items():
        for kind, unit in (("cpu", "CPU"), ("wall", "time")):
            with_both, with_neither = rounds[kind][-1]
            held &= verdict(
                f"{name}: with scope and policies / without ({unit})",
                median_ratio(rounds[kind]),
                at_most=AT_MOST,
                note=f"{with_both:.2f} / {with_neither:.2f} ms",
            )
    return held
