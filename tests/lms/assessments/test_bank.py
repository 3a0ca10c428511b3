"""The bank of questions at the desk: writing each kind, finding, putting away, versions, access."""

import io
import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from lms.assessments.bank_forms import FORMS, REASONS
from lms.assessments.models import BankQuestion, Picture
from lms.assessments.rules import questions
from lms.assessments.rules.questions import Kind
from lms.tenants.models import Role
from lms.tenants.scope import provider_scope
from tests.cast import member, person
from tests.lms.assessments.making import ASKED, ESSAY, assessment, question, settled
from tests.lms.learning import body_of, reader


@pytest.fixture
def alice(night_class):
    return reader(night_class.alice)


def text(response):
    return response.content.decode()


def bank(school):
    return f"/desk/questions/{school.acme.pk}/"


def all_of(school):
    with provider_scope(school.acme):
        rows = BankQuestion.objects.select_related("current").prefetch_related("tags")
        return list(rows.order_by("pk"))


def typed(prompt="Which?", **fields):
    """A form as a browser sends it: rows by their prefix as lists of dicts."""
    sent = {"prompt": prompt, "points": "1", "explanation": "", "title": "", "tags": ""}
    for name, value in fields.items():
        if isinstance(value, list):
            sent |= {f"{name}-TOTAL_FORMS": len(value), f"{name}-INITIAL_FORMS": 0}
            for number, row in enumerate(value):
                sent |= {f"{name}-{number}-{key}": one for key, one in row.items()}
        else:
            sent[name] = value
    return sent


CHOICES = [{"text": "Two", "right": "on"}, {"text": "One", "feedback": "No."}, {"text": ""}]
TYPED = {
    "single": typed(choices=CHOICES, shuffle="on"),
    "multiple": typed(choices=[*CHOICES, {"text": "II", "right": "on"}], partial="on"),
    "true_false": typed(answer="false", if_right="Well seen."),
    "short": typed(accepted=[{"text": "Nairobi"}, {"text": "Nairob*", "match": "pattern",
                                                    "credit": "50"}]),
    "numeric": typed(
        accepted=[{"value": "1,5", "tolerance": "10", "relative": "on"}],
        units=[{"name": "km"}, {"name": "m", "factor": "0,001"}],
        unit_required="on",
        without_unit="50",
    ),
    "matching": typed(
        pairs=[{"left": "Earth", "right": "Moon"}, {"left": "Mars", "right": "Phobos"}],
        distractors=[{"text": "Titan"}],
    ),
    "ordering": typed(items=[{"text": "Mercury"}, {"text": "Venus"}], partial="on"),
    "blanks": typed(
        text="The [[Earth|earth]] goes around the [[Sun]].",
        blanks=[],
        options=[],
    ),
    "essay": typed(least_words="10", most_words="", starter="Dear…", notes="Olbers."),
    "file": typed(notes="As PDF."),
}  # fmt: skip


@pytest.mark.parametrize("kind", TYPED)
def test_a_question_of_each_kind_is_written_and_comes_back_as_it_was(night_class, alice, kind):
    answer = alice.post(f"{bank(night_class)}new/{kind}/", TYPED[kind])
    assert answer.status_code == 302, text(answer)
    (row,) = all_of(night_class)
    assert (row.kind, row.title) == (kind, "Which?")
    # The form it is shown in brings the very same back: there is no other version.
    url = f"{bank(night_class)}{row.pk}/"
    assert alice.post(url, form_of(text(alice.get(url)))).status_code == 302
    (again,) = all_of(night_class)
    assert again.current.number == 1


@pytest.mark.parametrize("kind", [*ASKED, "essay"])
def test_saving_what_nobody_changed_makes_no_version(night_class, alice, kind):
    row = question(night_class, kind)
    url = f"{bank(night_class)}{row.pk}/"
    assert alice.post(url, form_of(text(alice.get(url)))).status_code == 302
    (again,) = all_of(night_class)
    assert (again.current.number, again.title) == (1, row.title)


