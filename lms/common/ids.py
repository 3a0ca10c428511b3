"""Codes that people read aloud and type in: an unambiguous alphabet and a check character; and ids
as forms send them.

31 symbols (no 0, I, L, O, U), a prime, so that a weighted sum modulo 31 finds every single wrong
character and every swap of two (the scheme of ISBN-10).
"""

import secrets
from collections.abc import Iterable
from uuid import UUID

ALPHABET = "123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 16  # 15 random characters, 74 bits, and the check character
GROUP = 4

_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}


class BadCode(ValueError):
    """Not a code of ours: a wrong character, length or check character."""


def check_character(body: str) -> str:
    """The character that makes the weighted sum of `body` and itself 0 modulo 31.

    `body` has at most 29 characters. Weights run 2, 3, … from the right; the check character
    weighs 1.
    """
    total = sum(weight * _VALUE[symbol] for weight, symbol in enumerate(reversed(body), start=2))
    return ALPHABET[-total % len(ALPHABET)]


def verification_code() -> str:
    """A new random code, `XXXX-XXXX-XXXX-XXXX`."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH - 1))
    return grouped(body + check_character(body))


def grouped(code: str) -> str:
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def normalise_code(typed: str) -> str:
    """The code as stored, from what somebody typed: case, spaces and hyphens don't matter, and I
    and L are read as 1.

    Raises BadCode.
    """
    squeezed = "".join(typed.split()).replace("-", "").upper()
    code = squeezed.replace("I", "1").replace("L", "1")
    if len(code) != CODE_LENGTH or not code.isascii() or set(code) - set(ALPHABET):
        raise BadCode(typed)
    if check_character(code[:-1]) != code[-1]:
        raise BadCode(typed)
    return grouped(code)


def uuids_in(texts: Iterable[str]) -> list[UUID]:
    """Ids as a form sends them; what is none is left out."""
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
