"""Drawings without anything that runs or loads: SVG files from strangers are shown to students."""

import re
from xml.etree.ElementTree import Element, register_namespace, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
_FORBIDDEN = {"script", "foreignObject", "iframe", "handler", "listener", "audio", "video", "set"}
# Animations may change addresses of links.
_FORBIDDEN |= {"animate", "animateTransform", "animateMotion", "discard"}
_INLINE_IMAGE = re.compile(r"data:image/(?:png|jpe?g|gif|webp);base64,[A-Za-z0-9+/=\s]+\Z")
_LOADS = re.compile(r"@import|javascript:|expression\s*\(|url\(\s*['\"]?\s*(?!['\"]?#)", re.I)


class SvgError(ValueError):
    """The file is no SVG drawing, or one we don't read; the message says why."""


def sanitised(data: bytes) -> tuple[bytes, list[str]]:
    """The drawing without scripts, event handlers and outside references, and what was dropped.

    Raises SvgError.
    """
    try:
        root = fromstring(data)
    except (ParseError, DefusedXmlException, ValueError, RecursionError) as error:
        raise SvgError(f"it is no readable SVG ({error})") from error
    if root.tag not in (f"{{{SVG}}}svg", "svg"):
        raise SvgError("it is no SVG drawing")
    dropped: list[str] = []
    pending = [root]
    while pending:
        element = pending.pop()
        _clean_attributes(element, dropped)
        for child in list(element):
            name = _local(child.tag)
            loads = name == "style" and _LOADS.search("".join(child.itertext()))
            if name in _FORBIDDEN or loads:
                _remove(element, child)
                dropped.append(f"<{name}>")
            else:
                pending.append(child)
    # The table is the whole process's, and other libraries write "svg:" into it.
    register_namespace("", SVG)
    register_namespace("xlink", XLINK)
    return tostring(root, encoding="utf-8", xml_declaration=True), dropped


def _clean_attributes(element: Element, dropped: list[str]) -> None:
    for name, value in list(element.attrib.items()):
        local = _local(name).lower()
        if local.startswith("on") or _LOADS.search(value):
            pass
        elif local in ("href", "src", "base"):
            inside = value.strip().startswith("#") or _INLINE_IMAGE.match(value.strip())
            # A link of a drawing does nothing in an <img>: no loss worth a line.
            if inside or _local(element.tag) == "a":
                if not inside:
                    del element.attrib[name]
                continue
        else:
            continue
        del element.attrib[name]
        dropped.append(f"{local}=…")


def _remove(parent: Element, child: Element) -> None:
    """Take a child out, leaving the text that stood behind it."""
    index = list(parent).index(child)
    if child.tail:
        if index:
            before = parent[index - 1]
            before.tail = (before.tail or "") + child.tail
        else:
            parent.text = (parent.text or "") + child.tail
    parent.remove(child)


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2]
