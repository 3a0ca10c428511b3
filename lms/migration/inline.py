"""Running text: the inline part of a tree as Wagtail's rich text, and what can't stand inside it.

The HTML written here is built tag by tag from a short list, never copied.
"""

import re
from html import escape

from bs4 import NavigableString, Tag

from .bundle import AssetKind, Block
from .code import code_blocks
from .context import INVISIBLE, Context, block, clean, plain, plain_of
from .films import embed
from .links import Kind, Target

FORMATTING = {
    "b": "b", "strong": "b", "i": "i", "em": "i", "cite": "i", "dfn": "i", "var": "i",
    "address": "i", "code": "code", "tt": "code", "sup": "sup", "sub": "sub",
}  # fmt: skip
AS_CODE = {"kbd", "samp"}
UNMARKED = {
    "u": "underlining", "ins": "marked insertion", "mark": "highlighting", "small": "small print",
    "big": "large print", "font": "a font", "center": "centring",
}  # fmt: skip
STRUCK = {"s", "del", "strike"}
# Where these stand inside running text (an unclosed `<b>`), they are converted as blocks.
BLOCKS = {
    "p",
    "ul",
    "ol",
    "dl",
    "table",
    "blockquote",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "details",
    "figure",
    "fledge-division",
    "fledge-notes",
}
# Trees deeper than this are flattened: Python's stack is finite.
MAX_DEPTH = 60


def segments(nodes: list, context: Context, depth: int = 0) -> list[str | Block]:
    """Rich text and blocks in reading order; neighbouring text is one string."""
    found: list[str | Block] = []
    for node in nodes:
        for piece in _segment(node, context, depth):
            if isinstance(piece, str) and found and isinstance(found[-1], str):
                found[-1] += piece
            elif piece:
                found.append(piece)
    return found


def rich(nodes: list, context: Context) -> tuple[str, list[Block]]:
    """Rich text, and apart from it the blocks that stood inside."""
    pieces = segments(nodes, context)
    text = "".join(piece for piece in pieces if isinstance(piece, str))
    return text.strip(), [piece for piece in pieces if not isinstance(piece, str)]


def _segment(node, context: Context, depth: int) -> list[str | Block]:
    if isinstance(node, INVISIBLE):
        return []
    if isinstance(node, NavigableString):
        return [escape(re.sub(r"[ \t\r\n\f]+", " ", clean(str(node))), quote=False)]
    context.see(node)
    if depth > MAX_DEPTH:
        context.report.approximate("deeply nested formatting", "its text", context.line)
        return [escape(plain(node), quote=False)]
    if node.get("id") and node.name != "a":
        context.anchor(str(node["id"]))
    handler = _HANDLERS.get(node.name)
    if handler:
        return handler(node, context, depth)
    if node.name in FORMATTING:
        return _wrapped(node, FORMATTING[node.name], context, depth)
    if node.name in AS_CODE:
        context.report.approximate(f"<{node.name}>", "code", context.line)
        return _wrapped(node, "code", context, depth)
    if node.name in BLOCKS:
        return list(context.blocks_of([node]))
    if node.name in STRUCK:
        context.report.approximate("struck-out text", "text between ~~ and ~~", context.line)
        return ["~~", *segments(list(node.children), context, depth + 1), "~~"]
    if node.name in UNMARKED:
        context.report.approximate(UNMARKED[node.name], "plain text", context.line)
    return segments(list(node.children), context, depth + 1)


def _wrapped(node: Tag, tag: str, context: Context, depth: int) -> list[str | Block]:
    if tag == "code":
        return [f"<code>{escape(_code_text(node), quote=False)}</code>"]
    return [
        f"<{tag}>{piece}</{tag}>" if isinstance(piece, str) and piece.strip() else piece
        for piece in segments(list(node.children), context, depth + 1)
    ]


def _code_text(node: Tag) -> str:
    return clean(node.get_text())


