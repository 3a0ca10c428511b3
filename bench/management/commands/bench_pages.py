"""`manage.py bench_pages`: the floor's page, somebody signed in, and where everything is."""

import json
from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.management.base import BaseCommand

from home.models import InformationPage, MarketplacePage
from lms.accounts.models import User
from lms.courses.models import CoursePage
from lms.courses.selectors import curriculum

STUDENT = "amina.yusuf@example.com"
COURSE = "python-first-steps"


class Command(BaseCommand):
    help = "Prepare a seeded site for bench.web; writes <data>/bench/pages.json."

    def handle(self, *args, **options):
        marketplace = MarketplacePage.objects.get()
        bare = InformationPage.objects.filter(slug="bare").first()
        if bare is None:
            bare = marketplace.add_child(instance=InformationPage(title="Bare", slug="bare"))
            bare.save_revision().publish()
        course = CoursePage.objects.get(slug=COURSE)
        lesson = curriculum(course).lessons[2]
        folder = settings.DATA_DIR / "bench"
        folder.mkdir(parents=True, exist_ok=True)
        pages = {
            "bare": "/bare/",
            "home": "/",
            "course": course.url_path.removeprefix(marketplace.url_path.rstrip("/")),
            "catalogue": "/courses/",
            "search": "/courses/?q=python",
            "lesson": f"/learn/{course.pk}/{lesson.id}/",
            "dashboard": "/learn/",
            "cookie": f"{settings.SESSION_COOKIE_NAME}={_session_of(STUDENT)}",
        }
        (folder / "pages.json").write_text(json.dumps(pages))


def _session_of(email: str) -> str:
    user = User.objects.get(email=email)
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return session.session_key
