"""Films on other sites: their addresses, and the blocks that show them."""

import re

from lms.courses.embeds import frame_url

from .bundle import Block
from .context import Context, block, clean

_YOUTUBE_PLAYER = re.compile(
    r"https?://(?:www\.)?youtube(?:-nocookie)?\.com/embed/([\w-]{11})(?:[?#].*)?$", re.IGNORECASE
)
_VIMEO_PLAYER = re.compile(r"https?://player\.vimeo\.com/video/(\d+)(?:[?#].*)?$", re.IGNORECASE)


def video_page(address: str) -> str:
    """The page of a film that lessons can show, from its page's or player's address; or empty."""
    if match := _YOUTUBE_PLAYER.match(address):
        return f"https://www.youtube.com/watch?v={match[1]}"
    if (match := _VIMEO_PLAYER.match(address)) and "h=" not in address:
        return f"https://vimeo.com/{match[1]}"
    return address if frame_url(address) else ""


def embed(address: str, title: str, context: Context) -> Block | None:
    """An embed block, if the address is a film's."""
    page = video_page(address)
    if not page:
        return None
    context.report.carry("embeds")
    return block("embed", {"url": page, "title": clean(title)[:255], "caption": ""})