# --- Links
def _link(node: Tag, context: Context, depth: int) -> list[str | Block]:
    for name in (node.get("id"), node.get("name")):
        if name:
            context.anchor(str(name))
    inner = segments(list(node.children), context, depth + 1)
    href = str(node.get("href", ""))
    if not href:
        return inner
    target = context.links.resolve(href, context.path)
    opening = open_link(target, context, plain(node) or href)
    if not opening:
        return inner
    if not any(isinstance(piece, str) and piece.strip() for piece in inner):
        # A picture that is a link: the picture stays a picture, the link stands below it.
        label = escape(str(node.get("title") or href), quote=False)
        if inner:
            context.report.approximate("picture as a link", "a link below it", context.line)
        return [*inner, f"{opening}{label}</a>"]
    return [
        f"{opening}{piece}</a>" if isinstance(piece, str) and piece.strip() else piece
        for piece in inner
    ]


def open_link(target: Target, context: Context, text: str) -> str:
    """The opening tag of a link; empty, and reported, where there is nothing to link to."""
    report = context.report
    match target.kind:
        case Kind.EXTERNAL:
            report.carry("links")
            return f'<a href="{escape(target.value)}">'
        case Kind.LESSON:
            report.carry("links between lessons")
            return (
                f'<a data-lesson="{escape(target.value)}" '
                f'data-fragment="{escape(target.fragment)}" data-line="{context.line}">'
            )
        case Kind.ANCHOR:
            report.carry("links within a lesson")
            return (
                f'<a data-lesson="" data-fragment="{escape(target.fragment)}" '
                f'data-line="{context.line}">'
            )
        case Kind.FILE:
            report.carry("links to files")
            context.use(target.value, text)
            return f'<a data-asset="{escape(target.value)}">'
    report.leave_out(
        f"link to {_short(target.value)}", f"{target.why}; its text stays", context.line
    )
    return ""


def _short(address: str) -> str:
    address = clean(address)
    return address if len(address) <= 120 else f"{address[:117]}…"


# --- Pictures, sound and film
def _image(node: Tag, context: Context, depth: int) -> list[str | Block]:
    title = str(node.get("title", ""))
    caption = segments(list(node.children), context, depth + 1) if node.contents else []
    text = "".join(piece for piece in caption if isinstance(piece, str)).strip()
    return show(
        str(node.get("src", "")),
        str(node.get("alt", "")),
        text or escape(title, quote=False),
        context,
    )


def show(source: str, alt: str, caption: str, context: Context) -> list[str | Block]:
    """The block for a picture, sound or film; text where it can't be had."""
    report, alt = context.report, " ".join(clean(alt).split())
    if not source.strip():
        report.leave_out("image without an address", "there is nothing to show", context.line)
        return [escape(alt, quote=False)]
    target = context.links.resolve(source, context.path)
    if target.kind == Kind.FILE:
        return [_local_media(target.value, alt, caption, context)]
    label = escape(alt or source, quote=False)
    if target.kind == Kind.EXTERNAL:
        film = embed(target.value, alt, context)
        if film:
            return [film]
        report.approximate(
            "picture on another site", "a link to it: nothing is downloaded", context.line
        )
        report.carry("links")
        return [f'<a href="{escape(target.value)}">{label}</a>']
    why = target.why or "it is no file"
    report.leave_out(f"image {_short(source)}", f"{why}; its description stays", context.line)
    context.links.folder.report.problem(
        f"image {_short(source)} is not there",
        f"{why}; put the file there or correct its path",
        context.path,
        context.line,
    )
    return [label if alt else ""]


def _local_media(path: str, alt: str, caption: str, context: Context) -> Block:
    report, reference = context.report, {"asset": path}
    asset = context.use(path, alt)
    name = alt or plain_of(caption)
    if asset.kind == AssetKind.IMAGE:
        report.carry("images")
        if not alt:
            report.approximate("image without a description", "marked as decoration", context.line)
        return block(
            "image",
            {
                "image": {"image": reference, "alt_text": alt, "decorative": not alt},
                "caption": caption,
            },
        )
    if asset.kind == AssetKind.VIDEO:
        report.carry("videos")
        return block(
            "video",
            {
                "media": reference,
                "url": "",
                "title": name[:255],
                "transcript": "",
                "captions": None,
            },
        )
    if asset.kind == AssetKind.AUDIO:
        report.carry("recordings")
        return block("audio", {"media": reference, "title": name[:255], "transcript": ""})
    report.carry("downloads")
    return block("download", {"document": reference, "title": name[:255], "description": ""})


