from typing import Any

from django.core.management.base import BaseCommand

from home.actions import set_up_marketplace
from home.schedules import set_up_schedules


class Command(BaseCommand):
    help = (
        "Lay out an empty installation: the marketplace's front page and site, and what the "
        "worker does by the clock. Repeatable."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        page = set_up_marketplace()
        set_up_schedules()
        self.stdout.write(self.style.SUCCESS(f"{page.title}: {page.full_url}"))
