"""Recordings for templates: what was made of them, and how that stands."""

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

from lms.files import ffmpeg, playing
from lms.files.models import Media, Playable, house_of

register = template.Library()

STREAM = "master.m3u8"
# What every browser plays, and whether sound in it has been brought to one loudness.
WHOLE = {"film.mp4": "video/mp4", "sound.m4a": "audio/mp4"}


@register.simple_tag
def made_of(media: Media, provider_id: Any) -> Playable | None:
    """What was made of an author's recording at a provider; at most one query."""
    return playing.of_media([media], provider_id).get(media.sha256) if provider_id else None


@register.simple_tag
def made_for_author(media: Media) -> Playable | None:
    """The same, for one who edits the recording."""
    return made_of(media, house_of(media.collection))


@register.simple_tag
def player_sources(src: str, made: Playable | None) -> list[tuple[str, str]]:
    """(address, type) of what was made of the recording at `src`, what suits best first: browsers
    take the first they play. Streams are for those that play them by themselves."""
    if not made or not made.is_done:
        return []
    names = made.names
    found = [(STREAM, "application/vnd.apple.mpegurl")] if STREAM in names else []
    found += [(name, kind) for name, kind in WHOLE.items() if name in names]
    return [(f"{src}?as={name}", kind) for name, kind in found]


@register.simple_tag
def player_poster(src: str, made: Playable | None) -> str:
    """The address of a picture of the film at `src`; "" where there is none."""
    return f"{src}?as=poster.jpg" if made and made.is_done and "poster.jpg" in made.names else ""


@register.simple_tag
def waveform(peaks: Sequence[int]) -> SafeString:
    """The path of a drawing 100 high: a line up and down for each of the peaks."""
    lines = (f"M{at}.5 {50 - peak / 2:g}v{max(peak, 2):g}" for at, peak in enumerate(peaks))
    return mark_safe("".join(lines))  # noqa: S308 - numbers


@register.simple_tag
def making_urls(made: Playable) -> dict[str, str]:
    """Where a page asks how far a recording is, and for it to be prepared once more."""
    return {"progress": playing.progress_url(made), "again": playing.again_url(made)}


@register.simple_tag
def prepares_recordings() -> bool:
    """Whether there is a program here that can."""
    return ffmpeg.is_installed()
