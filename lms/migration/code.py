"""Code blocks and the names of programming languages."""

from bs4 import Tag

from lms.courses.languages import code_language

from .bundle import Block
from .context import Context, block, clean

# Names that say what the text is rather than which language it is in; Pygments knows `output`.
PLAIN = {"text", "plain", "plaintext", "txt", "source", "none", "nohighlight", "ascii", "raw"}
OUTPUT = {"output", "error", "warning", "stdout", "stderr"}
# In use in course repositories, unknown to Pygments or called otherwise there.
ALIASES = {
    "shell-session": "console",
    "shellsession": "console",
    "terminal": "console",
    "cmd": "batch",
    "node": "javascript",
    "mjs": "javascript",
    "html5": "html",
    "svg": "xml",
    "jsonc": "json",
    "json5": "json",
    "dotenv": "ini",
    "gitignore": "text",
    "csv": "text",
    "console?lang=python": "pycon",
    "ipython": "python",
    "pyodide": "python",
    "webr": "r",
    "vue": "html",
    "zsh": "bash",
    "sh": "bash",
    "shell": "bash",
    "unix": "bash",
}
_IGNORED_CLASSES = {"numberlines", "number-lines", "linenos", "no_run", "nolint", "highlight"}


def code_blocks(node: Tag, context: Context) -> list[Block]:
    """The block for a fenced or indented code block, or for `<pre>`; none for an empty one."""
    context.see(node)
    name, filename = _names(node)
    code = clean(node.get_text()).rstrip("\n")
    if node.name == "pre":
        code = code.removeprefix("\n")
    if not code.strip():
        context.report.leave_out("empty code block", "it holds nothing", context.line)
        return []
    context.report.carry("code blocks")
    language = language_of(name, context)
    return [block("code", {"language": language, "filename": filename[:255], "code": code})]


def _names(node: Tag) -> tuple[str, str]:
    classes = str(node.get("classes", "")).split()
    inner = node.find("code") if node.name == "pre" else None
    for element in (node, inner):
        if isinstance(element, Tag) and element.get("class"):
            found = element["class"]
            classes += found.split() if isinstance(found, str) else list(found)
    name = str(node.get("name", ""))
    filename = clean(str(node.get("filename", "")))
    if not name:
        named = [
            item.removeprefix("language-").removeprefix("lang-").removeprefix("brush:")
            for item in classes
            if item.lower() not in _IGNORED_CLASSES
        ]
        name = next((item for item in named if item), "")
    name, _, path = name.partition(":")  # `python:src/app.py`
    return name.strip("{}.,="), filename or path


def language_of(name: str, context: Context) -> str:
    """Pygments' own name of a language; "text", and a note, where it knows none."""
    name = name.strip().lower()
    if not name or name in PLAIN:
        return "text"
    if name in OUTPUT:
        if name != "output":
            context.report.approximate(f"code block “{name}”", "output", context.line)
        return "output"
    name = ALIASES.get(name, name)
    # MDN writes `js-nolint`
    stored = code_language(name) or code_language(name.partition("-")[0])
    if stored:
        return stored
    context.report.approximate(f"code in “{clean(name)[:40]}”", "plain text", context.line)
    return "text"
