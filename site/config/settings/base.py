"""What every installation shares. `embedded` and `production` say where the parts run."""

import sys
from pathlib import Path

import environ

from . import buckets

ROOT = Path(__file__).resolve().parents[3]
env = environ.Env()

# Everything the running site writes (database, mail files, private files) lies below here.
DATA_DIR = Path(env("FLEDGE_DATA", default=str(ROOT / "var")))

# --- The installation ---------------------------------------------------------------------------
WAGTAIL_SITE_NAME = "Fledge"
# The address people reach the marketplace at; absolute links in mail and on certificates use it.
FLEDGE_BASE_URL = env("FLEDGE_BASE_URL", default="http://localhost:8000").rstrip("/")
WAGTAILADMIN_BASE_URL = FLEDGE_BASE_URL
# Other host names that show the marketplace too.
FLEDGE_MARKETPLACE_HOSTS = env.list("FLEDGE_MARKETPLACE_HOSTS", default=[])
# What a new provider may use (lms.tenants.models.Tier): free, basic, premium, enterprise.
FLEDGE_FIRST_TIER = env("FLEDGE_FIRST_TIER", default="free")
# Whether operators look at a school before it opens.
FLEDGE_APPROVE_PROVIDERS = env.bool("FLEDGE_APPROVE_PROVIDERS", default=False)
# Whether a course stands on the marketplace only once an operator has approved its teachers; on its
# school's own site it stands at once (lms.courses.teachers).
FLEDGE_APPROVE_TEACHERS = env.bool("FLEDGE_APPROVE_TEACHERS", default=False)
# The host name that schools' own domains lead to (CNAME); without one, the marketplace's. Where it
# has fixed IP addresses, name them: a bare domain (school.org) can't have a CNAME.
FLEDGE_DOMAIN_TARGET = env("FLEDGE_DOMAIN_TARGET", default="")
FLEDGE_DOMAIN_ADDRESSES = env.list("FLEDGE_DOMAIN_ADDRESSES", default=[])
# What the proxy says when it asks whether a name may have a certificate (/internal/tls-check).
# Without one, only this machine may ask.
FLEDGE_TLS_CHECK_TOKEN = env("FLEDGE_TLS_CHECK_TOKEN", default="")
# ClamAV's daemon, "tcp://host:3310" or "unix:///run/clamav/clamd.ctl": with one, nobody gets an
# upload before it is scanned.
FLEDGE_CLAMAV = env("FLEDGE_CLAMAV", default="")
# The ports to outside services (lms/gateways), shaped like STORAGES.
GATEWAYS: dict[str, dict] = {
    "resolver": {
        "BACKEND": "lms.gateways.resolver.dnspython.DnsResolver",
        # "192.0.2.1" or "192.0.2.1:5353"; without any, those of this machine.
        "OPTIONS": {"servers": env.list("FLEDGE_DNS_SERVERS", default=[]), "timeout": 4.0},
    },
    "scanner": {"BACKEND": "lms.gateways.scanner.embedded.NoScanner"},
}
if FLEDGE_CLAMAV:
    GATEWAYS["scanner"] = {
        "BACKEND": "lms.gateways.scanner.clamav.ClamAv",
        "OPTIONS": {"address": FLEDGE_CLAMAV},
    }
# PayPal's REST application ("https://api-m.sandbox.paypal.com" for trying things out).
PAYPAL_CLIENT_ID = env("PAYPAL_CLIENT_ID", default="")
if PAYPAL_CLIENT_ID:
    _paypal = {
        "client_id": PAYPAL_CLIENT_ID,
        "secret": env("PAYPAL_SECRET"),
        "base_url": env("PAYPAL_API_BASE", default="https://api-m.paypal.com"),
    }
    GATEWAYS["payments.paypal"] = {
        "BACKEND": "lms.gateways.payments.paypal.PayPalPayments",
        "OPTIONS": {**_paypal, "webhook_id": env("PAYPAL_WEBHOOK_ID")},
    }
    GATEWAYS["payouts.paypal"] = {
        "BACKEND": "lms.gateways.payouts.paypal.PayPalPayouts",
        "OPTIONS": _paypal,
    }