def _frame(node: Tag, context: Context, depth: int) -> list[str | Block]:
    address = str(node.get("src") or node.get("href") or "")
    title = str(node.get("title") or "") or plain(node)
    target = context.links.resolve(address, context.path)
    if target.kind == Kind.EXTERNAL:
        found = embed(target.value, title, context)
        if found:
            return [found]
    what = f"<{node.get('name') if node.name == 'fledge-custom' else node.name}>"
    if not address:
        if node.name == "fledge-custom":
            context.report.approximate(what, "what it holds", context.line)
            return segments(list(node.children), context, depth + 1)
        context.report.leave_out(what, "it has no address", context.line)
        return []
    opening = open_link(target, context, title)
    label = escape(clean(title or address), quote=False)
    if opening:
        context.report.approximate(what, "a link to what it shows", context.line)
        return [f"{opening}{label}</a>"]
    return [label if title else ""]


def _player(node: Tag, context: Context, _depth: int) -> list[str | Block]:
    """`<video>`, `<audio>` and `<picture>`: the first source that is there."""
    if node.name == "picture":
        image = node.find("img")
        if image is None:
            return []
        context.report.approximate("<picture>", "its image", context.line)
        return _image(image, context, 0)
    sources = [str(node.get("src", ""))] + [
        str(source.get("src", "")) for source in node.find_all("source")
    ]
    sources = [source for source in sources if source]
    if not sources:
        context.report.leave_out(f"<{node.name}>", "it has no address", context.line)
        return []
    local = [
        source
        for source in sources
        if context.links.resolve(source, context.path).kind == Kind.FILE
    ]
    for track in node.find_all("track"):
        context.report.leave_out(
            f"captions {_short(str(track.get('src', '')))}", "add them in the editor", context.line
        )
    return show((local or sources)[0], str(node.get("title", "")), "", context)


# --- The rest
def _formula(node: Tag, context: Context, _depth: int) -> list[str | Block]:
    latex = clean(node.get_text())
    if not latex.strip():
        return []
    context.report.carry("formulas")
    if node.get("display"):
        label = clean(str(node.get("label", "")))[:80]
        return [block("mathematics", {"latex": latex, "label": label})]
    return [f"\\({escape(latex, quote=False)}\\)"]


def _line_break(_node: Tag, _context: Context, _depth: int) -> list[str | Block]:
    return ["<br/>"]


def _note(node: Tag, context: Context, _depth: int) -> list[str | Block]:
    context.report.approximate("footnote", "a number, with its text at the end", context.line)
    return [f"<sup>{escape(str(node.get('number', '')))}</sup>"]


def _abbreviation(node: Tag, context: Context, depth: int) -> list[str | Block]:
    inner = segments(list(node.children), context, depth + 1)
    title = clean(str(node.get("title", "")))
    if title:
        context.report.approximate("<abbr>", "its meaning in brackets", context.line)
        inner.append(f" ({escape(title, quote=False)})")
    return inner


def _quotation_marks(node: Tag, context: Context, depth: int) -> list[str | Block]:
    return ["“", *segments(list(node.children), context, depth + 1), "”"]


def _nothing(_node: Tag, _context: Context, _depth: int) -> list[str | Block]:
    return []


def _line(node: Tag, context: Context, _depth: int) -> list[str | Block]:
    context.see(node)
    return []


def _code(node: Tag, context: Context, _depth: int) -> list[str | Block]:
    return [*code_blocks(node, context)]


_HANDLERS = {
    "a": _link,
    "img": _image,
    "fledge-image": _image,
    "iframe": _frame,
    "embed": _frame,
    "fledge-custom": _frame,
    "video": _player,
    "audio": _player,
    "picture": _player,
    "fledge-formula": _formula,
    "fledge-note": _note,
    "fledge-line": _line,
    "fledge-code": _code,
    "pre": _code,
    "br": _line_break,
    "wbr": _nothing,
    "abbr": _abbreviation,
    "q": _quotation_marks,
    "rp": _nothing,
    "source": _nothing,
    "track": _nothing,
    "col": _nothing,
    "colgroup": _nothing,
}