def form_of(html):
    """What a browser would send of the page's form, with its Save button."""
    from html.parser import HTMLParser

    found, state = {}, {"area": None, "select": None}

    class Reader(HTMLParser):
        inside = False

        def handle_starttag(self, tag, attributes):
            one = dict(attributes)
            if tag == "form":
                self.inside = one.get("id") == "question-form"
            if not self.inside:
                return
            kind = one.get("type", "text")
            if tag == "input" and one.get("name"):
                if kind in ("checkbox", "radio"):
                    if "checked" in one:
                        found[one["name"]] = one.get("value", "on")
                elif kind != "file":
                    found[one["name"]] = one.get("value", "")
            elif tag == "textarea":
                state["area"], found[one["name"]] = one["name"], ""
            elif tag == "select":
                state["select"] = one["name"]
            elif tag == "option" and "selected" in one and state["select"]:
                found[state["select"]] = one["value"]

        def handle_endtag(self, tag):
            if tag == "form":
                self.inside = False
            if tag == "textarea" and state["area"]:
                name, state["area"] = state["area"], None
                found[name] = found[name].removeprefix("\n").replace("\n", "\r\n")
            if tag == "select":
                state["select"] = None

        def handle_data(self, words):
            if state["area"]:
                found[state["area"]] += words

    Reader().feed(html)
    return {**found, "deed": "save"}


def test_gaps_written_with_their_answers_become_rows(night_class, alice):
    alice.post(f"{bank(night_class)}new/blanks/", TYPED["blanks"])
    (row,) = all_of(night_class)
    assert row.current.data["text"] == "The [[1]] goes around the [[2]]."
    accepted = [[one["text"] for one in gap["accepted"]] for gap in row.current.data["blanks"]]
    assert accepted == [["Earth", "earth"], ["Sun"]]


def test_every_reason_has_words(night_class):
    source = Path(questions.__file__).read_text()
    reasons = set(re.findall(r'_require\(.*?"([a-z][a-z0-9 ]*)"\s*,?\s*\)', source, re.DOTALL))
    reasons |= set(re.findall(r'QuestionError\(\w+, "([^"]+)"\)', source))
    assert len(reasons) > 15
    assert reasons <= {one for one in REASONS if isinstance(one, str)}


