"""A gradebook of 500 students and 40 items: the page, CSV and XLSX, against a class of 50. What a
student costs must not grow with the class, nor how many queries are asked; and the page comes as it
is made. On the database of DATABASE_URL, or SQLite.

`FLEDGE_BENCH_STUDENTS` chooses another large number.
"""

import contextlib
import http.client
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.growth import own_database, settle
from bench.harness import (
    Server,
    environment,
    manage,
    median_ratio,
    resident_megabytes,
    serving,
    verdict,
)

FEW, MANY = 50, int(os.environ.get("FLEDGE_BENCH_STUDENTS", 500))
ITEMS = 40
ROUNDS = 8
REQUESTS = 2
AT_MOST = 1.2  # the cost of a student in the large class, to that in the small one
MOST_QUERIES = 12
MOST_GROWTH = 40.0  # megabytes that a server may hold more after all of that


def run() -> bool:
    """True when a student costs no more, with few queries, and the page is streamed."""
    with contextlib.ExitStack() as stack:
        few, many = (_site(stack, number) for number in (FEW, MANY))
        held = True
        for name in few[1]["pages"]:
            held &= _compare(name, few, many)
        return held & _streamed(*many) & _flat(*many)


def _site(stack: contextlib.ExitStack, students: int) -> tuple[Server, dict[str, Any]]:
    data = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    address, more = os.environ.get("DATABASE_URL", ""), {}
    if address.startswith("postgres"):
        server = address.rpartition("/")[0]
        name = f"fledge_bench_gradebook_{students}"
        more = {"DATABASE_URL": stack.enter_context(own_database(server, name))}
    env = environment(data, 8000, **more)
    manage(env, "migrate", "--verbosity", "0")
    manage(env, "collectstatic", "--noinput", "--verbosity", "0")
    manage(env, "bench_gradebook", str(students), str(ITEMS))
    if more:
        settle(more["DATABASE_URL"])
    found = json.loads((data / "bench" / "gradebook.json").read_text())
    return stack.enter_context(serving(data, **more)), found


def _compare(name: str, few: tuple[Server, Any], many: tuple[Server, Any]) -> bool:
    pairs, walls = [], []
    for _round in range(ROUNDS):
        one, other = (
            server.cost(found["pages"][name], REQUESTS, Cookie=found["cookie"])
            for server, found in (many, few)
        )
        pairs.append((one.cpu / MANY, other.cpu / FEW))
        walls.append(one.wall)
    queries = [found["queries"][name] for _server, found in (many, few)]
    note = (
        f"{sorted(walls)[len(walls) // 2]:.0f} ms, {pairs[-1][0]:.2f} / {pairs[-1][1]:.2f} ms CPU "
        f"a student, {queries[0]} / {queries[1]} queries"
    )
    title = f"gradebook, {name}: {MANY} students × {ITEMS} / {FEW}"
    held = verdict(title, median_ratio(pairs), at_most=AT_MOST, note=note)
    few_enough = max(queries) <= MOST_QUERIES and queries[0] == queries[1]
    if not few_enough:
        print(f"MISS {title}: {queries} queries, at most {MOST_QUERIES}")
    return held and few_enough


def _streamed(server: Server, found: dict[str, Any]) -> bool:
    """Whether the page comes in pieces, and how much of the time its first one takes."""
    shares = []
    for _round in range(ROUNDS):
        connection = http.client.HTTPConnection("localhost", server.port, timeout=60)
        started = time.perf_counter()
        connection.request("GET", found["pages"]["page"], headers={"Cookie": found["cookie"]})
        response = connection.getresponse()
        response.read(1)
        first = time.perf_counter() - started
        size = 1 + len(response.read())
        whole = time.perf_counter() - started
        in_pieces = response.getheader("Content-Length") is None
        connection.close()
        if not in_pieces:
            print("MISS the page does not come in pieces")
            return False
        shares.append((first, whole))
    note = f"{shares[-1][0] * 1000:.0f} of {shares[-1][1] * 1000:.0f} ms, {size / 1e6:.1f} MB"
    return verdict(
        "gradebook: first byte / whole page", median_ratio(shares), at_most=1.0, note=note
    )


def _flat(server: Server, found: dict[str, Any]) -> bool:
    before = resident_megabytes(server.pid)
    for path in found["pages"].values():
        server.cost(path, 10, Cookie=found["cookie"])
    after = resident_megabytes(server.pid)
    title = "gradebook: megabytes held after 45 more answers"
    return verdict(title, after - before, at_most=MOST_GROWTH, note=f"{after:.0f} MB")
