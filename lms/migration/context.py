"""What converting a file carries along, and the small pieces every converter uses."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from bs4 import (
    BeautifulSoup,
    CData,
    Comment,
    Declaration,
    Doctype,
    NavigableString,
    ProcessingInstruction,
    Tag,
)

from .bundle import Asset, Block, asset_kind
from .links import Links, fragment_keys
from .report import FileReport

INVISIBLE = (Comment, CData, Declaration, Doctype, ProcessingInstruction)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass
class Context:
    """What converting one file needs to know, and what it finds out."""

    path: str
    report: FileReport
    links: Links
    assets: dict[str, Asset]
    line: int = 0
    heading: str = ""
    heading_level: int = 1
    anchors: dict[str, str] = field(default_factory=dict)
    # Converts block elements met inside running text; set by the converter of blocks.
    blocks_of: Callable[[list], list[Block]] = lambda nodes: []

    def see(self, element: Tag) -> None:
        """Keep the current line of the source, for the report."""
        line = element.get("data-line")
        if isinstance(line, str) and line.isascii() and line.isdigit():
            self.line = int(line[:9])

    def anchor(self, identifier: str, heading: str | None = None) -> None:
        """Remember where a fragment leads: to a heading, by default the latest one."""
        for key in fragment_keys(identifier):
            self.anchors.setdefault(key, self.heading if heading is None else heading)

    def use(self, path: str, title: str) -> Asset:
        """The asset of a local file."""
        asset = self.assets.get(path)
        if asset is None:
            file = self.links.folder.files[path]
            asset = Asset(path, file, asset_kind(path), title, self.path, self.line)
            self.assets[path] = asset
        elif title and not asset.title:
            asset.title = title
        return asset


def plain(node: Tag | NavigableString) -> str:
    """The text of a node, on one line."""
    if isinstance(node, NavigableString):
        return clean(str(node))
    pieces = [
        f"\\({piece.get_text()}\\)" if piece.name == "fledge-formula" else str(piece)
        for piece in node.descendants
        if (isinstance(piece, Tag) and piece.name == "fledge-formula")
        or (
            isinstance(piece, NavigableString)
            and not isinstance(piece, INVISIBLE)
            and not piece.find_parent("fledge-formula")
        )
    ]
    return " ".join(clean("".join(pieces)).split())


def clean(text: str) -> str:
    """Text without control characters, which neither XML nor PostgreSQL takes."""
    return _CONTROL.sub("", text)


def plain_of(html: str) -> str:
    """The text of a piece of rich text."""
    return plain(BeautifulSoup(re.sub(r"(</(?:p|li|h3)>|<br/>)", r"\1 ", html), "html.parser"))


def block(kind: str, value) -> Block:
    """A block as the database has it, without its id."""
    return {"type": kind, "value": value}
