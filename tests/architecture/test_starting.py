"""What a web process holds before the first request."""

import subprocess
import sys

from django.conf import settings

# Only the worker or few pages need them: they are imported inside of what does.
HEAVY = {
    "botocore", "boto3", "fontTools", "icalendar", "latex2mathml", "nh3", "openpyxl", "pygal",
    "segno", "weasyprint",
}  # fmt: skip
# The server itself; the worker and commands do without.
SERVER = {"autobahn", "daphne", "twisted"}

STARTED = """
import sys, config.asgi
from django.urls import get_resolver
get_resolver().url_patterns
print(*{name.partition(".")[0] for name in sys.modules})
"""


def test_what_is_heavy_and_seldom_needed_is_not_imported_at_the_start(tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", STARTED],
        cwd=settings.ROOT,
        env={
            "PYTHONPATH": "site:.",
            "DJANGO_SETTINGS_MODULE": "config.settings.embedded",
            "FLEDGE_DATA": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    imported = set(done.stdout.split())
    assert "lms" in imported
    assert imported & (HEAVY | SERVER) == set()