# Stripe: docs/operators/payments.md. The address is another one in tests alone.
STRIPE_SECRET_KEY = env("STRIPE_SECRET_KEY", default="")
STRIPE_API_BASE = env("STRIPE_API_BASE", default="")
if STRIPE_SECRET_KEY:
    GATEWAYS["payments.stripe"] = {
        "BACKEND": "lms.gateways.payments.stripe.StripePayments",
        "OPTIONS": {
            "api_key": STRIPE_SECRET_KEY,
            "webhook_secret": env("STRIPE_WEBHOOK_SECRET"),
            "base_url": STRIPE_API_BASE,
        },
    }
    GATEWAYS["payouts.stripe"] = {
        "BACKEND": "lms.gateways.payouts.stripe.StripePayouts",
        "OPTIONS": {"api_key": STRIPE_SECRET_KEY, "base_url": STRIPE_API_BASE},
    }
# How long a school's audit is kept (days); a change counts for new entries.
FLEDGE_AUDIT_DAYS = env.int("FLEDGE_AUDIT_DAYS", default=365)
# How long a closed school is kept before it is erased, and a download of everything (days).
FLEDGE_CLOSING_DAYS = env.int("FLEDGE_CLOSING_DAYS", default=30)
FLEDGE_EXPORT_DAYS = env.int("FLEDGE_EXPORT_DAYS", default=7)
# How long somebody who asked for their account to be erased may take it back (days).
FLEDGE_ERASURE_DAYS = env.int("FLEDGE_ERASURE_DAYS", default=14)
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    # Ours, from the shop window down: see docs/architecture.md.
    "demo",
    "home",
    "search",
    "lms.api",
    "lms.migration",
    "lms.reports",
    "lms.teaching",
    "lms.planner",
    "lms.wishlist",
    "lms.reviews",
    "lms.payments",
    "lms.orders",
    "lms.certificates",
    "lms.plans",
    "lms.homework",
    "lms.assessments",
    "lms.grades",
    "lms.progress",
    "lms.admissions",
    "lms.enrolments",
    "lms.courses",
    "lms.privacy",
    "lms.files",
    "lms.events",
    "lms.tenants",
    "lms.accounts",
    "lms.common",
    # Wagtail
    "wagtail.contrib.redirects",
    "wagtail.contrib.sitemaps",
    "wagtail.contrib.typed_table_block",
    "wagtail_localize",
    "wagtail.embeds",
    "wagtail.sites",
    "lms.accounts.apps.OperatorsUsersConfig",  # wagtail.users
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "wagtailmedia",
    "modelcluster",
    "taggit",
    # Accounts
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.google",
    "allauth.usersessions",
    # Infrastructure
    "channels",
    "django_htmx",
    "lucide",
    "django_q",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    # Wagtail's system check wants it wherever PostgreSQL is the database; harmless elsewhere.
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.sitemaps",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "lms.common.middleware.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.page_cache.PageCacheMiddleware",
    # Around all that may answer by itself, such as the redirect to an address with its slash.
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "lms.accounts.middleware.HostSessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "lms.accounts.middleware.PersonalSettingsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "lms.common.middleware.RateLimitMiddleware",
    "lms.tenants.middleware.TenantMiddleware",
    "lms.tenants.portal.PortalMiddleware",
    "lms.accounts.middleware.DocumentsMiddleware",
    "lms.common.middleware.ErrorMiddleware",
    "home.redirects.HouseRedirectMiddleware",
    # Innermost: it sends any 404 at /account/ to the sign-in page, also one that a host nobody has
    # got from the wardens above.
    "allauth.account.middleware.AccountMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "django.template.context_processors.tz",
                "config.context.site",
            ],
        },
    },
]

# --- Accounts -----------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
# PBKDF2 first: the legacy system's hashes are Django's own, so they verify as they are.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "learn:dashboard"
LOGOUT_REDIRECT_URL = "/"
PASSWORD_RESET_TIMEOUT = 6 * 3600
# How long somebody whose account was made for them has to choose a password, in days.
FLEDGE_WELCOME_DAYS = 30

# django-allauth. Why codes and not links: docs/decisions/0002-accounts.md.
ACCOUNT_ADAPTER = "lms.accounts.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_FORMS = {"login": "lms.accounts.forms.LoginForm", "signup": "lms.accounts.forms.SignupForm"}
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_RATE_LIMITS = {
    # Wrong passwords: refused in the form. All others answer 429 and are counted per minute.
    "login_failed": "10/m/ip,10/10m/key",
    "login": "30/m/ip",
    "signup": "20/m/ip",
    "reset_password": "20/m/ip,5/m/key",
    "reset_password_from_key": "20/m/ip",
    "confirm_email": "3/m/key",
    "manage_email": "10/m/user",
    "change_password": "5/m/user",
    "reauthenticate": "10/m/user",
}
# How many proxies of ours add to X-Forwarded-For; the limits count by the address before them.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("FLEDGE_TRUSTED_PROXIES", default=0)

