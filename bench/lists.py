"""Two lists of 10,000 people, one of invitations and one a school brings in: read, checked and
carried out, each within a minute. On the database of DATABASE_URL, or SQLite.

`FLEDGE_BENCH_PEOPLE` chooses another number.
"""

import contextlib
import json
import os
import tempfile
from pathlib import Path

from bench.growth import own_database
from bench.harness import environment, manage, verdict

PEOPLE = int(os.environ.get("FLEDGE_BENCH_PEOPLE", 10_000))
AT_MOST = 60.0  # seconds


def run() -> bool:
    """True when each list is done in time."""
    with contextlib.ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        address, more = os.environ.get("DATABASE_URL", ""), {}
        if address.startswith("postgres"):
            server = address.rpartition("/")[0]
            name = "fledge_bench_lists"
            more = {"DATABASE_URL": stack.enter_context(own_database(server, name))}
        env = environment(data, 8000, **more)
        manage(env, "migrate", "--verbosity", "0")
        manage(env, "bench_lists", str(PEOPLE))
        found = json.loads((data / "bench" / "lists.json").read_text())
    held = True
    for name, steps in found.items():
        note = ", ".join(f"{step} {seconds:.1f} s" for step, seconds in steps.items())
        title = f"lists: {PEOPLE:,} {name}, seconds"
        held &= verdict(title, sum(steps.values()), at_most=AT_MOST, note=note)
    return held
