from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from lms.courses.actions import rebuild_listings


class Command(BaseCommand):
    help = "Rebuild the catalogue from the page tree. Safe at any time; visitors notice nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch", type=int, default=200, help="courses per transaction")

    def handle(self, *args: Any, **options: Any) -> None:
        total = rebuild_listings(self._progress, batch=options["batch"])
        self.stdout.write(self.style.SUCCESS(f"{total} courses listed."))

    def _progress(self, done: int, total: int) -> None:
        self.stdout.write(f"{done} of {total}")
