"""Files in buckets of S3, or of what speaks like it, where the environment names them."""

from typing import Any
from urllib.parse import urlsplit

from environ import Env


def storages(env: Env) -> dict[str, dict[str, Any]]:
    """What stands in for the storages on this machine's disk: the public one for S3_BUCKET, the
    private one for S3_PRIVATE_BUCKET."""
    found: dict[str, dict[str, Any]] = {}
    common = {
        "endpoint_url": env("S3_ENDPOINT", default=None),
        "region_name": env("S3_REGION", default=None),
        "file_overwrite": False,
    }
    if name := env("S3_BUCKET", default=""):
        found["default"] = {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                **common,
                "bucket_name": name,
                "custom_domain": env("S3_PUBLIC_DOMAIN", default=None),
                "querystring_auth": False,
            },
        }
    # What is public is never stored there while what is private stays behind.
    if name := env("S3_PRIVATE_BUCKET") if found else env("S3_PRIVATE_BUCKET", default=""):
        found["private"] = {
            "BACKEND": "lms.gateways.store.s3.PrivateBucket",
            "OPTIONS": {
                **common,
                "bucket_name": name,
                "default_acl": "private",
                "direct": env.bool("S3_DIRECT_UPLOADS", default=True),
                "browser_endpoint": env("S3_BROWSER_ENDPOINT", default=None),
            },
        }
    return found


def origin_of(storage: dict[str, Any]) -> str:
    """Where browsers send parts of files to, for the policy of what pages may connect to; "" where
    they don't."""
    options = storage.get("OPTIONS", {})
    if not options.get("direct"):
        return ""
    if address := options["browser_endpoint"] or options["endpoint_url"]:
        parts = urlsplit(address)
        return f"{parts.scheme}://{parts.netloc}"
    region = options["region_name"]
    host = f"s3.{region}" if region and region != "us-east-1" else "s3"
    return f"https://{options['bucket_name']}.{host}.amazonaws.com"
