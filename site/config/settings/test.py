"""For tests: the embedded settings, quick and quiet. `DATABASE_URL` and `REDIS_URL` move the same
suite to PostgreSQL and Redis.
"""

import os
import tempfile
from pathlib import Path

# One folder a run, made by its first process and removed by tests/conftest.py, with a part for each
# worker. Name it, and add --reuse-db, to keep the database while writing tests.
if "FLEDGE_TEST_ROOT" not in os.environ:
    os.environ["FLEDGE_TEST_ROOT"] = tempfile.mkdtemp(prefix="fledge-test-")
    os.environ["FLEDGE_TEST_ROOT_OWNER"] = str(os.getpid())
_worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
_scratch = Path(os.environ["FLEDGE_TEST_ROOT"]) / _worker
(_scratch / "static").mkdir(parents=True, exist_ok=True)
os.environ["FLEDGE_DATA"] = str(_scratch)
os.environ["FLEDGE_MEDIA"] = str(_scratch / "media")
os.environ.setdefault("SECRET_KEY", "only-for-tests")

from .embedded import *  # noqa: E402
from .embedded import DATABASES, INSTALLED_APPS, Q_CLUSTER, STORAGES  # noqa: E402

INSTALLED_APPS = [*INSTALLED_APPS, "tests.testapp"]
ALLOWED_HOSTS = ["*"]
FLEDGE_MARKETPLACE_HOSTS = ["testserver", "localhost", "127.0.0.1"]
# One fast hash; the legacy format is tested with its own settings.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
FLEDGE_FIRST_TIER = "enterprise"  # without limits; their own tests choose another
FLEDGE_REQUESTS_PER_PERSON = FLEDGE_REQUESTS_PER_ADDRESS = 1_000_000  # crawlers are tests too
FLEDGE_PAGE_CACHE_SECONDS = 0  # its own tests switch it on
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
Q_CLUSTER = {**Q_CLUSTER, "sync": True}
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
GATEWAYS = {
    "resolver": {"BACKEND": "tests.names.FakeResolver"},
    "scanner": {"BACKEND": "lms.gateways.scanner.embedded.NoScanner"},
    "payments.embedded": {
        "BACKEND": "lms.gateways.payments.embedded.EmbeddedPayments",
        "OPTIONS": {"path": _scratch / "test-payments.sqlite3", "secret": "only-for-tests"},
    },
}
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
if "sqlite" in DATABASES["default"]["ENGINE"]:
    # A file, not memory: the live server of the browser tests has threads of its own.
    DATABASES["default"]["TEST"] = {"NAME": str(_scratch / "test.sqlite3")}
else:
    # Superusers pass every policy: tests sign in as one, to make databases, and run as this role.
    _options = DATABASES["default"].setdefault("OPTIONS", {})
    _options.setdefault("assume_role", "fledge_app")
    # Nobody needs what a test wrote after the power has failed.
    _options.setdefault("options", "-c synchronous_commit=off")
# Threads of tests close their own connections; the database is dropped after them.
DATABASES["default"].get("OPTIONS", {}).pop("pool", None)
