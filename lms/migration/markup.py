"""Markdown → one well-formed HTML tree, with the source's lines written on it.

Markdown and the HTML inside it become one tree here, so that a table, an image or a `<details>` is
converted in the same way whichever of the two it was written in. Elements called `fledge-…` carry
what HTML has no element for; raw HTML can't produce them (`rawhtml`).
"""

from collections.abc import Sequence
from html import escape

from bs4 import BeautifulSoup, Tag
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from . import knitr
from .attributes import parse_info
from .rawhtml import RawHtml
from .report import FileReport
from .syntax import MAX_NESTING, parser

PROBLEMS = {
    "stray-division": (
        "::: with nothing to close",
        "ignored; remove it, or give it a name where a box should begin",
    ),
    "unclosed-division": (
        "::: that is never closed",
        "closed where its surroundings end; add the closing :::",
    ),
}


def tree(text: str, report: FileReport, *, first_line: int = 1) -> Tag:
    """The document as a tree; `data-line` on an element is its line in the source file."""
    md = parser()
    env: dict = {"problems": [], "divisions": {}}
    tokens = md.parse(text, env)
    for line, problem in dict.fromkeys(env["problems"]):
        report.approximate(*PROBLEMS[problem], first_line + line)
    renderer = _Markup(report, first_line)
    if any(token.level >= MAX_NESTING - 1 for token in tokens):
        report.leave_out("deeply nested content", f"more than {MAX_NESTING} levels deep")
    return BeautifulSoup(renderer.render(tokens, md.options, env), "html.parser")


