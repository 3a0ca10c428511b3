"""What an author's screens cost as others open schools beside theirs: 1,000 providers against 10,
on PostgreSQL. Both sites are served at once and asked in turn; their queries are counted.
"""

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from bench.growth import own_database, settle
from bench.harness import Server, environment, manage, median_ratio, serving, verdict

FEW, MANY = 10, 1_000
ROUNDS = 12
REQUESTS = 4
AT_MOST = 1.3


def run() -> bool:
    """True when every screen keeps within the bound and takes the same queries."""
    address = os.environ.get("DATABASE_URL", "")
    if not address.startswith("postgres"):
        print("the explorer is measured on PostgreSQL: set DATABASE_URL")
        return False
    server = address.rpartition("/")[0]
    with contextlib.ExitStack() as stack:
        few, many = (_site(stack, server, providers) for providers in (FEW, MANY))
        held = True
        for name in few[1]["screens"]:
            held &= _compare(name, few, many)
    return held


def _site(
    stack: contextlib.ExitStack, server: str, providers: int
) -> tuple[Server, dict[str, Any]]:
    database = stack.enter_context(own_database(server, f"fledge_bench_explorer_{providers}"))
    data = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    env = environment(data, 8000, DATABASE_URL=database)
    manage(env, "migrate", "--verbosity", "0")
    manage(env, "collectstatic", "--noinput", "--verbosity", "0")
    manage(env, "bench_explorer", str(providers))
    settle(database)
    found = json.loads((data / "bench" / "explorer.json").read_text())
    return stack.enter_context(serving(data, DATABASE_URL=database)), found


def _compare(name: str, few: tuple[Server, Any], many: tuple[Server, Any]) -> bool:
    pairs = []
    for _round in range(ROUNDS):
        one, other = (
            server.cost(found["screens"][name], REQUESTS, Cookie=found["cookie"])
            for server, found in (many, few)
        )
        pairs.append((one.cpu, other.cpu))
    queries = [found["queries"][name] for _server, found in (many, few)]
    note = f"{pairs[-1][0]:.0f} / {pairs[-1][1]:.0f} ms CPU, {queries[0]} / {queries[1]} queries"
    title = f"{name}: {MANY:,} providers / {FEW}"
    held = verdict(title, median_ratio(pairs), at_most=AT_MOST, note=note)
    return held and queries[0] == queries[1]