SOCIALACCOUNT_ADAPTER = "lms.accounts.adapters.SocialAccountAdapter"
SOCIALACCOUNT_FORMS = {"signup": "lms.accounts.forms.SocialSignupForm"}
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS: dict[str, dict] = {"google": {"OAUTH_PKCE_ENABLED": True}}
if env("GOOGLE_CLIENT_ID", default="") and env("GOOGLE_CLIENT_SECRET", default=""):
    SOCIALACCOUNT_PROVIDERS["google"]["APPS"] = [
        {"client_id": env("GOOGLE_CLIENT_ID"), "secret": env("GOOGLE_CLIENT_SECRET")}
    ]

MFA_ADAPTER = "lms.accounts.adapters.MFAAdapter"
MFA_FORMS = {"add_webauthn": "lms.accounts.forms.AddPasskeyForm"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = WAGTAIL_SITE_NAME
MFA_TOTP_TOLERANCE = 1  # clocks of phones are off by some seconds
# An unconfirmed address is never stored (a code comes first), so a second factor does not forbid
# changing the address.
MFA_ALLOW_UNVERIFIED_EMAIL = True
# Browsers offer passkeys on http only for localhost.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = FLEDGE_BASE_URL.startswith("http:")

# The Wagtail admin: one sign-in and one profile, ours.
WAGTAILADMIN_LOGIN_URL = "accounts:staff_sign_in"
WAGTAIL_FRONTEND_LOGIN_URL = "/account/login/"
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAILUSERS_PASSWORD_ENABLED = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
# What waits for moderation is the business of that school's admins, not of every operator.
WAGTAILADMIN_NOTIFICATION_INCLUDE_SUPERUSERS = False

# --- Language and time --------------------------------------------------------------------------
LANGUAGE_CODE = "en"
# Each in its own words: people look for theirs.
LANGUAGES = [("en", "English"), ("ar", "العربية"), ("so", "Soomaali")]
# What a course can be translated into. WAGTAIL_I18N_ENABLED stays off: there is one tree, in which
# a translation stands beside its original (docs/decisions/0008), and no page's address depends on
# who reads it.
WAGTAIL_CONTENT_LANGUAGES = LANGUAGES
WAGTAILLOCALIZE_SYNC_LIVE_STATUS_ON_TRANSLATE = False  # a translation begins as a draft
# The second holds the words of Django itself, for a language that Django has not learnt.
LOCALE_PATHS = [ROOT / "locale", ROOT / "locale" / "framework"]
FORMAT_MODULE_PATH = ["config.formats"]
USE_I18N = True
TIME_ZONE = "UTC"
USE_TZ = True

# --- Files --------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [ROOT / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(env("FLEDGE_MEDIA", default=str(ROOT / "media")))
# Lesson files: never below MEDIA_URL, served only by views that check access.
PRIVATE_MEDIA_ROOT = DATA_DIR / "private"
STORAGES: dict[str, dict] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(PRIVATE_MEDIA_ROOT), "base_url": None},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    **buckets.storages(env),
}
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # Wagtail's page forms with many blocks
WAGTAILIMAGES_IMAGE_MODEL = "files.Image"
WAGTAILIMAGES_EXTENSIONS = ["avif", "gif", "jpg", "jpeg", "png", "webp", "svg"]
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 20 * 1024 * 1024
WAGTAILDOCS_DOCUMENT_MODEL = "files.Document"
WAGTAILDOCS_SERVE_METHOD = "serve_view"
WAGTAILMEDIA = {
    "MEDIA_MODEL": "files.Media",
    "MEDIA_FORM_BASE": "lms.files.recording_form.RecordingForm",
    "AUDIO_EXTENSIONS": ["aac", "flac", "m4a", "mp3", "ogg", "opus", "wav"],
    "VIDEO_EXTENSIONS": ["mp4", "webm", "mov", "m4v"],
}

# --- Search -------------------------------------------------------------------------------------
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
TAGGIT_CASE_INSENSITIVE = True

# --- Visitors' pages ----------------------------------------------------------------------------
# How long a page is kept at most; an edit shows at once all the same. 0 switches the cache off.
FLEDGE_PAGE_CACHE_SECONDS = env.int("FLEDGE_PAGE_CACHE_SECONDS", default=600)


# --- PostgreSQL ---------------------------------------------------------------------------------
# PostgreSQL gives out a hundred connections, and every request has a thread with one of its own: a
# burst waits for these instead of failing. The worker forks, which a pool would not survive.
DATABASE_POOL: dict[str, int] | bool = "qcluster" not in sys.argv and {
    "min_size": 1,
    "max_size": env.int("DATABASE_POOL", default=8),
    "timeout": 120,  # seconds
}