class _Markup(RendererHTML):
    """markdown-it's renderer; a method named after a token renders that token."""

    def __init__(self, report: FileReport, first_line: int):
        super().__init__()
        self._report = report
        self._raw = RawHtml(report)
        self._first_line = first_line
        self._inline_line = first_line

    def _line(self, token: Token) -> int:
        return self._first_line + token.map[0] if token.map else self._inline_line

    def _element(self, element: str, line: int, content: str, **attributes: str) -> str:
        written = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items() if value)
        return f'<fledge-{element} data-line="{line}"{written}>{content}</fledge-{element}>'

    def renderToken(self, tokens, idx, options, env):
        token = tokens[idx]
        if token.nesting >= 0 and (token.map or token.type == "link_open"):
            token.attrSet("data-line", str(self._line(token)))
        return super().renderToken(tokens, idx, options, env)

    def renderInline(self, tokens: Sequence[Token], options, env) -> str:
        """Inline content, keeping count of the source's lines."""
        out = []
        for index, token in enumerate(tokens):
            if token.type in ("softbreak", "hardbreak"):
                self._inline_line += 1
            if self._raw.skipping and token.type != "html_inline":
                continue
            rule = self.rules.get(token.type)
            out.append(
                rule(tokens, index, options, env)
                if rule
                else self.renderToken(tokens, index, options, env)
            )
        return "".join(out)

    def render(self, tokens: Sequence[Token], options, env) -> str:
        """Block content; as in the library, with the line known to what stands inside."""
        out = []
        for index, token in enumerate(tokens):
            if token.map:
                self._inline_line = self._line(token)
            if token.type == "inline":
                out.append(self.renderInline(token.children or [], options, env))
                self._raw.end_of_block()
            else:
                rule = self.rules.get(token.type)
                out.append(
                    rule(tokens, index, options, env)
                    if rule
                    else self.renderToken(tokens, index, options, env)
                )
        return "".join(out)

    # --- Code
    def fence(self, tokens, idx, options, env):
        token = tokens[idx]
        chunk = knitr.chunk(token.info, token.content)
        if chunk:
            return self._chunk(chunk, self._line(token))
        name, _rest, attributes = parse_info(token.info)
        classes = [*attributes.classes, *str(token.attrs.get("class", "")).split()]
        pairs = attributes.pairs
        return self._element(
            "code",
            self._line(token),
            escape(token.content),
            name=name,
            classes=" ".join(classes),
            filename=str(token.attrs.get("filename", ""))
            or pairs.get("filename")
            or pairs.get("title")
            or pairs.get("file")
            or "",
        )

    def _chunk(self, chunk: knitr.Chunk, line: int) -> str:
        options = chunk.options
        if chunk.picture:
            alt = options.get("fig-alt", "")
            caption = options.get("fig-cap", "")
            return self._element(
                "image", line, escape(caption if alt else ""), src=chunk.picture, alt=alt or caption
            )
        if chunk.is_off("echo", "include"):
            self._report.leave_out(
                "code that its page hides", "nobody runs it here, and its result is no file", line
            )
            return ""
        if not chunk.is_off("eval"):
            self._report.approximate(
                "code with the output of running it", "the code: nobody runs it here", line
            )
        return self._element("code", line, escape(chunk.code), name=chunk.language)

    def code_block(self, tokens, idx, options, env):
        classes = str(tokens[idx].attrs.get("class", ""))
        return self._element(
            "code", self._line(tokens[idx]), escape(tokens[idx].content), classes=classes
        )

    def code_inline(self, tokens, idx, options, env):
        return f"<code>{escape(tokens[idx].content)}</code>"

    # --- HTML
    def html_block(self, tokens, idx, options, env):
        line = self._line(tokens[idx])
        return f'<fledge-line data-line="{line}"></fledge-line>' + self._raw.clean(
            tokens[idx].content, line
        )

    def html_inline(self, tokens, idx, options, env):
        return self._raw.clean(tokens[idx].content, self._inline_line, inline=True)

    # --- Images: the label is the description, or the caption where `{alt="…"}` gives one
    def image(self, tokens, idx, options, env):
        token = tokens[idx]
        label = self.renderInline(token.children or [], options, env)
        described = bool(token.attrs.get("alt"))
        return self._element(
            "image",
            self._inline_line,
            label if described else "",
            src=str(token.attrs.get("src", "")),
            alt=str(
                token.attrs["alt"]
                if described
                else self.renderInlineAsText(token.children or [], options, env)
            ),
            title=str(token.attrs.get("title", "")),
        )

    # --- Directives that stand for what the source's site has and a lesson has not
    def left_out(self, tokens, idx, options, env):
        self._report.leave_out(
            f"directive “{tokens[idx].info}”",
            "the course has its own contents",
            self._line(tokens[idx]),
        )
        return ""

    # --- Divisions
    def division_open(self, tokens, idx, options, env):
        token = tokens[idx]
        attributes = {
            "data-line": str(self._line(token)),
            "name": token.meta["name"],
            "title": token.attrs.get("title") or token.meta["rest"],
            "class": token.attrs.get("class", ""),
            "id": token.attrs.get("id", ""),
            "collapsed": str(token.attrs.get("collapse", "")),
        }
        written = "".join(f' {key}="{escape(str(value))}"' for key, value in attributes.items())
        return f"<fledge-division{written}>"

    def division_close(self, tokens, idx, options, env):
        return "</fledge-division>"

    # --- Mathematics
    def _formula(self, token: Token, display: bool) -> str:
        return self._element(
            "formula",
            self._line(token) if token.block else self._inline_line,
            escape(token.content.strip()),
            display="yes" if display else "",
            label=token.info.strip() if token.type == "math_block_label" else "",
        )

    def math_inline(self, tokens, idx, options, env):
        return self._formula(tokens[idx], display=False)

    def math_inline_double(self, tokens, idx, options, env):
        return self._formula(tokens[idx], display=True)

    math_block = math_block_label = math_block_eqno = amsmath = math_inline_double

    # --- Footnotes
    def footnote_ref(self, tokens, idx, options, env):
        number = str(tokens[idx].meta["id"] + 1)
        return self._element("note", self._inline_line, "", number=number)

    def footnote_block_open(self, tokens, idx, options, env):
        return '<fledge-notes><ol class="footnotes">'

    def footnote_block_close(self, tokens, idx, options, env):
        return "</ol></fledge-notes>"

    def footnote_open(self, tokens, idx, options, env):
        return "<li>"

    def footnote_close(self, tokens, idx, options, env):
        return "</li>"

    def footnote_anchor(self, tokens, idx, options, env):
        return ""
