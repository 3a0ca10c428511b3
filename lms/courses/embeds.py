"""Players of other sites, by the address alone: the server asks those sites for nothing, and
readers' browsers meet them only on the page that shows them.

The sites are those the content security policy lets in (settings.EMBED_FRAMES).
"""

import re
from urllib.parse import parse_qs, urlsplit

YOUTUBE = {"youtube.com", "m.youtube.com", "music.youtube.com", "youtube-nocookie.com"}
YOUTUBE_ID = re.compile(r"[\w-]{11}", re.ASCII)
VIMEO = re.compile(r"/(?:video/|channels/[\w-]+/)?(\d+)(?:/(?P<key>[0-9a-f]+))?/?", re.ASCII)


def frame_url(url: str) -> str | None:
    """The address of the player for a video page's address, or None where we know of none."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    if host == "youtu.be" or host in YOUTUBE:
        return _youtube(host, parts.path, parse_qs(parts.query))
    if host in ("vimeo.com", "player.vimeo.com") and (match := VIMEO.fullmatch(parts.path)):
        # Unlisted videos carry a key in their address.
        key = match["key"] or "".join(parse_qs(parts.query).get("h", [""]))
        known = f"&h={key}" if re.fullmatch(r"[0-9a-f]+", key) else ""
        return f"https://player.vimeo.com/video/{match[1]}?dnt=1{known}"
    return None


def _youtube(host: str, path: str, query: dict[str, list[str]]) -> str | None:
    if host == "youtu.be":
        found = path.strip("/")
    elif path == "/watch":
        found = "".join(query.get("v", []))
    else:
        found = re.sub(r"^/(embed|shorts|live)/", "", path).strip("/")
    if not YOUTUBE_ID.fullmatch(found):
        return None
    start = "".join(query.get("t", query.get("start", []))).removesuffix("s")
    after = f"?start={int(start)}" if start.isdecimal() else ""
    return f"https://www.youtube-nocookie.com/embed/{found}{after}"


def site_name(url: str) -> str:
    """The host of an address, as a reader knows it."""
    return (urlsplit(url).hostname or url).removeprefix("www.")
