"""Tags for the e-mail layouts."""

import re

from django import template
from django.template.base import NodeList, Parser, Token
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


class Squeeze(template.Node):
    def __init__(self, nodes: NodeList) -> None:
        self.nodes = nodes

    def render(self, context: template.Context) -> SafeString:
        lines = [line.strip() for line in self.nodes.render(context).splitlines()]
        return mark_safe(re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip())  # noqa: S308


@register.tag
def squeeze(parser: Parser, token: Token) -> Squeeze:
    """Trim lines and leave at most one empty line between paragraphs."""
    nodes = parser.parse(["endsqueeze"])
    parser.delete_first_token()
    return Squeeze(nodes)


class Capture(template.Node):
    def __init__(self, nodes: NodeList, name: str) -> None:
        self.nodes = nodes
        self.name = name

    def render(self, context: template.Context) -> str:
        context[self.name] = mark_safe(self.nodes.render(context).strip())  # noqa: S308
        return ""


@register.tag
def capture(parser: Parser, token: Token) -> Capture:
    """{% capture name %}…{% endcapture %}: what stands inside, trimmed, as a variable."""
    name = token.split_contents()[1]
    nodes = parser.parse(["endcapture"])
    parser.delete_first_token()
    return Capture(nodes, name)
