"""`manage.py seed_demo`: fills the site with the demo's schools, courses and people."""

from django.core.management.base import BaseCommand

from demo.seeding import seed


class Command(BaseCommand):
    help = "Fill the site with the demo's schools, courses and people. Repeating it is harmless."

    def handle(self, *args, **options):
        seed(lambda line: self.stdout.write(f"    {line}"))
