"""What a course's roster costs as the class grows: its first page with 10,000 students against 100,
asked in turn. On the database of DATABASE_URL, or SQLite.

`FLEDGE_BENCH_STUDENTS` chooses another large number.
"""

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from bench.growth import own_database, settle
from bench.harness import Server, environment, manage, median_ratio, serving, verdict

FEW, MANY = 100, int(os.environ.get("FLEDGE_BENCH_STUDENTS", 10_000))
ROUNDS = 12
REQUESTS = 4
AT_MOST = 1.3
MOST_QUERIES = 12


def run() -> bool:
    """True when the first page keeps within the bound and asks the same few queries."""
    with contextlib.ExitStack() as stack:
        few, many = (_site(stack, number) for number in (FEW, MANY))
        print(f"     {MANY:,} students counted anew in {many[1]['counted']:.1f} s", flush=True)
        pairs = []
        for _round in range(ROUNDS):
            one, other = (
                server.cost(found["page"], REQUESTS, Cookie=found["cookie"])
                for server, found in (many, few)
            )
            pairs.append((one.cpu, other.cpu))
        queries = [found["queries"] for _server, found in (many, few)]
        note = (
            f"{pairs[-1][0]:.0f} / {pairs[-1][1]:.0f} ms CPU, {queries[0]} / {queries[1]} queries"
        )
        title = f"roster: {MANY:,} students / {FEW:,}"
        held = verdict(title, median_ratio(pairs), at_most=AT_MOST, note=note)
        return held and queries[0] == queries[1] <= MOST_QUERIES


def _site(stack: contextlib.ExitStack, students: int) -> tuple[Server, dict[str, Any]]:
    data = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    address, more = os.environ.get("DATABASE_URL", ""), {}
    if address.startswith("postgres"):
        server = address.rpartition("/")[0]
        name = f"fledge_bench_roster_{students}"
        more = {"DATABASE_URL": stack.enter_context(own_database(server, name))}
    env = environment(data, 8000, **more)
    manage(env, "migrate", "--verbosity", "0")
    manage(env, "collectstatic", "--noinput", "--verbosity", "0")
    manage(env, "bench_roster", str(students))
    if more:
        settle(more["DATABASE_URL"])
    found = json.loads((data / "bench" / "roster.json").read_text())
    return stack.enter_context(serving(data, **more)), found
