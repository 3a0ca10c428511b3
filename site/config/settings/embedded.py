"""The default: one machine, SQLite, no other service. Two README commands and it runs."""

from .base import *
from .base import DATA_DIR, GATEWAYS, Q_CLUSTER, database, env, redis_caches

DEBUG = env.bool("FLEDGE_DEBUG", default=False)


def _secret_key() -> str:
    """The key from the environment, or one made once and kept beside the database."""
    if key := env("SECRET_KEY", default=""):
        return key
    from django.core.management.utils import get_random_secret_key

    path = DATA_DIR / "secret-key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(get_random_secret_key())
    return path.read_text().strip()


SECRET_KEY = _secret_key()
# Takes no money, and says so; production has none of it.
GATEWAYS = {
    **GATEWAYS,
    "payments.embedded": {
        "BACKEND": "lms.gateways.payments.embedded.EmbeddedPayments",
        "OPTIONS": {"path": DATA_DIR / "test-payments.sqlite3", "secret": SECRET_KEY},
    },
}
# Browsers resolve every *.localhost name to this machine, so each provider has its own host.
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", ".localhost", "127.0.0.1", "[::1]"])
FLEDGE_MARKETPLACE_HOSTS = env.list(
    "FLEDGE_MARKETPLACE_HOSTS", default=["localhost", "127.0.0.1", "[::1]"]
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}
if env("DATABASE_URL", default=""):
    DATABASES = {"default": database()}
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / "db.sqlite3",
            "OPTIONS": SQLITE_OPTIONS,
        }
    }
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

if env("REDIS_URL", default=""):
    CACHES = redis_caches(env("REDIS_URL"))
else:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "OPTIONS": {"MAX_ENTRIES": 5000},
        },
        # Whole pages of about 60 KB, in the web server's own memory.
        "pages": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": "pages",
            "OPTIONS": {"MAX_ENTRIES": 400},
        },
    }
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
Q_CLUSTER = {**Q_CLUSTER, "orm": "default", "poll": 1}

EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = DATA_DIR / "mail"
DEFAULT_FROM_EMAIL = "Fledge <hello@localhost>"
FLEDGE_DEVELOPMENT_PAGES = True  # the page that shows mail written to files
