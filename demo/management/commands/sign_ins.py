"""`manage.py sign_ins`: says where the site is and whom to sign in as."""

from django.conf import settings
from django.core.management.base import BaseCommand

from demo.seeding import PASSWORD, school_folders, sign_ins


class Command(BaseCommand):
    help = "Print the site's address and the demo people's sign-ins."

    def handle(self, *args, **options):
        from urllib.parse import urlsplit

        base = urlsplit(settings.FLEDGE_BASE_URL)
        write = self.stdout.write
        write("")
        write(f"  Marketplace    {settings.FLEDGE_BASE_URL}/")
        for folder in school_folders():
            port = f":{base.port}" if base.port else ""
            write(f"  School         {base.scheme}://{folder.name}.{base.hostname}{port}/")
        write(f"  Authoring      {settings.FLEDGE_BASE_URL}/cms/")
        write(f"  Mail           {settings.FLEDGE_BASE_URL}/_mail/  (nothing is really sent)")
        write("")
        write(f"  Sign in with the password “{PASSWORD}” as")
        for one in sign_ins():
            write(f"    {one.email:<34} {one.name}, {one.what}")
        write("")
