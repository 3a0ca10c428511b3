"""Production: PostgreSQL, Redis, S3-compatible storage, SMTP; every secret from the environment.

docs/operators/production.md lists the variables. A missing one stops the start with its name.
"""

from .base import *
from .base import (
    FLEDGE_BASE_URL,
    INSTALLED_APPS,
    Q_CLUSTER,
    database,
    env,
    redis_caches,
)

DEBUG = False
SECRET_KEY = env("SECRET_KEY")
# Providers' own domains are added at run time, so the tenant middleware, which answers 404 to any
# host without a site, is the gate; ALLOWED_HOSTS may narrow it further.
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[FLEDGE_BASE_URL])
FLEDGE_DEVELOPMENT_PAGES = False

DATABASES = {"default": database()}
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

CACHES = redis_caches(env("REDIS_URL"))
Q_CLUSTER = {**Q_CLUSTER, "redis": env("REDIS_URL")}

EMAIL_CONFIG = env.email("EMAIL_URL")
EMAIL_BACKEND = EMAIL_CONFIG["EMAIL_BACKEND"]
EMAIL_HOST = EMAIL_CONFIG["EMAIL_HOST"]
EMAIL_PORT = EMAIL_CONFIG["EMAIL_PORT"]
EMAIL_HOST_USER = EMAIL_CONFIG["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = EMAIL_CONFIG["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = EMAIL_CONFIG.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = EMAIL_CONFIG.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL")

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^internal/"]
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000)
# Names below a school's own domain are none of our business.
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
# Each host keeps its own session: a provider's domain never sees the marketplace's cookie.
SESSION_COOKIE_NAME = "__Host-session"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"
CSRF_COOKIE_SECURE = True

# The demo has no place here.
INSTALLED_APPS = [app for app in INSTALLED_APPS if app != "demo"]
