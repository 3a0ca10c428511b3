"""The settings of a machine of one's own, with a clock that can be moved from outside."""

from datetime import datetime, timedelta

from config.settings.embedded import *  # noqa: F403
from config.settings.embedded import DATA_DIR
from lms.common import clock


class Moved(datetime):
    @classmethod
    def now(cls, tz=None):
        moved = DATA_DIR / "clock"
        seconds = int(moved.read_text()) if moved.exists() else 0
        return datetime.now(tz) + timedelta(seconds=seconds)


clock.datetime = Moved
