"""What teachers write as Markdown, as HTML that is safe to show: formulas between \\( and \\) or
\\[ and \\], pictures of the question only (`![what is seen](picture:key)`), no HTML of theirs."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from mdit_py_plugins.texmath import texmath_plugin

from lms.courses.mathematics import MathematicsError, to_mathml

PICTURE = "picture:"
AddressOf = Callable[[str], str]


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    md = MarkdownIt("commonmark", {"html": False, "breaks": True})
    md.enable("table").use(texmath_plugin, delimiters="brackets")
    md.add_render_rule("image", _image)
    md.add_render_rule("math_inline", _formula)
    md.add_render_rule("math_block", _displayed)
    md.add_render_rule("math_block_eqno", _displayed)
    md.add_render_rule("link_open", _link)
    return md


def for_templates(address_of: AddressOf) -> AddressOf:
    """The same; a template that hands it on does not call it itself."""
    address_of.do_not_call_in_templates = True  # type: ignore[attr-defined]
    return address_of


def as_html(text: str, address_of: AddressOf | None = None) -> SafeString:
    """Paragraphs of HTML; `address_of` gives the address of a picture by its key. Without it, what
    pictures show is said in words."""
    return mark_safe(_markdown().render(text, {"address_of": address_of}))  # noqa: S308


def in_line(text: str, address_of: AddressOf | None = None) -> SafeString:
    """A text without paragraphs, for choices and the like."""
    return mark_safe(_markdown().renderInline(text, {"address_of": address_of}))  # noqa: S308


def _image(
    self: RendererHTML, tokens: list[Token], at: int, options: Any, env: Mapping[str, Any]
) -> str:
    token = tokens[at]
    seen = escape(self.renderInlineAsText(token.children or [], options, dict(env)))
    source, address_of = str(token.attrGet("src") or ""), env.get("address_of")
    if not source.startswith(PICTURE) or address_of is None:
        return f"<em>{seen}</em>"
    address = escape(address_of(source.removeprefix(PICTURE)))
    return f'<img class="question__picture" src="{address}" alt="{seen}" loading="lazy">'


def _formula(self: RendererHTML, tokens: list[Token], at: int, options: Any, env: Any) -> str:
    return _mathml(tokens[at].content, display=False)


def _displayed(self: RendererHTML, tokens: list[Token], at: int, options: Any, env: Any) -> str:
    return _mathml(tokens[at].content, display=True)


def _mathml(latex: str, *, display: bool) -> str:
    try:
        return to_mathml(latex, display=display)
    except MathematicsError:
        return f"<code>{escape(latex)}</code>"


def _link(self: RendererHTML, tokens: list[Token], at: int, options: Any, env: Any) -> str:
    tokens[at].attrSet("rel", "noopener noreferrer nofollow")
    tokens[at].attrSet("target", "_blank")
    return self.renderToken(tokens, at, options, env)
