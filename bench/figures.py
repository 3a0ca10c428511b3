"""What a school's figures cost as it grows: the page with 1,000,000 enrolments against 1,000, asked
in turn, and counting everything anew. On the database of DATABASE_URL, or SQLite.

`FLEDGE_BENCH_ENROLMENTS` chooses another large number.
"""

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from bench.growth import own_database
from bench.harness import Server, environment, manage, median_ratio, serving, verdict

FEW, MANY = 1_000, int(os.environ.get("FLEDGE_BENCH_ENROLMENTS", 1_000_000))
ROUNDS = 12
REQUESTS = 4
AT_MOST = 1.5


def run() -> bool:
    """True when the page keeps within the bound and asks the same queries."""
    with contextlib.ExitStack() as stack:
        few, many = (_site(stack, number) for number in (FEW, MANY))
        print(f"     {MANY:,} enrolments counted anew in {many[1]['recounted']:.1f} s", flush=True)
        held = True
        for name in few[1]["pages"]:
            held &= _compare(name, few, many)
    return held


def _site(stack: contextlib.ExitStack, enrolments: int) -> tuple[Server, dict[str, Any]]:
    data = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    address, more = os.environ.get("DATABASE_URL", ""), {}
    if address.startswith("postgres"):
        server = address.rpartition("/")[0]
        name = f"fledge_bench_figures_{enrolments}"
        more = {"DATABASE_URL": stack.enter_context(own_database(server, name))}
    env = environment(data, 8000, **more)
    manage(env, "migrate", "--verbosity", "0")
    manage(env, "collectstatic", "--noinput", "--verbosity", "0")
    manage(env, "bench_figures", str(enrolments))
    found = json.loads((data / "bench" / "figures.json").read_text())
    return stack.enter_context(serving(data, **more)), found


def _compare(name: str, few: tuple[Server, Any], many: tuple[Server, Any]) -> bool:
    pairs = []
    for _round in range(ROUNDS):
        one, other = (
            server.cost(found["pages"][name], REQUESTS, Cookie=found["cookie"])
            for server, found in (many, few)
        )
        pairs.append((one.cpu, other.cpu))
    queries = [found["queries"][name] for _server, found in (many, few)]
    note = f"{pairs[-1][0]:.0f} / {pairs[-1][1]:.0f} ms CPU, {queries[0]} / {queries[1]} queries"
    title = f"figures, {name}: {MANY:,} enrolments / {FEW:,}"
    held = verdict(title, median_ratio(pairs), at_most=AT_MOST, note=note)
    return held and queries[0] == queries[1]
