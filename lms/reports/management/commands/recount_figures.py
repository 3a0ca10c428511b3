from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from lms.reports.actions import recount
from lms.tenants.models import Provider


class Command(BaseCommand):
    help = "Count the figures of all providers, or of those named, anew from the beginning."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slugs", nargs="*", metavar="PROVIDER")

    def handle(self, *args: Any, slugs: list[str], **options: Any) -> None:
        providers = Provider.objects.filter(slug__in=slugs) if slugs else Provider.objects.all()
        for provider in providers:
            recount(provider)
            self.stdout.write(provider.slug)
