"""The interface languages."""

from django.conf import settings
from django.utils import translation


def active() -> str:
    """The active language as a code of LANGUAGES; the default one where it is not among them."""
    code = translation.get_language() or settings.LANGUAGE_CODE
    codes = [language for language, _name in settings.LANGUAGES]
    base = code.partition("-")[0]
    return code if code in codes else base if base in codes else settings.LANGUAGE_CODE
