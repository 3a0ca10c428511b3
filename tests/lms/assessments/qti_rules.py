"""What the schemas of QTI 2.1 and 3.0 ask of a package, as far as this platform writes one."""

import io
import re
import zipfile
from xml.etree.ElementTree import Element, fromstring

MATHML = "{http://www.w3.org/1998/Math/MathML}"
NAMESPACES = {
    "2.1": ("http://www.imsglobal.org/xsd/imsqti_v2p1", "http://www.imsglobal.org/xsd/imscp_v1p1"),
    "3.0": (
        "http://www.imsglobal.org/xsd/imsqtiasi_v3p0",
        "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1",
    ),
}
# The order in which the parts of an item stand, and how many there may be.
ITEM = (
    r"(responseDeclaration )*(outcomeDeclaration )*itemBody (responseProcessing )?(modalFeedback )*"
)
BLOCK = set(
    "p div ul ol pre blockquote table hr h1 h2 h3 h4 h5 h6 rubricBlock choiceInteraction "
    "matchInteraction orderInteraction selectPointInteraction extendedTextInteraction "
    "uploadInteraction".split()
)
XHTML = {
    "p": {"class"},
    "div": {"class"},
    "span": set(),
    "ul": set(),
    "ol": set(),
    "li": set(),
    "pre": set(),
    "code": {"class"},
    "blockquote": set(),
    "em": set(),
    "strong": set(),
    "br": set(),
    "hr": set(),
    "a": {"href"},
    "img": {"src", "alt"},
    "object": {"data", "type", "width", "height"},
    "table": set(),
    "thead": set(),
    "tbody": set(),
    "tr": set(),
    "th": set(),
    "td": set(),
    **{f"h{level}": set() for level in range(1, 7)},
}
NCNAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def camel(name: str) -> str:
    """QTI 3's name of an element as QTI 2 has it."""
    name = name.removeprefix("qti-")
    return re.sub(r"-([a-z])", lambda found: found[1].upper(), name)


def problems(package: bytes, version: str) -> list[str]:
    """What is wrong with the package; empty for a sound one."""
    archive = zipfile.ZipFile(io.BytesIO(package))
    names = archive.namelist()
    items, packaging = NAMESPACES[version]
    manifest = fromstring(archive.read("imsmanifest.xml"))
    found = []
    if manifest.tag != f"{{{packaging}}}manifest":
        found.append(f"manifest is {manifest.tag}")
    listed = {"imsmanifest.xml"}
    identifiers = [one.get("identifier") for one in manifest.iter(f"{{{packaging}}}resource")]
    if len(set(identifiers)) < len(identifiers) or not all(map(NCNAME.fullmatch, identifiers)):
        found.append("identifiers of resources")
    for resource in manifest.iter(f"{{{packaging}}}resource"):
        files = [one.get("href") for one in resource.findall(f"{{{packaging}}}file")]
        if resource.get("href") not in files:
            found.append("the resource's own file is not listed")
        listed |= set(files)
        for one in resource.findall(f"{{{packaging}}}dependency"):
            if one.get("identifierref") not in identifiers:
                found.append("dependency on nothing")
        if resource.get("type", "").startswith("imsqti_item"):
            root = fromstring(archive.read(resource.get("href")))
            found += _item(root, items, version, resource.get("href"), set(names))
    if listed != set(names):
        found.append(f"files and manifest differ: {listed ^ set(names)}")
    return found


def _item(root: Element, namespace: str, version: str, path: str, names: set[str]) -> list[str]:
    prefix = f"{{{namespace}}}"
    found = []
    if any(not one.tag.startswith((prefix, MATHML)) for one in root.iter()):
        found.append("foreign elements")
    if version == "3.0" and any("A" <= letter <= "Z" for one in root.iter() for name in one.attrib
                                if "}" not in name for letter in name):  # fmt: skip
        found.append("an attribute in QTI 2's way")

    def name(element: Element) -> str:
        plain = element.tag.rpartition("}")[2]
        return camel(plain) if version == "3.0" else plain

    order = "".join(f"{name(one)} " for one in root)
    if not re.fullmatch(ITEM, order):
        found.append(f"order of parts: {order}")
    declared = {one.get("identifier"): name(one) for one in root if "eclaration" in name(one)}
    if not all(map(NCNAME.fullmatch, declared)):
        found.append("identifiers of declarations")
    body = next(one for one in root if name(one) == "itemBody")
    found += [f"{name(one)} in the body" for one in body if name(one) not in BLOCK]
    if (body.text or "").strip() or any((one.tail or "").strip() for one in body):
        found.append("text right in the body")
    answered = []
    for element in root.iter():
        if element.tag.startswith(MATHML):
            continue
        kind = name(element)
        used = {camel(one) if version == "3.0" else one for one in element.attrib}
        if kind in XHTML and not used <= XHTML[kind]:
            found.append(f"<{kind}> with {used - XHTML[kind]}")
        response = element.get("responseIdentifier") or element.get("response-identifier")
        if response is not None:
            answered.append(response)
        reads = kind in ("variable", "correct", "mapResponse", "setOutcomeValue")
        if reads and element.get("identifier") not in declared:
            found.append(f"{kind} of nothing declared")
        if kind == "modalFeedback":
            outcome = element.get("outcomeIdentifier") or element.get("outcome-identifier")
            if outcome not in declared:
                found.append("feedback of nothing declared")
        source = element.get("src") or element.get("data")
        beside = f"{path.rpartition('/')[0]}/{source}"
        if source and source.startswith("pictures/") and beside not in names:
            found.append(f"picture {source} is missing")
        if kind in ("ul", "ol", "tr", "table") and not len(element):
            found.append(f"empty <{kind}>")
    responses = [one for one, kind in declared.items() if kind == "responseDeclaration"]
    if sorted(answered) != sorted(responses):
        found.append(f"responses {responses} but interactions for {answered}")
    return found
