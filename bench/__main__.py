"""`python -m bench [NAME] …`: the benchmarks of these names, all of them without names."""

import importlib
import sys

NAMES = [
    "web",
    "certificates",
    "growth",
    "tenancy",
    "explorer",
    "figures",
    "roster",
    "quiz",
    "gradebook",
    "lists",
    "exports",
]


def main() -> int:
    wanted = sys.argv[1:] or NAMES
    held = True
    for name in wanted:
        print(f"--- {name}", flush=True)
        held &= importlib.import_module(f"bench.{name}").run()
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
