"""Jekyll's Liquid tags in older lessons, replaced line for line before Markdown is read."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from .report import FileReport

_TAG = re.compile(r"\{%-?\s*(\w+)(.*?)-?%\}", re.DOTALL)
_INCLUDE = re.compile(
    r"\{%-?\s*include(?:_relative)?\s+((?:\{\{.*?\}\}|[^\s%{])+)\s*.*?-?%\}", re.DOTALL
)
_COMMENT = re.compile(r"\{%-?\s*comment\s*-?%\}.*?\{%-?\s*endcomment\s*-?%\}", re.DOTALL)
_RAW = re.compile(r"\{%-?\s*raw\s*-?%\}(.*?)\{%-?\s*endraw\s*-?%\}", re.DOTALL)
_OUTPUT = re.compile(r"\{\{-?\s*([\w.]+)[^{}]*?-?\}\}")
_PARAMETER = re.compile(r"""(\w+)\s*=\s*("[^"]*"|'[^']*'|\S+)""")
# What stands for the site's root in The Carpentries' and Jekyll's templates.
ROOTS = {
    "page.root", "site.baseurl", "site.root", "relative_root_path", "site.url",
}  # fmt: skip


# Includes inside includes, as deep as anybody writes them.
MAX_INCLUDES = 5


def render(
    text: str,
    site: Mapping[str, Any],
    report: FileReport,
    first_line: int,
    include: Callable[[str], str | None] = lambda name: None,
) -> str:
    """The text with its Liquid replaced by Markdown, or left out and reported.

    site: the site's settings. include: the text of a file in `_includes`, None where there is none.
    The number of lines stays, so that later messages name the right one; only an included file's
    lines add to it.
    """
    kept: list[str] = []

    def keep(match: re.Match) -> str:
        kept.append(match[1])
        return f"\x02{len(kept) - 1}\x03"

    text = text.replace("\x02", "").replace("\x03", "")
    text = _RAW.sub(keep, text)

    def line_of(match: re.Match) -> int:
        return first_line + match.string.count("\n", 0, match.start())

    def comment(match: re.Match) -> str:
        report.leave_out("Liquid comment", "it is not shown in the source either", line_of(match))
        return "\n" * match[0].count("\n")

    def tag(match: re.Match) -> str:
        written = _tag(match[1], match[2].strip(), report, line_of(match))
        return written + "\n" * (match[0].count("\n") - written.count("\n"))

    def output(match: re.Match) -> str:
        return _output(match[1], site, report, line_of(match))

    def included(match: re.Match) -> str:
        """A file of the folder's own; what templates write in HTML needs Jekyll to run."""
        name = _OUTPUT.sub(output, match[1]).lstrip("/")
        found = None if name.endswith((".html", "links.md")) else include(name)
        return match[0].replace(match[1], name) if found is None else _RAW.sub(keep, found)

    text = _COMMENT.sub(comment, text)
    for _depth in range(MAX_INCLUDES):
        text = _INCLUDE.sub(included, text)
    text = _TAG.sub(tag, text)
    text = _OUTPUT.sub(output, text)
    # `{{ page.root }}{% link x %}` and `{{ page.root }}/x` both mean /x.
    text = text.replace("\x01//", "/").replace("\x01/", "/").replace("\x01", "/")
    return re.sub("\x02(\\d+)\x03", lambda match: kept[int(match[1])], text)


def _tag(name: str, rest: str, report: FileReport, line: int) -> str:
    match name:
        case "link":
            return "/" + rest.strip("\"'").lstrip("/")
        case "include" | "include_relative":
            return _include(rest, report, line)
        case "highlight":
            return f"```{rest.split()[0] if rest else ''}"
        case "endhighlight":
            return "```"
    report.leave_out(f"Liquid tag “{name}”", "templates do not run in lessons", line)
    return ""


def _include(rest: str, report: FileReport, line: int) -> str:
    file, _space, given = rest.partition(" ")
    if file == "links.md":
        return ""  # its definitions are read with the page
    values = {match[1]: match[2].strip("\"'") for match in _PARAMETER.finditer(given)}
    address = values.get("src") or values.get("url") or values.get("file") or ""
    if "fig" in file and address:
        caption = values.get("caption", "").replace("]", "\\]")
        alt = values.get("alt", "").replace("'", "\\'")
        return (
            f"![{caption}]({address.replace(' ', '%20')}){{alt='{alt}'}}"
            if alt
            else (f"![{caption}]({address.replace(' ', '%20')})")
        )
    if file.startswith("youtube") and values.get("id"):
        return f"<https://www.youtube.com/watch?v={values['id']}>"
    report.leave_out(f"include of {file}", "templates do not run in lessons", line)
    return ""


def _output(name: str, site: Mapping[str, Any], report: FileReport, line: int) -> str:
    if name in ROOTS:
        return "\x01"
    value: Any = {"site": site}
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    if isinstance(value, str | int | float):
        return str(value)
    report.leave_out(f"Liquid value “{name}”", "templates do not run in lessons", line)
    return ""