@pytest.mark.parametrize(
    ("kind", "sent", "words"),
    [
        ("single", {"choices": [{"text": "One"}, {"text": "Two"}]}, "Tick the answer that is"),
        ("single", {"choices": [{"text": "One", "right": "on"}]}, "at least two answers"),
        ("single", {"prompt": ""}, "required"),
        ("single", {"points": "0"}, "greater than or equal to 0.01"),
        ("single", {"points": "NaN"}, "Enter a number"),
        ("single", {"points": "1e999999"}, "less than or equal"),
        ("single", {"choices": [{"text": "a", "right": "on", "credit": "101"}]}, "less than or"),
        ("single", {"choices": [{"text": "a", "right": "on", "credit": "-5"}, {"text": "b"}]},
         "worth more than 0"),
        ("single", {"tags": ",".join(map(str, range(30)))}, "At most 20 tags"),
        ("multiple", {"choices": [{"text": "a"}, {"text": "b"}]}, "Tick the answer"),
        ("true_false", {}, "required"),
        ("short", {"accepted": [{"text": ""}]}, "at least one answer"),
        ("numeric", {"accepted": [{"value": "many"}], "units": []}, "Enter a number"),
        ("numeric", {"accepted": [{"value": "1e61"}], "units": []}, "too large or too small"),
        ("numeric", {"accepted": [{"value": "1", "tolerance": "-1"}], "units": []},
         "not below 0"),
        ("matching", {"pairs": [{"left": "a", "right": "b"}], "distractors": []}, "two pairs"),
        ("ordering", {"items": [{"text": "a"}]}, "two things"),
        ("blanks", {"text": "No gap", "blanks": [], "options": []}, "at least one gap"),
        ("blanks", {"text": "[[1]] [[1]]", "blanks": [{"gap": "1", "text": "x"}], "options": []},
         "just once"),
        ("blanks", {"text": "[[x]]", "blanks": [], "options": [{"gap": "9", "text": "y"}]},
         "no answer yet"),
        ("essay", {"least_words": "9", "most_words": "3"}, "fewer words"),
        ("hotspot", {"areas": []}, "required"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(night_class, alice, kind, sent, words):
    sent = typed(**{"prompt": "Mine <b>", **{"explanation": "Kept."}, **sent})
    answer = alice.post(f"{bank(night_class)}new/{kind}/", sent)
    assert answer.status_code == 422
    assert words in text(answer).replace("&#x27;", "'")
    assert "Kept." in text(answer)
    assert all_of(night_class) == []


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize(
    "bad",
    [
        {"prompt": "\x00"},
        {"choices-TOTAL_FORMS": "99999999999", "choices-INITIAL_FORMS": "x"},
        {"tags": "\x00"},
        {"pictures-upload": "not-an-id"},
        {"rows": "choices:7:up"},
        {"rows": "nonsense"},
        {"width": "9" * 40, "picture": "x"},
        {"deed": "preview"},
    ],
)
def test_nonsense_ends_in_no_server_error(night_class, alice, kind, bad):
    sent = {**TYPED.get(kind, typed()), **bad}
    assert alice.post(f"{bank(night_class)}new/{kind}/", sent).status_code < 500


def test_rows_are_added_moved_and_removed_without_losing_what_stands_there(night_class, alice):
    url = f"{bank(night_class)}new/single/"
    html = text(alice.post(url, {**TYPED["single"], "rows": "choices:add"}))
    assert 'name="choices-3-text"' in html
    assert "field__error" not in html
    html = text(alice.post(url, {**TYPED["single"], "rows": "choices:0:down"}))
    assert [form_of(html)[f"choices-{n}-text"] for n in range(2)] == ["One", "Two"]
    assert "choices-1-right" in form_of(html)
    html = text(alice.post(url, {**TYPED["single"], "rows": "choices:0:drop"}))
    assert form_of(html)["choices-TOTAL_FORMS"] == "2"
    assert form_of(html)["choices-0-feedback"] == "No."


def test_another_begins_with_the_same_tags_and_points(night_class, alice):
    sent = {**TYPED["single"], "tags": "Moons, orbits", "points": "2,5", "deed": "another"}
    answer = alice.post(f"{bank(night_class)}new/single/", sent)
    html = text(alice.get(answer["Location"]))
    assert 'value="moons, orbits"' in html
    assert 'value="2.5"' in html


def test_the_preview_shows_the_question_or_what_it_lacks(night_class, alice):
    url = f"{bank(night_class)}new/single/"
    html = text(alice.post(url, {**TYPED["single"], "deed": "preview"}))
    assert "Two" in html
    assert "<html" not in html
    html = text(alice.post(url, {**typed(prompt=""), "deed": "preview"}))
    assert "once it is whole" in html
    assert all_of(night_class) == []


def png(width=40, height=30):
    content = io.BytesIO()
    Image.new("RGB", (width, height)).save(content, "PNG")
    return content.getvalue()


def test_a_picture_is_kept_under_a_free_key_and_shown(night_class, alice):
    url = f"{bank(night_class)}new/essay/"
    file = SimpleUploadedFile("My map.png", png(), "image/png")
    html = text(alice.post(url, {**TYPED["essay"], "deed": "pictures", "pictures": file}))
    assert "picture:my-map" in html
    sent = {**form_of(html), "prompt": "![map](picture:my-map)"}
    html = text(alice.post(url, {**sent, "deed": "preview"}))
    assert re.search(r'<img[^>]+src="/files/[^"]+/My[^"]+map.png"', html)
    assert alice.post(url, sent).status_code == 302
    (row,) = all_of(night_class)
    shown = alice.get(f"{bank(night_class)}{row.pk}/pictures/my-map")
    assert (shown.status_code, body_of(shown)) == (200, png())
    assert alice.get(f"{bank(night_class)}{row.pk}/pictures/other").status_code == 404
    file = SimpleUploadedFile("my-map.png", png(), "image/png")
    sent = {**form_of(text(alice.get(f"{bank(night_class)}{row.pk}/"))), "pictures": file}
    assert alice.post(f"{bank(night_class)}{row.pk}/", sent).status_code == 302
    with provider_scope(night_class.acme):
        assert set(Picture.objects.values_list("key", flat=True)) == {"my-map", "my-map-2"}


def test_a_file_that_is_no_picture_is_refused_with_the_reason(night_class, alice):
    file = SimpleUploadedFile("notes.txt", b"text", "text/plain")
    answer = alice.post(
        f"{bank(night_class)}new/essay/", {**TYPED["essay"], "pictures": file, "prompt": "Kept"}
    )
    assert answer.status_code == 422
    assert "can&#x27;t be sent here" in text(answer)
    assert "Kept" in text(answer)


def test_the_size_of_a_picture_to_point_into_is_its_own(night_class, alice):
    url = f"{bank(night_class)}new/hotspot/"
    file = SimpleUploadedFile("map.png", png(40, 30), "image/png")
    html = text(alice.post(url, {**typed(areas=[{}]), "deed": "pictures", "pictures": file}))
    sent = form_of(html) | {
        "picture": "map", "alt": "A map", "width": "9999", "height": "1",
        "areas-0-shape": "circle", "areas-0-points": "10, 10 5",
    }  # fmt: skip
    answer = alice.post(url, sent)
    assert answer.status_code == 302, text(answer)
    (row,) = all_of(night_class)
    assert (row.current.data["width"], row.current.data["height"]) == (40, 30)
    assert row.current.data["areas"][0]["points"] == [10, 10, 5]
    copy = alice.post(f"{bank(night_class)}{row.pk}/copy/")
    assert copy.status_code == 302
    _first, second = all_of(night_class)
    assert second.current.data == row.current.data
    assert alice.get(f"{bank(night_class)}{second.pk}/pictures/map").status_code == 200


def test_questions_are_found_by_words_kind_and_tags(night_class, alice):
    question(night_class, "single", title="Moons of Mars", tags=["moons", "easy"])
    question(night_class, "short", title="Kenya", tags=["easy"])
    with provider_scope(night_class.acme):
        tags = {tag.name: tag.pk for tag in all_of(night_class)[0].tags.all()}

    def found(query):
        html = text(alice.get(f"{bank(night_class)}?{query}"))
        return {one for one in ("Moons of Mars", "Kenya") if one in html}

    assert found("") == {"Moons of Mars", "Kenya"}
    assert found("q=kenya") == {"Kenya"}
    assert found("q=how+many+moons") == {"Moons of Mars"}
    assert found("kind=single") == {"Moons of Mars"}
    assert found(f"tag={tags['easy']}&tag={tags['moons']}") == {"Moons of Mars"}
    assert found("kind=dance&tag=x&page=99") == {"Moons of Mars", "Kenya"}


def test_putting_away_can_be_undone_once(night_class, alice):
    rows = [question(night_class), question(night_class)]
    bulk = f"{bank(night_class)}bulk/"
    keys = [row.pk for row in rows]
    alice.post(bulk, {"question": keys, "deed": "archive"})
    assert all(row.archived_at for row in all_of(night_class))
    html = text(alice.get(bank(night_class)))
    assert "2 questions were put away." in html
    assert "Undo" not in text(alice.get(bank(night_class)))
    alice.post(bulk, {"question": keys, "deed": "restore", "undone": "1"})
    assert not any(row.archived_at for row in all_of(night_class))


def test_several_are_tagged_at_once_and_the_undo_spares_who_had_the_tag(night_class, alice):
    one, two = question(night_class, tags=["old"]), question(night_class)
    bulk = f"{bank(night_class)}bulk/"
    alice.post(bulk, {"question": [one.pk, two.pk], "deed": "tag", "tag": "Old"})
    undo = alice.session["bank_undo"]
    assert (undo["deed"], undo["keys"], undo["tag"]) == ("untag", [two.pk], "Old")
    alice.post(bulk, {"question": undo["keys"], "deed": undo["deed"], "tag": undo["tag"]})
    assert [[tag.name for tag in row.tags.all()] for row in all_of(night_class)] == [["old"], []]


def test_tags_that_can_not_be_are_refused_in_words(night_class, alice):
    made = question(night_class, tags=[f"t{number}" for number in range(20)])
    bulk = f"{bank(night_class)}bulk/"
    for tag, words in (("x" * 61, "60 characters"), ("one more", "more than 20 tags")):
        sent = {"question": [made.pk], "deed": "tag", "tag": tag}
        assert words in text(alice.post(bulk, sent, follow=True))


def test_versions_say_what_changed_and_where_it_is_used(night_class, alice):
    row = question(night_class, "single")
    assessment(night_class, [row], title="The exam")
    url = f"{bank(night_class)}{row.pk}/"
    sent = form_of(text(alice.get(url))) | {"prompt": "How many moons?", "choices-2-text": "Three"}
    alice.post(url, sent)
    html = text(alice.get(f"{url}versions/"))
    assert "The exam" in html
    assert "Version 2" in html
    assert "<del" in html and "How many moons?" in html and "Three" in html


def test_the_list_costs_the_same_for_one_and_for_many(
    night_class, alice, django_assert_max_num_queries
):
    for _number in range(5):
        question(night_class, tags=["a", "b"])
    with django_assert_max_num_queries(16):
        alice.get(bank(night_class))


@pytest.mark.parametrize("role", [Role.ASSISTANT, Role.STUDENT, None])
def test_only_who_sets_assessments_gets_into_the_bank(night_class, role):
    who = person("eve")
    if role:
        member(who, night_class.acme, role)
    row = question(night_class)
    eve = reader(who)
    for path in ("", "new/single/", f"{row.pk}/", f"{row.pk}/versions/", f"{row.pk}/pictures/x"):
        assert eve.get(bank(night_class) + path).status_code in (403, 404)
    for path in ("bulk/", "import/", "export/", f"{row.pk}/", f"{row.pk}/copy/", "new/single/"):
        assert eve.post(bank(night_class) + path, TYPED["single"]).status_code in (403, 404)


def test_who_writes_in_one_bank_goes_straight_to_it(night_class, alice):
    assert alice.get("/desk/questions/")["Location"] == bank(night_class)


def test_every_kind_has_a_form():
    assert set(FORMS) == set(Kind)


__all__ = ["ESSAY", "settled"]


# --- Other programs -----------------------------------------------------------------------------

GIFT = b"""::Moons:: How many moons has Mars? {=Two ~One ~None}

::Broken:: What is this? {

::Sky:: Why is the sky dark? {}
"""


def test_a_file_is_looked_into_before_its_questions_come_over(night_class, alice):
    url = f"{bank(night_class)}import/"
    file = SimpleUploadedFile("quiz.txt", GIFT, "text/plain")
    html = text(alice.post(url, {"file": file, "tags": "Imported"}))
    assert "Moons" in html and "left out" in html
    assert all_of(night_class) == []
    upload = re.search(r'name="file-upload" value="([^"]+)"', html)[1]
    numbers = re.findall(r'name="question" value="(\d+)"', html)
    sent = {"file-upload": upload, "take": "1", "question": numbers[:1], "tags": "imported"}
    assert alice.post(url, sent).status_code == 302
    (row,) = all_of(night_class)
    assert (row.title, row.kind, [tag.name for tag in row.tags.all()]) == (
        "Moons", "single", ["imported"],
    )  # fmt: skip


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00", b"PK\x03\x04nothing", b"<?xml version='1.0'?>"]
)
def test_a_file_that_is_none_is_refused_with_the_reason(night_class, alice, content):
    for name in ("quiz.zip", "quiz.txt", "quiz.exe"):
        answer = alice.post(
            f"{bank(night_class)}import/", {"file": SimpleUploadedFile(name, content)}
        )
        assert answer.status_code in (200, 422)
    assert all_of(night_class) == []


@pytest.mark.parametrize("form", ["gift", "qti21", "qti30"])
def test_what_is_exported_comes_back(night_class, alice, form):
    keys = [question(night_class, kind, tags=["moons"]).pk for kind in (*ASKED, "essay")]
    exported = alice.post(f"{bank(night_class)}export/", {"question": keys, "format": form})
    assert exported.status_code == 200
    name = "a.txt" if form == "gift" else "a.zip"
    file = SimpleUploadedFile(name, exported.content)
    html = text(alice.post(f"{bank(night_class)}import/", {"file": file}))
    assert html.count('name="question"') == len(keys)


def test_exporting_nothing_or_as_nothing(night_class, alice):
    made = question(night_class)
    url = f"{bank(night_class)}export/"
    assert alice.post(url, {"format": "gift"}).status_code == 302
    assert alice.post(url, {"question": [made.pk], "format": "pdf"}).status_code == 404
