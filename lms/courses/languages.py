"""The languages a course may be taught in, and those its programs may be written in."""

from functools import lru_cache
from typing import Any

from django.conf.locale import LANG_INFO
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _
from pygments.lexers import find_lexer_class_by_name, get_all_lexers

# The program languages authors look for first: Pygments' alias, and the name shown.
COMMON_CODE_LANGUAGES: dict[str, Any] = {
    "text": _("Plain text"),
    "bash": "Shell",
    "console": _("Shell session"),
    "c": "C",
    "cpp": "C++",
    "csharp": "C#",
    "css": "CSS",
    "diff": "Diff",
    "go": "Go",
    "html": "HTML",
    "java": "Java",
    "javascript": "JavaScript",
    "json": "JSON",
    "kotlin": "Kotlin",
    "markdown": "Markdown",
    "php": "PHP",
    "python": "Python",
    "pycon": _("Python console"),
    "r": "R",
    "ruby": "Ruby",
    "rust": "Rust",
    "sql": "SQL",
    "swift": "Swift",
    "toml": "TOML",
    "typescript": "TypeScript",
    "xml": "XML",
    "yaml": "YAML",
}


@lru_cache(maxsize=1)
def language_choices() -> list[tuple[str, str]]:
    """(code, own name) of every language Django knows, and Somali; by code's own name."""
    names = {
        code: info["name_local"][:1].upper() + info["name_local"][1:]
        for code, info in LANG_INFO.items()
        if "name_local" in info
    }
    names.setdefault("so", "Soomaali")
    return sorted(names.items(), key=lambda item: item[1].casefold())


def language_name(code: str) -> str:
    """The language's name in itself, or the code where it is unknown."""
    return dict(language_choices()).get(code, code)


def is_right_to_left(code: str) -> bool:
    """Whether text in this language runs from right to left."""
    try:
        return get_language_info(code)["bidi"]
    except KeyError:
        return False


@lru_cache(maxsize=1)
def _code_aliases() -> dict[str, str]:
    """Every alias Pygments knows → the one alias we store for its language."""
    stored = {find_lexer_class_by_name(alias).name: alias for alias in COMMON_CODE_LANGUAGES}
    return {
        alias: stored.get(name, aliases[0])
        for name, aliases, _patterns, _types in get_all_lexers()
        for alias in aliases
    }


def code_language(name: str) -> str | None:
    """The stored spelling of a program language's name ("py" → "python"); None where unknown."""
    return _code_aliases().get(name.strip().lower())


@lru_cache(maxsize=1)
def code_language_choices() -> list[tuple[Any, list[tuple[str, Any]]]]:
    """Choices for a select: the common languages first, then all others by name."""
    others = sorted(
        {
            (aliases[0], name)
            for name, aliases, _patterns, _types in get_all_lexers()
            if aliases and code_language(aliases[0]) not in COMMON_CODE_LANGUAGES
        },
        key=lambda choice: choice[1].casefold(),
    )
    return [(_("Common"), list(COMMON_CODE_LANGUAGES.items())), (_("Others"), others)]
