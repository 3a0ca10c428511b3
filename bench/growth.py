"""How pages fare as the catalogue grows, on PostgreSQL: 100,000 courses against 1,000.

The page cache is out of the way. Both sites are served at once and asked in turn.
"""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from bench.harness import Server, environment, manage, serving, verdict

SMALL, LARGE = 1_000, 100_000
ROUNDS = 40
AT_MOST = 1.5


def run() -> bool:
    """True when every page keeps within the bound."""
    address = os.environ.get("DATABASE_URL", "")
    if not address.startswith("postgres"):
        print("growth is measured on PostgreSQL: set DATABASE_URL")
        return False
    server = address.rpartition("/")[0]
    with contextlib.ExitStack() as stack:
        sites = [_site(stack, server, courses) for courses in (SMALL, LARGE)]
        (small, small_pages), (large, large_pages) = sites
        held = True
        for name in small_pages:
            ratio, note = _compare(small, small_pages[name], large, large_pages[name])
            held &= verdict(f"{name}: 100,000 courses / 1,000", ratio, at_most=AT_MOST, note=note)
    return held


def _site(stack: contextlib.ExitStack, server: str, courses: int) -> tuple[Server, dict[str, str]]:
    database = stack.enter_context(own_database(server, f"fledge_bench_{courses}"))
    data = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    own = {"DATABASE_URL": database}
    env = environment(data, 8000, **own)
    manage(env, "migrate", "--verbosity", "0")
    manage(env, "collectstatic", "--noinput", "--verbosity", "0")
    subprocess.run(
        [sys.executable, "manage.py", "bench_catalogue", str(courses)],
        cwd=Path(__file__).parents[1], env=env, check=True,
    )  # fmt: skip
    settle(database)
    found = json.loads((data / "bench" / "catalogue.json").read_text())
    pages = {
        "catalogue": "/courses/",
        "catalogue, cheapest first": "/courses/?sort=price",
        "category": "/courses/?category=subject-3",
        "course page": found["course"],
        "search, rare word": f"/courses/?q={found['rare']}",
        "search, middling word": f"/courses/?q={found['middling']}",
        "search, common word": f"/courses/?q={found['common']}",
        "search, two words": f"/courses/?q={found['common']}+{found['middling']}",
    }
    running = stack.enter_context(serving(data, FLEDGE_BENCH_UNCACHED="1", **own))
    return running, pages


def settle(address: str) -> None:
    """Have the database know its rows, as autovacuum sees to within minutes."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


@contextlib.contextmanager
def own_database(server: str, name: str) -> Iterator[str]:
    """An empty database, dropped afterwards; its address."""
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield f"{server}/{name}"
        finally:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def told_by(command: str, number: int) -> dict[str, Any]:
    """What the management command bench_<command> found on an empty site of its own, on the
    database of DATABASE_URL, or SQLite."""
    with contextlib.ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        address, more = os.environ.get("DATABASE_URL", ""), {}
        if address.startswith("postgres"):
            server = address.rpartition("/")[0]
            name = f"fledge_bench_{command}"
            more = {"DATABASE_URL": stack.enter_context(own_database(server, name))}
        env = environment(data, 8000, **more)
        manage(env, "migrate", "--verbosity", "0")
        manage(env, f"bench_{command}", str(number))
        found: dict[str, Any] = json.loads((data / "bench" / f"{command}.json").read_text())
    return found


def _compare(small: Server, small_path: str, large: Server, large_path: str) -> tuple[float, str]:
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(ROUNDS + 3):
        for server, path, list_ in ((small, small_path, times[0]), (large, large_path, times[1])):
            at = time.perf_counter()
            with urllib.request.urlopen(f"http://localhost:{server.port}{path}") as answer:
                answer.read()
            if number >= 3:
                list_.append(time.perf_counter() - at)
    medians = [statistics.median(list_) * 1000 for list_ in times]
    return medians[1] / medians[0], f"{medians[1]:.1f} / {medians[0]:.1f} ms"
