"""HTML written inside Markdown, made safe before anything else sees it.

Each piece is read on its own and written anew from a list of known elements and attributes, so that
an unclosed tag, comment or script of one piece can't swallow the next. The list is narrower than
what browsers accept; what falls off it is reported with its line.
"""

from html import escape
from html.parser import HTMLParser

from .report import FileReport

# Elements that are gone with all they hold.
FORBIDDEN = {
    "script": "scripts do not run in lessons",
    "style": "lessons have the site's own style",
    "template": "it shows nothing by itself",
    "svg": "drawings come as files",
    "math": "formulas are written in LaTeX",
    "object": "plug-ins do not run in lessons",
    "applet": "plug-ins do not run in lessons",
    "noembed": "it shows nothing in today's browsers",
    "noframes": "it shows nothing in today's browsers",
    "head": "it shows nothing",
    "title": "it shows nothing inside a page",
    "frameset": "frames do not exist any more",
}
# Form controls: a lesson has no form to send; their text stays.
CONTROLS = {
    "form",
    "button",
    "input",
    "select",
    "option",
    "optgroup",
    "textarea",
    "label",
    "fieldset",
    "legend",
}
VOID = {
    "area",
    "base",
    "br",
    "col",
    "embed",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "source",
    "track",
    "wbr",
}
ELEMENTS = {
    "a",
    "abbr",
    "address",
    "article",
    "aside",
    "audio",
    "b",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "embed",
    "figcaption",
    "figure",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "iframe",
    "img",
    "ins",
    "kbd",
    "li",
    "main",
    "mark",
    "nav",
    "ol",
    "p",
    "picture",
    "pre",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "section",
    "small",
    "source",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "track",
    "tt",
    "u",
    "ul",
    "var",
    "video",
    "wbr",
} | CONTROLS
INVISIBLE = {"link", "meta", "base", "area", "map", "html", "body"}
ATTRIBUTES = {
    "alt",
    "class",
    "colspan",
    "href",
    "id",
    "kind",
    "label",
    "markdown",
    "name",
    "open",
    "rowspan",
    "src",
    "srclang",
    "start",
    "title",
    "url",
}
MAX_DEPTH = 40


class RawHtml(HTMLParser):
    """Reads the raw HTML of one document piece by piece; `clean()` returns safe HTML."""

    def __init__(self, report: FileReport):
        super().__init__(convert_charrefs=True)
        self.report = report
        self._first_line = 0
        self._out: list[str] = []
        self._skipping = ""
        self._depth = 0

    @property
    def skipping(self) -> bool:
        """Whether an inline `<script>` or the like still waits for its end."""
        return bool(self._skipping)

    def clean(self, html: str, line: int, *, inline: bool = False) -> str:
        """Safe HTML for one piece that begins on `line`."""
        self.reset()
        self._first_line = line
        self._out = []
        if not inline:
            self._skipping = ""
        self.feed(html)
        self.close()
        return "".join(self._out)

    def end_of_block(self) -> None:
        """An inline script that was never closed ends with its paragraph."""
        self._skipping = ""

    @property
    def _line(self) -> int:
        return self._first_line + self.getpos()[0] - 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._skipping:
            return
        if tag in FORBIDDEN:
            self.report.leave_out(f"<{tag}>", FORBIDDEN[tag], self._line)
            self._skipping = tag
            return
        if tag in INVISIBLE:
            self.report.leave_out(f"<{tag}>", "it shows nothing inside a lesson", self._line)
            return
        if tag not in ELEMENTS:
            self._unknown(tag, attrs)
            return
        if tag in CONTROLS:
            self.report.approximate(f"<{tag}>", "its text only: lessons hold no forms", self._line)
            if tag == "input" or tag == "option":
                self._out.append(" ")
            return
        if tag not in VOID:
            if self._depth >= MAX_DEPTH:
                self.report.leave_out(f"<{tag}>", "nested too deep; its text stays", self._line)
                return
            self._depth += 1
        self._out.append(f"<{tag}{self._attributes(attrs)}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if self._skipping == tag:
            self._skipping = ""
        elif tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._skipping:
            if tag == self._skipping:
                self._skipping = ""
            return
        if "-" in tag:
            self._out.append("</fledge-custom>")
        elif tag in ELEMENTS - CONTROLS and tag not in VOID:
            self._depth = max(0, self._depth - 1)
            self._out.append(f"</{tag}>")
        elif tag == "br":
            self._out.append("<br>")

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self._out.append(escape(data, quote=False))

    def handle_comment(self, data: str) -> None:
        if not self._skipping and data.strip():
            self.report.leave_out(
                "HTML comment", "it is not shown in the source either", self._line
            )

    def handle_decl(self, decl: str) -> None:
        self.report.leave_out("HTML declaration", "it shows nothing", self._line)

    def unknown_decl(self, data: str) -> None:
        self.report.leave_out("HTML declaration", "it shows nothing", self._line)

    def handle_pi(self, data: str) -> None:
        self.report.leave_out("processing instruction", "it shows nothing", self._line)

    def _unknown(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """`<file>` is somebody's placeholder; `<x-video url=…>` is a component of their site."""
        if "-" in tag:
            kept = {name: value or "" for name, value in attrs}
            address = next((kept[name] for name in ("url", "src", "href") if kept.get(name)), "")
            title = next((kept[name] for name in kept if name.endswith("title")), "")
            self._out.append(
                f'<fledge-custom name="{escape(tag)}" href="{escape(address)}" '
                f'title="{escape(title)}">'
            )
            return
        self.report.approximate(f"<{tag}>", "text: HTML has no such element", self._line)
        self._out.append(escape(self.get_starttag_text() or f"<{tag}>", quote=False))

    def _attributes(self, attrs: list[tuple[str, str | None]]) -> str:
        kept = []
        for name, value in attrs:
            if name in ATTRIBUTES:
                kept.append(f' {name}="{escape(value or "")}"')
            elif name.startswith("on"):
                self.report.leave_out(
                    f"{name}=…", "event handlers do not run in lessons", self._line
                )
            elif name == "style":
                self.report.leave_out("style=…", "lessons have the site's own style", self._line)
        return "".join(kept)
