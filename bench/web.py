"""What pages cost, against a bare Wagtail page and a bare Django view on the same server."""

import json
import tempfile
from pathlib import Path

from bench.harness import Server, environment, manage, median_ratio, serving, verdict

ROUNDS = 5
REQUESTS = 60


def run() -> bool:
    """Seed a site, serve it, measure. True when every bound holds."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        env = environment(data, 8000)
        for command in (["migrate", "--verbosity", "0"], ["set_up"],
                        ["collectstatic", "--noinput", "--verbosity", "0"], ["seed_demo"],
                        ["bench_pages"]):  # fmt: skip
            manage(env, *command)
        pages = json.loads((data / "bench" / "pages.json").read_text())
        held = [_uncached(data, pages), _cached(data, pages), _memory(data, pages)]
    return all(held)


def _ratios(server: Server, one: str, other: str, one_headers: dict, other_headers: dict):
    """Interleaved rounds; (median CPU ratio, median wall ratio, costs of the last round)."""
    cpu, wall = [], []
    for _ in range(ROUNDS):
        a = server.cost(one, REQUESTS, **one_headers)
        b = server.cost(other, REQUESTS, **other_headers)
        cpu.append((a.cpu, b.cpu))
        wall.append((a.wall, b.wall))
    return median_ratio(cpu), median_ratio(wall), a, b


def _uncached(data: Path, pages: dict) -> bool:
    held = True
    with serving(data, FLEDGE_BENCH_UNCACHED="1") as server:
        signed_in = {"Cookie": pages["cookie"]}
        for name, path, headers, bound in (
            ("course page, visitor, uncached / bare Wagtail page", pages["course"], {}, 2.5),
            ("catalogue, visitor, uncached / bare Wagtail page", pages["catalogue"], {}, 2.5),
            ("lesson page, signed in / bare Wagtail page", pages["lesson"], signed_in, 3.0),
        ):
            cpu, wall, a, b = _ratios(server, path, pages["bare"], headers, {})
            held &= verdict(
                name, cpu, at_most=bound,
                note=f"{a.cpu:.1f} / {b.cpu:.1f} ms CPU; wall ratio {wall:.2f}",
            )  # fmt: skip
    return held


def _cached(data: Path, pages: dict) -> bool:
    held = True
    with serving(data) as server:
        for name in ("course", "catalogue"):
            _status, body = server.get(pages[name])
            (data / "bench" / name).write_bytes(body)
            rates = []
            for _ in range(ROUNDS):
                a = server.cost(pages[name], REQUESTS * 5)
                b = server.cost(f"/_bench/{name}", REQUESTS * 5)
                rates.append((a.per_second, b.per_second))
            held &= verdict(
                f"{name} page from the cache / bare view, same bytes (requests/s)",
                median_ratio(rates), at_least=0.8,
                note=f"{a.per_second:.0f} / {b.per_second:.0f} per second; "
                f"{a.cpu:.2f} / {b.cpu:.2f} ms CPU",
            )  # fmt: skip
    return held


def _memory(data: Path, pages: dict) -> bool:
    from bench.harness import resident_megabytes

    with serving(data) as server:
        mixed = [
            (pages["course"], {}), (pages["catalogue"], {}), (pages["home"], {}),
            (pages["search"], {}), (pages["lesson"], {"Cookie": pages["cookie"]}),
            (pages["dashboard"], {"Cookie": pages["cookie"]}),
        ]  # fmt: skip

        def thousand() -> float:
            for number in range(1000):
                path, headers = mixed[number % len(mixed)]
                server.get(path, **headers)
            return resident_megabytes(server.pid)

        first, second, third = thousand(), thousand(), thousand()
        held = verdict(
            "web process after 1,000 mixed requests / 300 MB",
            first / 300,
            at_most=1.0,
            note=f"{first:.0f} MB",
        )
        return held & verdict(
            "…after 3,000 / after 2,000",
            third / second,
            at_most=1.02,
            note=f"{second:.0f} → {third:.0f} MB",
        )