def database() -> dict:
    """The database of DATABASE_URL. PostgreSQL with row-level security behind the scope."""
    found = env.db("DATABASE_URL")
    if "postgresql" in found["ENGINE"]:
        found["ENGINE"] = "lms.tenants.postgresql"
        found.setdefault("OPTIONS", {})["pool"] = DATABASE_POOL
    return found


# --- Redis --------------------------------------------------------------------------------------
# Installations that share a Redis must not share keys: their rows' ids are the same.
INSTANCE = env("FLEDGE_INSTANCE", default="fledge")


def redis_caches(url: str) -> dict[str, dict]:
    """The caches in Redis: everything small in `default`, visitors' whole pages in `pages`."""
    common = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url}
    return {
        "default": {**common, "KEY_PREFIX": INSTANCE},
        "pages": {**common, "KEY_PREFIX": f"{INSTANCE}-pages"},
    }


# --- The content API ------------------------------------------------------------------------------
# Origins whose pages may read public answers (CORS): "*" is every one, empty is none.
FLEDGE_API_ORIGINS = env.list("FLEDGE_API_ORIGINS", default=["*"])

# --- The queue ----------------------------------------------------------------------------------
Q_CLUSTER = {
    "name": INSTANCE,
    "workers": env.int("FLEDGE_WORKERS", default=1),
    "timeout": 300,
    "retry": 360,
    "max_attempts": 5,
    "catch_up": False,
    "ack_failures": False,
    "save_limit": 1000,
    "label": "Tasks",
}

# The queue that recordings are prepared in, where the operator runs a cluster for them
# (Q_CLUSTER_NAME=… manage.py qcluster): the work of hours then keeps no mail waiting.
FLEDGE_RECORDINGS_QUEUE = env("FLEDGE_RECORDINGS_QUEUE", default="")
if FLEDGE_RECORDINGS_QUEUE:
    Q_CLUSTER["ALT_CLUSTERS"] = {
        FLEDGE_RECORDINGS_QUEUE: {"workers": 1, "timeout": 12 * 3600, "retry": 13 * 3600}
    }

# --- Security -----------------------------------------------------------------------------------
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "lms.common.views.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
# In a cookie: a message to a visitor must not start a session, which would end page caching.
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
# Requests a minute; twenty pages with all they load at once are far below.
FLEDGE_REQUESTS_PER_PERSON = env.int("FLEDGE_REQUESTS_PER_PERSON", default=600)
FLEDGE_REQUESTS_PER_ADDRESS = env.int("FLEDGE_REQUESTS_PER_ADDRESS", default=1200)
X_FRAME_OPTIONS = "SAMEORIGIN"  # Wagtail shows previews in a frame
EMBED_FRAMES = [
    "https://www.youtube-nocookie.com",
    "https://www.youtube.com",
    "https://player.vimeo.com",
]
# Where a form to pay by leads on to.
PAYMENT_PAGES = [
    *(["https://www.paypal.com", "https://www.sandbox.paypal.com"] if PAYPAL_CLIENT_ID else []),
    *(["https://checkout.stripe.com"] if STRIPE_SECRET_KEY else []),
    # Stripe's page under a name of one's own, or a stand-in's.
    *env.list("FLEDGE_PAYMENT_PAGES", default=[]),
]
CONTENT_SECURITY_POLICY = {
    # Wagtail's admin is written with inline scripts and styles; it has its own policy there.
    "EXCLUDE_URL_PREFIXES": ("/cms/", "/django-admin/"),
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "media-src": ["'self'", "blob:"],
        "connect-src": ["'self'", *filter(None, [buckets.origin_of(STORAGES["private"])])],
        "frame-src": ["'self'", *EMBED_FRAMES],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'", "https://accounts.google.com", *PAYMENT_PAGES],
        "frame-ancestors": ["'self'"],
    },
}

# What pages may ask of a device. Those where people record themselves say so (RECORDING_POLICY).
PERMISSIONS_POLICY = "camera=(), microphone=(), geolocation=()"
RECORDING_POLICY = "camera=(self), microphone=(self), geolocation=()"

SILENCED_SYSTEM_CHECKS: list[str] = []

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django-q": {"level": "WARNING"},
        "django_tasks": {"level": "WARNING"},
        "wagtail": {"level": "WARNING"},
        "weasyprint": {"level": "ERROR"},
        "stripe": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
    },
}
