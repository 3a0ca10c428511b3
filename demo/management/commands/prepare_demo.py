"""`manage.py prepare_demo`: everything between installed packages and a served demo, in one process
(starting Django five times takes longer than all of it when nothing is to do).
"""

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Prepare database, static files and demo content; print the sign-ins."

    def handle(self, *args, **options):
        self.stdout.write("    Database")
        call_command("migrate", verbosity=0)
        call_command("set_up", stdout=self.stdout)
        self.stdout.write("    Static files")
        call_command("collectstatic", interactive=False, verbosity=0)
        call_command("seed_demo", stdout=self.stdout)
        call_command("sign_ins", stdout=self.stdout)
