from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import translation

from lms.common.states import machines


class Command(BaseCommand):
    help = "Write docs/states/<machine>.md, a diagram and the meanings, for every state machine."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--into", type=Path, default=settings.ROOT / "docs" / "states")

    def handle(self, *, into: Path, **options: Any) -> None:
        into.mkdir(parents=True, exist_ok=True)
        with translation.override("en"):
            for machine in machines():
                (into / f"{machine.name}.md").write_text(machine.markdown())
        self.stdout.write(f"{len(machines())} pages written.")
