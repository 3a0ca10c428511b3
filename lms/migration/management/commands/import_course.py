"""`manage.py import_course PATH --provider SLUG`: a folder of Markdown lessons becomes a course."""

import json
import signal
import sys
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from lms.common.errors import DomainError
from lms.migration.actions import import_course
from lms.migration.assets import MB, Limits
from lms.migration.folder import FolderError
from lms.migration.reader import read_course
from lms.tenants.models import Provider


class Command(BaseCommand):
    help = (
        "Turn a folder of Markdown lessons into a course of draft pages, and say what was carried "
        "over, approximated and left out. Running it again updates the course."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="the course's folder")
        parser.add_argument("--provider", required=True, help="the provider's short name (slug)")
        parser.add_argument(
            "--dry-run", action="store_true", help="write nothing, print the same report"
        )
        parser.add_argument(
            "--publish", action="store_true", help="publish the course and its lessons"
        )
        parser.add_argument(
            "--overwrite", action="store_true", help="replace what authors changed since"
        )
        parser.add_argument("--user", default="", help="e-mail of the author named in the history")
        parser.add_argument("--json", type=Path, help="write the report to this file as well")
        for option in ("title", "url", "authors"):
            parser.add_argument(f"--source-{option}", default="", help="names the source")
        parser.add_argument("--key", default="", help="by what name the course is known again")
        parser.add_argument("--licence", default="", help='the licence, such as "CC BY 4.0"')
        for kind, default in (("image", 20), ("media", 200), ("document", 100)):
            parser.add_argument(
                f"--max-{kind}", type=float, default=default, metavar="MB", help=f"{default} MB"
            )

    def handle(self, *args: Any, **options: Any) -> None:
        provider = self._provider(options["provider"])
        actor = self._actor(options["user"])
        limits = Limits(
            image=int(options["max_image"] * MB),
            media=int(options["max_media"] * MB),
            document=int(options["max_document"] * MB),
        )
        named = {
            "source_title": options["source_title"],
            "source_url": options["source_url"],
            "source_authors": options["source_authors"],
            "licence": options["licence"],
            "key": options["key"],
        }
        # Being stopped is an error like any other: what was written is taken back.
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            bundle, report = read_course(
                options["path"], limits=limits, named=named, progress=self._progress("Reading")
            )
            if not options["dry_run"]:
                import_course(
                    bundle,
                    report,
                    provider=provider,
                    actor=actor,
                    publish=options["publish"],
                    overwrite=options["overwrite"],
                    progress=self._progress("Writing"),
                )
        except (FolderError, DomainError) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt as stop:
            raise CommandError("Stopped. Nothing was written.", returncode=130) from stop
        finally:
            signal.signal(signal.SIGTERM, before)
            self._end_progress()
        self._print(report, options["json"])
        if options["dry_run"]:
            self.stdout.write("Nothing was written (--dry-run).")

    @staticmethod
    def _provider(slug: str) -> Provider:
        provider = Provider.objects.filter(slug=slug).first()
        if provider is None:
            known = ", ".join(Provider.objects.order_by("slug").values_list("slug", flat=True)[:20])
            raise CommandError(f"There is no provider “{slug}”. Known: {known or 'none yet'}.")
        return provider

    @staticmethod
    def _actor(email: str) -> Any:
        if not email:
            return None
        user = get_user_model().objects.filter(email__iexact=email).first()
        if user is None:
            raise CommandError(f"There is nobody with the e-mail address {email}.")
        return user

    def _print(self, report: Any, file: Path | None) -> None:
        # A terminal's encoding may lack a letter of a title.
        encoding = getattr(self.stdout, "encoding", None) or "utf-8"
        for line in report.lines():
            self.stdout.write(line.encode(encoding, "replace").decode(encoding))
        if file:
            try:
                file.write_text(
                    json.dumps(report.as_dict(), ensure_ascii=False, indent=2) + "\n", "utf-8"
                )
            except OSError as error:
                raise CommandError(
                    f"The report can't be written to {file}: {error.strerror}."
                ) from error

    def _progress(self, verb: str) -> Any:
        """A line that counts in a terminal; a line for each tenth elsewhere."""
        terminal = sys.stderr.isatty()
        self._line_open = False

        def show(done: int, total: int, what: str) -> None:
            if terminal:
                self._line_open = True
                self.stderr.write(f"\r\033[K{verb} {done}/{total} {what[:60]}", ending="")
            elif done == total or done % max(1, total // 10) == 0:
                self.stderr.write(f"{verb} {done}/{total}")

        return show

    def _end_progress(self) -> None:
        if getattr(self, "_line_open", False):
            self.stderr.write("")
