"""The site as it is served, with the floors it is measured against beside it.

`FLEDGE_BENCH_UNCACHED=1` leaves the page cache out: that is the work behind a page.
"""

from config.settings.embedded import *  # noqa: F403
from config.settings.embedded import DATABASES, INSTALLED_APPS, MIDDLEWARE, env

INSTALLED_APPS = [*INSTALLED_APPS, "bench"]
ROOT_URLCONF = "bench.urls"
ALLOWED_HOSTS = ["*"]
FLEDGE_FIRST_TIER = "enterprise"
if env.bool("FLEDGE_BENCH_UNCACHED", default=False):
    MIDDLEWARE = [name for name in MIDDLEWARE if "page_cache" not in name]
if "postgresql" in DATABASES["default"]["ENGINE"]:
    # For bench.tenancy: Django's own back end, signed in as the superuser in DATABASE_URL.
    DATABASES["plain"] = {**DATABASES["default"], "ENGINE": "django.db.backends.postgresql"}
    DATABASES["default"]["OPTIONS"] = {
        **DATABASES["default"]["OPTIONS"],
        "assume_role": "fledge_app",
    }
    DATABASE_ROUTERS = ["bench.plain.Router"]
