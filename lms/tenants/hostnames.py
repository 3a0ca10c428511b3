"""Host names that schools bring along: how they are written, and which may be claimed."""

import ipaddress
import re
import unicodedata
from collections.abc import Collection

import idna
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# A record of ours stands below the name (see `proof_name`), and names have 253 characters at most.
LONGEST = 240
LABEL_BEFORE = "_fledge"

# Names that never lead anywhere on the internet: RFC 2606, 6761, 6762, 7686, 8375, 9476, and what
# ICANN keeps out of the root for the harm it would do.
SPECIAL = frozenset({
    "alt", "arpa", "corp", "example", "home", "internal", "intranet", "invalid", "lan", "local",
    "localdomain", "localhost", "mail", "onion", "private", "test",
})  # fmt: skip

# Letters of other alphabets that are drawn like these, after accents are taken off.
_LOOK_ALIKES = str.maketrans(
    "аԁеѐһіїјӏкӄмпорԛгѕтуүхԝвнзьсʏαβγεηικνορτυχωɑɡıłøđħŧſƅ",
    "adeehiijlkkmnopqrstyyxwbh3bcyabyenikvoptuxwagilodhtsb",
)
# Alphabets that are read together: Japanese, Korean, Chinese with Latin letters among them.
_READ_TOGETHER = (
    {"LATIN", "CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "IDEOGRAPHIC"},
    {"LATIN", "CJK", "HANGUL"},
    {"LATIN", "CJK", "BOPOMOFO"},
)
_OF_EVERY_ALPHABET = {"DIGIT", "HYPHEN-MINUS", "COMBINING", "MIDDLE", "ZERO"}


def normalised(text: str) -> str:
    """The one spelling of a host name: lower case, ASCII (punycode), without port or final dot. An
    address pasted from a browser will do.

    Raises ValidationError for what is no host name of the public internet, and for labels that mix
    alphabets.
    """
    host = text.strip()
    host = re.split(r"[/?#\\]", host.partition("://")[2] if "://" in host else host)[0]
    host = re.sub(r":\d*\Z", "", host)
    if _is_address(host):
        raise ValidationError(
            _("This is an IP address. Please enter a name, such as learn.your-school.org.")
        )
    try:
        ascii_name = idna.encode(host, uts46=True, std3_rules=True).decode().lower().rstrip(".")
        labels = idna.decode(ascii_name).split(".")
    except (idna.IDNAError, UnicodeError):
        raise ValidationError(
            _("This is no host name. Please enter one such as learn.your-school.org.")
        ) from None
    if len(labels) < 2:
        raise ValidationError(
            _("This name has one part only. Please enter a whole one: learn.your-school.org.")
        )
    top = ascii_name.rpartition(".")[2]
    if top in SPECIAL or not re.fullmatch(r"[a-z]{2,}|xn--[a-z0-9-]+", top):
        raise ValidationError(
            _("Names that end in “.%(end)s” can't be reached on the internet.") % {"end": top}
        )
    if len(ascii_name) > LONGEST:
        raise ValidationError(_("This name is too long."))
    if any(_mixes_alphabets(label) for label in labels):
        raise ValidationError(
            _(
                "A part of this name mixes letters of different alphabets, as names do that are "
                "made to be mistaken for others. Please use one alphabet in each part."
            )
        )
    return ascii_name


def shown(host: str) -> str:
    """A normalised name as people write it: in their letters. What is none, such as an address of
    the marketplace's, stays as it is."""
    try:
        return idna.decode(host)
    except idna.IDNAError:
        return host


def proof_name(host: str) -> str:
    """Where the record stands that proves whose `host` is."""
    return f"{LABEL_BEFORE}.{host}"


def skeleton(host: str) -> str:
    """What a normalised name looks like at a glance, in ASCII as far as possible: names that look
    alike have one skeleton."""
    letters = unicodedata.normalize("NFKD", shown(host))
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return unicodedata.normalize("NFKD", plain.casefold()).translate(_LOOK_ALIKES)


def in_other_letters(host: str) -> bool:
    """Whether a normalised name is written in more than plain ASCII."""
    return "xn--" in host


def is_below(host: str, others: Collection[str]) -> bool:
    """Whether `host` is one of `others`, or a name below one."""
    return any(host == other or host.endswith(f".{other}") for other in others)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _mixes_alphabets(label: str) -> bool:
    alphabets = {unicodedata.name(letter, "?").split()[0] for letter in label}
    alphabets -= _OF_EVERY_ALPHABET
    return len(alphabets) > 1 and not any(alphabets <= known for known in _READ_TOGETHER)
