"""Serving the site, asking it, and reading what that cost."""

import http.client
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TICK = os.sysconf("SC_CLK_TCK")


def environment(data: Path, port: int, **more: str) -> dict[str, str]:
    """The environment of a benchmarked site."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "PYTHONPATH": f"{ROOT / 'site'}:{ROOT}",
        "FLEDGE_DATA": str(data),
        "FLEDGE_MEDIA": str(data / "media"),
        "FLEDGE_BASE_URL": f"http://localhost:{port}",
        **more,
    }


def manage(env: dict[str, str], *arguments: str) -> None:
    """Run a management command. Raises CalledProcessError."""
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=env, check=True)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def cpu_seconds(pid: int) -> float:
    """Processor time a process has used, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def scheduled_seconds(pid: int) -> float:
    """Processor time as the scheduler counts it: ticks are too coarse for some milliseconds."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def resident_megabytes(pid: int) -> float:
    """Memory a process holds."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise LookupError("VmRSS")


def postgres_processes() -> list[int]:
    """The PostgreSQL processes of this machine, to count their time too."""
    found = subprocess.run(["pgrep", "-x", "postgres"], capture_output=True, text=True)
    return [int(pid) for pid in found.stdout.split()]


@dataclass(frozen=True)
class Cost:
    """What requests cost: milliseconds of processor time each, median wall time, rate."""

    cpu: float
    wall: float
    per_second: float


class Server:
    """A web server process and a kept-alive connection to it."""

    def __init__(self, port: int, pid: int, *, database: bool) -> None:
        self.port = port
        self.pid = pid
        self.database = database

    def _spent(self) -> float:
        pids = [self.pid, *(postgres_processes() if self.database else [])]
        total = 0.0
        for pid in pids:
            try:
                total += cpu_seconds(pid)
            except OSError:  # a back end that went away
                continue
        return total

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        """One answer: (status, body)."""
        request = urllib.request.Request(f"http://localhost:{self.port}{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, response.read()

    def cost(self, path: str, requests: int, **headers: str) -> Cost:
        """Ask `requests` times over one connection, after a few to warm up."""
        connection = http.client.HTTPConnection("localhost", self.port, timeout=60)

        def once() -> None:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            response.read()
            if response.status != 200:
                raise RuntimeError(f"{path} answered {response.status}")

        for _ in range(5):
            once()
        before, started, times = self._spent(), time.perf_counter(), []
        for _ in range(requests):
            at = time.perf_counter()
            once()
            times.append(time.perf_counter() - at)
        passed = time.perf_counter() - started
        spent = self._spent() - before
        connection.close()
        return Cost(
            cpu=spent / requests * 1000,
            wall=statistics.median(times) * 1000,
            per_second=requests / passed,
        )


@contextmanager
def serving(data: Path, **more: str) -> Iterator[Server]:
    """The site under daphne, from the data in `data`."""
    port = free_port()
    env = environment(data, port, **more)
    with (data / "bench-server.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "daphne", "--bind", "127.0.0.1", "--port", str(port),
             "--verbosity", "0", "config.asgi:application"],
            cwd=ROOT, env=env, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"http://localhost:{port}/healthz", timeout=2).close()
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
        yield Server(port, process.pid, database=bool(env.get("DATABASE_URL")))
    finally:
        process.terminate()
        process.wait(timeout=20)


def median_ratio(pairs: list[tuple[float, float]]) -> float:
    """The median of a/b over interleaved rounds: what one noisy round says is outvoted."""
    return statistics.median(a / b for a, b in pairs)


def verdict(
    name: str,
    ratio: float,
    *,
    at_most: float | None = None,
    at_least: float | None = None,
    note: str = "",
) -> bool:
    """Print one line; whether the bound holds."""
    held = (at_most is None or ratio <= at_most) and (at_least is None or ratio >= at_least)
    bound = f"≤ {at_most}" if at_most is not None else f"≥ {at_least}"
    print(f"{'ok  ' if held else 'MISS'} {name:<58} {ratio:6.2f}  ({bound})  {note}", flush=True)
    return held
