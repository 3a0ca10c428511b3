"""`manage.py bench_explorer N`: N providers, one of them with courses and pictures and an author at
the desk; screens, their queries and the author's session, into bench/explorer.json.
"""

import io
import json

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.management.base import BaseCommand
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image as Pillow
from wagtail.models import Collection

from home.actions import open_provider, set_up_marketplace
from lms.accounts.models import User
from lms.courses.models import CoursePage
from lms.events import SYSTEM
from lms.files.models import Image
from lms.tenants.models import Provider

COURSES = 60  # more than the explorer shows at once
PICTURES = 20


class Command(BaseCommand):
    help = "Fill an empty database with N providers and count what an author's screens ask."

    def add_arguments(self, parser):
        parser.add_argument("providers", type=int)

    def handle(self, *args, providers: int, **options):
        set_up_marketplace()
        owner = User.objects.create_user("owner@example.com", name="Owner")
        author = User.objects.create_user("author@example.com", name="Author")
        for number in range(providers - 1):
            open_provider(name=f"School {number}", slug=f"s{number}", owner=owner, actor=SYSTEM)
        own = open_provider(name="Own", slug="own-school", owner=author, actor=SYSTEM)
        self._furnish(own, author)
        client = Client(headers={"host": "localhost"})
        client.force_login(author)
        screens = {
            "explorer": f"/cms/pages/{own.page.pk}/",
            "explorer, sorted by title": f"/cms/pages/{own.page.pk}/results/?ordering=title",
            "dashboard": "/cms/",
            "page chooser": "/cms/choose-page/",
            "pictures": "/cms/images/",
            "history of the site": "/cms/reports/site-history/",
        }
        queries = {}
        for name, path in screens.items():
            client.get(path)  # once to warm up
            with CaptureQueriesContext(connection) as asked:
                response = client.get(path)
            if response.status_code != 200:
                raise RuntimeError(f"{path} answered {response.status_code}")
            queries[name] = len(asked)
        folder = settings.DATA_DIR / "bench"
        folder.mkdir(parents=True, exist_ok=True)
        cookie = f"sessionid={client.cookies['sessionid'].value}"
        found = {"screens": screens, "queries": queries, "cookie": cookie}
        (folder / "explorer.json").write_text(json.dumps(found))

    def _furnish(self, provider: Provider, author: User) -> None:
        for number in range(COURSES):
            course = CoursePage(title=f"Course {number}", summary="s", owner=author, live=False)
            provider.page.add_child(instance=course)
            course.save_revision(user=author, log_action=True).publish(user=author)
        data = io.BytesIO()
        Pillow.new("RGB", (40, 40), "teal").save(data, "png")
        collection = Collection.objects.get(name=provider.name)
        for number in range(PICTURES):
            image = Image(title=f"Picture {number}", collection=collection)
            image.file = ContentFile(data.getvalue(), name=f"{number}.png")
            image.save()
