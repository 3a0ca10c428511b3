"""A quiz that a whole class begins at once: 2,000 students start, answer twenty questions, each
saved as it is given, and hand in; on PostgreSQL. How long the saving of an answer takes is held
against a bare Django project's view that writes one row for who is signed in (bench.floor), asked
in turn with the same load; and nothing may be refused or lost.

`FLEDGE_BENCH_STUDENTS` chooses another number.
"""

import contextlib
import http.client
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg

from bench.growth import own_database
from bench.harness import ROOT, environment, free_port, manage, serving, verdict

STUDENTS = int(os.environ.get("FLEDGE_BENCH_STUDENTS", 2_000))
AT_ONCE = 8  # requests under way; what comes meanwhile waits
AT_MOST = 2.0
TOKEN = "b" * 32


def run() -> bool:
    """True when no request failed, no answer is lost, and saving keeps within the bound."""
    address = os.environ.get("DATABASE_URL", "")
    if not address.startswith("postgres"):
        print("the quiz is measured on PostgreSQL: set DATABASE_URL")
        return False
    server = address.rpartition("/")[0]
    with contextlib.ExitStack() as stack:
        floor, floor_sessions = _floor(stack, server)
        database = stack.enter_context(own_database(server, "fledge_bench_quiz"))
        data = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        env = environment(data, 8000, DATABASE_URL=database)
        manage(env, "migrate", "--verbosity", "0")
        manage(env, "collectstatic", "--noinput", "--verbosity", "0")
        manage(env, "bench_quiz", str(STUDENTS))
        found = json.loads((data / "bench" / "quiz.json").read_text())
        port = stack.enter_context(serving(data, DATABASE_URL=database)).port
        return _drive(port, found, floor, floor_sessions, database)


def _drive(
    port: int, found: dict[str, Any], floor: int, floor_sessions: list[str], database: str
) -> bool:
    url, questions = found["url"], found["questions"]
    site = Load(port, f"{found['host']}:{port}")
    bare = Load(floor, "localhost")
    attempts: dict[str, str] = {}

    def start(key: str) -> None:
        where = site.post(f"{url}start/", key, {})
        attempts[key] = re.search(r"/attempts/(\d+)/", where)[1]  # type: ignore[index]

    started = site.timed([lambda key=key: start(key) for key in found["sessions"]])
    _say("start", started)
    ours: list[float] = []
    theirs: list[float] = []
    for place in range(questions):
        # In turn, so that what else the machine does meanwhile falls on both.
        theirs += bare.timed(
            [
                lambda key=key, place=place: bare.post(f"/rows/{place}/", key, {f"q{place}": "a"})
                for key in floor_sessions
            ]
        )
        ours += site.timed(
            [
                lambda key=key, place=place: site.post(
                    f"{url}attempts/{attempts[key]}/answers/{place}/",
                    key,
                    {f"q{place}": "a", f"q{place}-seen": "0"},
                )
                for key in found["sessions"]
            ]
        )
    _say("save an answer", ours)
    _say("bare view", theirs)
    handed_in = site.timed(
        [
            lambda key=key: site.post(
                f"{url}attempts/{attempts[key]}/submit/", key, {"deed": "submit"}
            )
            for key in found["sessions"]
        ]
    )
    _say("hand in", handed_in)
    whole = _whole(database)
    wanted = (STUDENTS, STUDENTS * questions)
    print(f"     kept: {whole[0]:,} attempts all right, {whole[1]:,} answers", flush=True)
    held = verdict(
        "p95 of saving an answer / of a bare view",
        _p95(ours) / _p95(theirs),
        at_most=AT_MOST,
        note=f"{_p95(ours):.1f} / {_p95(theirs):.1f} ms",
    )
    failed = site.failed + bare.failed
    print(f"     failed requests: {failed}", flush=True)
    return held and whole == wanted and not failed


def _whole(database: str) -> tuple[int, int]:
    with psycopg.connect(database) as connection:
        attempts = connection.execute(
            "SELECT count(*) FROM assessments_attempt WHERE state = 'graded' AND score = 100"
        ).fetchone()
        answers = connection.execute(
            "SELECT count(*) FROM assessments_response WHERE answer ->> 'choice' = 'a'"
        ).fetchone()
    return attempts[0], answers[0]  # type: ignore[index]


class Load:
    """AT_ONCE kept-alive connections to one server."""

    def __init__(self, port: int, host: str) -> None:
        self.port, self.host = port, host
        self.failed = 0
        self._local = threading.local()
        self._pool = ThreadPoolExecutor(AT_ONCE)

    def timed(self, deeds: Sequence[Callable[[], Any]]) -> list[float]:
        """Milliseconds each took."""

        def one(deed: Callable[[], Any]) -> float:
            at = time.perf_counter()
            try:
                deed()
            except Exception as problem:
                self.failed += 1
                if self.failed < 5:
                    print("     failed:", problem, flush=True)
            return (time.perf_counter() - at) * 1000

        return list(self._pool.map(one, deeds))

    def post(self, path: str, session: str, fields: dict[str, str]) -> str:
        """Send a form; the address it leads to, if it leads anywhere. Raises RuntimeError."""
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            self._local.connection = connection
        headers = {
            "Host": self.host,
            "Cookie": f"sessionid={session}; csrftoken={TOKEN}",
            "X-CSRFToken": TOKEN,
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        connection.request("POST", path, urlencode(fields), headers)
        response = connection.getresponse()
        body = response.read()
        if response.status not in (200, 302):
            raise RuntimeError(f"{path} answered {response.status}: {body[:200]!r}")
        return response.headers.get("Location", "")


def _floor(stack: contextlib.ExitStack, server: str) -> tuple[int, list[str]]:
    """The bare project, served: (port, sessions)."""
    database = stack.enter_context(own_database(server, "fledge_bench_floor"))
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "bench.floor.settings",
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": database,
    }
    made = subprocess.run(
        [sys.executable, "-m", "bench.floor.fill", str(STUDENTS), "20"],
        cwd=ROOT, env=env, check=True, capture_output=True, text=True,
    )  # fmt: skip
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "daphne", "--bind", "127.0.0.1", "--port", str(port),
         "--verbosity", "0", "bench.floor.application:application"],
        cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    stack.enter_context(_until(process))
    deadline = time.monotonic() + 60
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            break
        if time.monotonic() > deadline:
            raise TimeoutError("the bare project does not start")
        time.sleep(0.2)
    return port, json.loads(made.stdout)


@contextlib.contextmanager
def _until(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def _median(times: list[float]) -> float:
    return statistics.median(times)


def _say(name: str, times: list[float]) -> None:
    print(f"     {name}: median {_median(times):.1f} ms, p95 {_p95(times):.1f} ms", flush=True)
