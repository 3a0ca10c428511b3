"""Names and addresses of the licences that course material comes under."""

import re

_CC_NAME = re.compile(
    r"\b(?:cc|creative\s+commons)[\s-]*(by(?:[\s-]*(?:nc|sa|nd))*)[\s-]*(?:licen[cs]e\s*)?v?(\d\.\d)?",
    re.IGNORECASE,
)
_CC_ADDRESS = re.compile(
    r"creativecommons\.org/licenses/(by(?:-(?:nc|sa|nd))*)/(\d\.\d)", re.IGNORECASE
)
_CC_WORDS = re.compile(
    r"(?:creative\s+commons\s+|\b)attribution((?:[\s-]*(?:non-?commercial|share-?alike|no-?deriv\w*))*)"
    r"[\s-]*(?:(?:international|generic|unported|public)[\s-]*)*(?:licen[cs]e\s*)?(\d\.\d)",
    re.IGNORECASE,
)
_OTHERS = [
    (r"\bCC0\b|publicdomain/zero", "CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
    (r"\bMIT\b", "MIT", "https://opensource.org/license/mit"),
    (r"\bApache\b.{0,40}2\.0", "Apache 2.0", "https://www.apache.org/licenses/LICENSE-2.0"),
    (r"\bMozilla Public License\b|\bMPL\b", "MPL 2.0", "https://www.mozilla.org/MPL/2.0/"),
    (r"\bBSD\b", "BSD", "https://opensource.org/license/bsd-3-clause"),
    (r"\bGNU Free Documentation\b|\bGFDL\b", "GFDL", "https://www.gnu.org/licenses/fdl-1.3.html"),
    (r"\bGNU General Public\b|\bGPL\b", "GPL", "https://www.gnu.org/licenses/gpl-3.0.html"),
]


def licence_named(text: str) -> tuple[str, str]:
    """(name, address) of a licence from a short name such as "CC-BY 4.0"; the name as it is where
    it is unknown."""
    match = _CC_NAME.search(text)
    if match:
        return _creative_commons(re.sub(r"[\s-]+", "-", match[1]), match[2] or "4.0")
    for pattern, name, address in _OTHERS:
        if re.search(pattern, text, re.IGNORECASE):
            return name, address
    return text, ""


def licence_in(text: str) -> tuple[str, str]:
    """(name, address) of the first licence that a licence file speaks of; empty for none."""
    match = _CC_ADDRESS.search(text)
    if match:
        return _creative_commons(match[1], match[2])
    match = _CC_WORDS.search(text)
    if match:
        words = match[1].lower()
        parts = ["by"]
        parts += ["nc"] if "commercial" in words else []
        parts += ["nd"] if "deriv" in words else []
        parts += ["sa"] if "alike" in words else []
        return _creative_commons("-".join(parts), match[2])
    for pattern, name, address in _OTHERS:
        if re.search(pattern, text[:2000], re.IGNORECASE | re.DOTALL):
            return name, address
    return "", ""


def _creative_commons(parts: str, version: str) -> tuple[str, str]:
    parts = parts.lower()
    return (
        f"CC {parts.upper()} {version}",
        f"https://creativecommons.org/licenses/{parts}/{version}/",
    )
