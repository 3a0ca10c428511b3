"""Code chunks of R Markdown and Quarto, whose pages are made by running them; nobody does here.

What a chunk computes is not in the folder: a visible one comes as its code alone, one that the page
hides does not come at all, and one that only shows a picture is that picture.
"""

import re
from dataclasses import dataclass

# knitr's and Quarto's engines in use; other names in braces are no languages.
_ENGINES = (
    "r|python|py|bash|sh|zsh|sql|julia|rcpp|stan|js|ojs|css|cat|perl|ruby|node|octave|verbatim"
)
_CHUNK = re.compile(rf"\{{({_ENGINES})\b[\s,]*(.*)\}}\s*$", re.DOTALL | re.IGNORECASE)
_OPTION = re.compile(r"""([\w.-]+)\s*=\s*("[^"]*"|'[^']*'|[^,\s]+)""")
_OPTION_LINE = re.compile(r"^#\|\s*([\w.-]+)\s*:\s*(.*?)\s*$\n?", re.MULTILINE)
_PICTURE = re.compile(r"""include_graphics\(\s*(?:path\s*=\s*)?["']([^"']+)["']""")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk taken apart: its language, its options by name, its code."""

    language: str
    options: dict[str, str]
    code: str

    def is_off(self, *names: str) -> bool:
        """Whether one of these options says no."""
        return any(self.options.get(name, "").upper() in ("FALSE", "F") for name in names)

    @property
    def picture(self) -> str:
        """The path of the picture that this chunk is there to show; empty where it does more."""
        shown = _PICTURE.search(self.code)
        return shown[1] if shown and self.is_off("echo") else ""


def chunk(info: str, content: str) -> Chunk | None:
    """The chunk that a fence with this info string holds; None where it is plain code."""
    match = _CHUNK.match(info.strip())
    if not match:
        return None
    options = {name.replace(".", "-"): value for name, value in _OPTION.findall(match[2])}
    options |= dict(_OPTION_LINE.findall(content))
    plain = {name: value.strip("\"'") for name, value in options.items()}
    return Chunk(
        plain.get("engine") or plain.get("lang") or match[1], plain, _OPTION_LINE.sub("", content)
    )
