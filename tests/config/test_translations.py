"""The interface in the other languages."""

import contextlib
import gettext
import shutil
from pathlib import Path

import polib
import pytest
from babel.messages.pofile import read_po
from django.core.management import call_command
from django.test import Client, override_settings
from django.utils import translation
from django.utils.dates import MONTHS

from tests.lms.certificates.making import course, school

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = sorted((ROOT / "locale").rglob("*.po"))


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_is_compiled_is_what_was_translated(path):
    with path.open("rb") as source:
        written = read_po(source)
    with path.with_suffix(".mo").open("rb") as source:
        compiled = gettext.GNUTranslations(source)
    assert not [message.id for message in written if message.fuzzy and message.id]
    for message in written:
        if message.id and message.context:
            assert compiled.pgettext(message.context, message.id) == message.string
        elif message.id and isinstance(message.id, str):
            assert compiled.gettext(message.id) == message.string
        elif message.id:
            assert compiled.ngettext(*message.id, 1) in message.string


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_translations_fill_in_the_same_values(path):
    with path.open("rb") as source:
        written = read_po(source)
    wrong = [(message.id, list(map(str, message.check(written)))) for message in written]
    assert not [one for one in wrong if one[1]]


SOURCES = ("demo", "home", "lms", "search", "site", "static", "templates")


@pytest.fixture(scope="module")
def strings(tmp_path_factory):
    """Every string of ours that wants a translation, as Django's makemessages finds them."""
    tree = tmp_path_factory.mktemp("sources")
    for name in SOURCES:
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("content", "*.pyc"))
    (tree / "locale").mkdir()
    with contextlib.chdir(tree), override_settings(LOCALE_PATHS=[str(tree / "locale")]):
        call_command("makemessages", locale=["so"], keep_pot=True, verbosity=0)
    return list(polib.pofile(str(tree / "locale" / "django.pot")))


@pytest.mark.parametrize("language", ["ar", "so"])
def test_everything_we_say_is_said_in_every_language(language, strings):
    written = polib.pofile(str(ROOT / "locale" / language / "LC_MESSAGES" / "django.po"))
    said = {(entry.msgctxt, entry.msgid) for entry in written.translated_entries()}
    assert [one.msgid for one in strings if (one.msgctxt, one.msgid) not in said] == []
    assert len(strings) > 1000


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "words"),
    [("ar", ["كل المقررات", "ابحث في المقررات", "التحقق من شهادة"]),
     ("so", ["Dhammaan koorsooyinka", "Raadi koorsooyin", "Hubi shahaado"])],
)  # fmt: skip
def test_a_visitor_reads_the_catalogue_in_their_language(language, words):
    course(school(), title="Night Sky")
    html = Client().get("/courses/", headers={"accept-language": language}).content.decode()
    for shown in words:
        assert shown in html


def test_somali_has_months_although_django_knows_none():
    with translation.override("so"):
        assert str(MONTHS[11]) == "Nofembar"
