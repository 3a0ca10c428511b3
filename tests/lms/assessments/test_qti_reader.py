"""Packages of QTI from elsewhere: what comes over, what is said of the rest, what is refused."""

import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.assessments.formats.package import FormatError, Imported, Outcome, Package
from lms.assessments.formats.qti import read_qti
from lms.assessments.rules.questions import Kind, Match

from .test_qti_packages import png

MANIFEST = (
    '<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" identifier="m"><resources>'
    '<resource identifier="r" type="imsqti_item_xmlv2p1" href="{href}"><file href="{href}"/>'
    "</resource></resources></manifest>"
)
MATCH = "http://www.imsglobal.org/question/qti_v2p1/rptemplates/match_correct"
MAP = "http://www.imsglobal.org/question/qti_v2p1/rptemplates/map_response"


def zipped(files: dict[str, bytes | str]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return held.getvalue()


def item(body: str, declared: str = "", rules: str = "", more: str = "") -> str:
    return (
        '<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="i" '
        f'title="T" adaptive="false" timeDependent="false">{declared}'
        '<outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"/>'
        f"<itemBody>{body}</itemBody>{rules}{more}</assessmentItem>"
    )


def response(*correct: str, kind: str = "identifier", many: str = "single", more: str = "") -> str:
    values = "".join(f"<value>{value}</value>" for value in correct)
    right = f"<correctResponse>{values}</correctResponse>" if correct else ""
    return (
        f'<responseDeclaration identifier="RESPONSE" cardinality="{many}" baseType="{kind}">'
        f"{right}{more}</responseDeclaration>"
    )


def template(address: str) -> str:
    return f'<responseProcessing template="{address}"/>'


def package(text: str, **files: bytes) -> Package:
    named = {name.replace("__", "/").replace("_", "."): data for name, data in files.items()}
    return read_qti(
        zipped({"imsmanifest.xml": MANIFEST.format(href="a/i.xml"), "a/i.xml": text, **named})
    )


def one(text: str, **files: bytes) -> Imported:
    read = package(text, **files)
    assert len(read.questions) == 1, read.report
    return read.questions[0]


CHOICES = (
    '<choiceInteraction responseIdentifier="RESPONSE" shuffle="true" maxChoices="{most}">'
    "<prompt>Which?</prompt>"
    '<simpleChoice identifier="A">One</simpleChoice>'
    '<simpleChoice identifier="B"><p>Two</p></simpleChoice>'
    '<simpleChoice identifier="C">Three</simpleChoice></choiceInteraction>'
)


def test_a_choice_with_a_picture_and_a_formula():
    body = (
        '<p>See <img src="../pictures/a%20map.png" alt="A map"/> and '
        '<math xmlns="http://www.w3.org/1998/Math/MathML"><msup><mi>x</mi><mn>2</mn></msup></math>'
        "</p>"
    )
    text = item(body + CHOICES.format(most=1), response("B"), template(MATCH))
    read = read_qti(
        zipped(
            {
                "imsmanifest.xml": MANIFEST.format(href="a/i.xml"),
                "a/i.xml": text,
                "pictures/a map.png": png(),
            }
        )
    ).questions[0]

    assert read.kind == Kind.SINGLE
    assert read.question.prompt == "See ![A map](picture:p1) and \\(x^{2}\\)\n\nWhich?"
    assert [(c.key, c.text, c.credit) for c in read.question.choices] == [
        ("A", "One", 0),
        ("B", "Two", 100),
        ("C", "Three", 0),
    ]
    assert read.question.shuffle
    assert read.pictures == {"p1": ("a map.png", png())}


def test_several_choices_by_mapping_and_all_or_nothing():
    mapping = (
        '<mapping lowerBound="0" defaultValue="-1"><mapEntry mapKey="A" mappedValue="1"/>'
        '<mapEntry mapKey="B" mappedValue="1"/></mapping>'
    )
    declared = response("A", "B", many="multiple", more=mapping)
    partly = one(item(CHOICES.format(most=0), declared, template(MAP)))
    whole = one(item(CHOICES.format(most=0), declared, template(MATCH)))

    assert partly.kind == whole.kind == Kind.MULTIPLE
    assert [choice.credit for choice in partly.question.choices] == [100, 100, 0]
    assert (partly.question.partial, whole.question.partial) == (True, False)
    assert (partly.points, whole.points) == (2, 1)


def test_true_or_false_with_feedback_by_its_own_rules():
    body = (
        '<choiceInteraction responseIdentifier="RESPONSE" shuffle="false" maxChoices="1">'
        "<prompt>So?</prompt>"
        '<simpleChoice identifier="x">Falsch</simpleChoice>'
        '<simpleChoice identifier="y">Richtig.</simpleChoice></choiceInteraction>'
    )
    rules = (
        "<responseProcessing><responseCondition><responseIf><match>"
        '<variable identifier="RESPONSE"/><correct identifier="RESPONSE"/></match>'
        '<setOutcomeValue identifier="SCORE"><baseValue baseType="float">3</baseValue>'
        '</setOutcomeValue><setOutcomeValue identifier="FEEDBACK">'
        '<baseValue baseType="identifier">yes</baseValue></setOutcomeValue></responseIf>'
        '<responseElse><setOutcomeValue identifier="FEEDBACK">'
        '<baseValue baseType="identifier">no</baseValue></setOutcomeValue></responseElse>'
        "</responseCondition></responseProcessing>"
    )
    more = "".join(
        f'<modalFeedback outcomeIdentifier="FEEDBACK" showHide="show" identifier="{name}">'
        f"<p>{text}</p></modalFeedback>"
        for name, text in (("yes", "Good"), ("no", "Sorry"))
    )
    outcome = (
        '<outcomeDeclaration identifier="FEEDBACK" cardinality="single" baseType="identifier"/>'
    )
    read = one(item(body, response("y") + outcome, rules, more))

    assert read.kind == Kind.TRUE_FALSE
    assert read.question.answer is True
    assert (read.question.if_right, read.question.if_wrong) == ("Good", "Sorry")
    assert read.points == 3


def test_words_numbers_and_gaps():
    gap = '<p>It is <textEntryInteraction responseIdentifier="RESPONSE"/> today.</p>'
    mapping = (
        '<mapping defaultValue="0"><mapEntry mapKey="York" mappedValue="1" caseSensitive="false"/>'
        '<mapEntry mapKey="Jork" mappedValue="0.5" caseSensitive="false"/></mapping>'
    )
    short = one(item(gap, response("York", kind="string", more=mapping), template(MAP)))
    assert short.kind == Kind.SHORT
    assert short.question.prompt == "It is _____ today."
    assert [(a.text, a.match, a.credit) for a in short.question.accepted] == [
        ("York", Match.EXACT, 100),
        ("Jork", Match.EXACT, 50),
    ]
    assert not short.question.case_sensitive

    rules = (
        "<responseProcessing><responseCondition><responseIf>"
        '<equal toleranceMode="absolute" tolerance="0.1 0.1"><variable identifier="RESPONSE"/>'
        '<correct identifier="RESPONSE"/></equal><setOutcomeValue identifier="SCORE">'
        '<baseValue baseType="float">1</baseValue></setOutcomeValue></responseIf>'
        "</responseCondition></responseProcessing>"
    )
    number = one(item(gap, response("3.14", kind="float"), rules))
    assert number.kind == Kind.NUMERIC
    assert [(str(a.value), str(a.tolerance)) for a in number.question.accepted] == [("3.14", "0.1")]

    two = (
        "<p>Complete.</p><p>A "
        '<inlineChoiceInteraction responseIdentifier="RESPONSE" shuffle="true">'
        '<inlineChoice identifier="a">cat</inlineChoice><inlineChoice identifier="b">cow'
        "</inlineChoice></inlineChoiceInteraction> says <textEntryInteraction "
        'responseIdentifier="R2"/>.</p>'
    )
    second = response("moo", kind="string").replace("RESPONSE", "R2")
    read = one(item(two, response("b") + second))
    assert read.kind == Kind.BLANKS
    assert read.question.prompt == "Complete."
    assert read.question.text == "A [[RESPONSE]] says [[R2]]."
    assert read.question.blanks[0].choices == ("cat", "cow")
    assert [a.text for a in read.question.blanks[0].accepted] == ["cow"]
    assert [a.text for a in read.question.blanks[1].accepted] == ["moo"]


def test_pairs_orders_and_gaps_to_fill_from_a_list():
    sides = "".join(
        "<simpleMatchSet>"
        + "".join(
            f'<simpleAssociableChoice identifier="{name}" matchMax="1">{text}'
            "</simpleAssociableChoice>"
            for name, text in side
        )
        + "</simpleMatchSet>"
        for side in ([("a", "Rome"), ("b", "Paris")], [("x", "France"), ("y", "Italy"), ("z", "X")])
    )
    body = (
        '<matchInteraction responseIdentifier="RESPONSE" shuffle="true" maxAssociations="2">'
        f"<prompt>Match.</prompt>{sides}</matchInteraction>"
    )
    read = one(
        item(body, response("a y", "b x", kind="directedPair", many="multiple"), template(MATCH))
    )
    assert read.kind == Kind.MATCHING
    assert [(p.left, p.right) for p in read.question.pairs] == [
        ("Rome", "Italy"),
        ("Paris", "France"),
    ]
    assert read.question.distractors == ("X",)

    body = CHOICES.replace("choiceInteraction", "orderInteraction").format(most=0)
    read = one(item(body, response("C", "A", "B", many="ordered"), template(MATCH)))
    assert [i.text for i in read.question.items] == ["Three", "One", "Two"]
    assert not read.question.partial

    body = (
        '<gapMatchInteraction responseIdentifier="RESPONSE" shuffle="false"><prompt>Fill.</prompt>'
        '<gapText identifier="w" matchMax="1">winter</gapText>'
        '<gapText identifier="s" matchMax="1">summer</gapText>'
        '<p>Now is the <gap identifier="g"/> of our discontent.</p></gapMatchInteraction>'
    )
    mapping = '<mapping defaultValue="0"><mapEntry mapKey="w g" mappedValue="2"/></mapping>'
    declared = response("w g", kind="directedPair", many="multiple", more=mapping)
    read = one(item(body, declared, template(MAP)))
    assert read.question.prompt == "Fill."
    assert read.question.text == "Now is the [[g]] of our discontent."
    assert read.question.blanks[0].choices == ("winter", "summer")
    assert read.points == 2


def test_a_spot_of_a_picture():
    body = (
        '<selectPointInteraction responseIdentifier="RESPONSE" maxChoices="1"><prompt>Where?'
        '</prompt><object type="image/png" width="40" height="30" data="m.png">A map</object>'
        "</selectPointInteraction>"
    )
    mapping = (
        '<areaMapping defaultValue="0"><areaMapEntry shape="circle" coords="10,10,5" '
        'mappedValue="1"/></areaMapping>'
    )
    declared = response("10 10", kind="point", more=mapping)
    read = one(item(body, declared, template(MAP + "_point")), a__m_png=png())

    assert read.kind == Kind.HOTSPOT
    assert (read.question.width, read.question.height, read.question.alt) == (40, 30, "A map")
    assert read.question.areas[0].points == (10, 10, 5)
    assert read.pictures[read.question.picture][1] == png()


def test_what_a_person_marks():
    body = (
        '<p>Write.</p><extendedTextInteraction responseIdentifier="RESPONSE"/>'
        '<rubricBlock view="scorer"><p>Look for <b>rain</b>.</p></rubricBlock>'
    )
    essay = one(item(body, response(kind="string")))
    assert essay.kind == Kind.ESSAY
    assert (essay.question.prompt, essay.question.notes) == ("Write.", "Look for **rain**.")

    body = '<p>Draw.</p><uploadInteraction responseIdentifier="RESPONSE"/>'
    assert one(item(body, response(kind="file"))).kind == Kind.FILE


def test_an_item_that_asks_for_several_things_becomes_several_questions():
    second = CHOICES.replace("RESPONSE", "R2").replace("Which?", "And which?")
    declared = response("A") + response("B").replace("RESPONSE", "R2")
    read = package(item("<p>Look.</p>" + CHOICES.format(most=1) + second.format(most=1), declared))

    assert [q.question.prompt for q in read.questions] == ["Look.\n\nWhich?", "Look.\n\nAnd which?"]
    assert [q.identifier for q in read.questions] == ["i-1", "i-2"]
    assert [c.credit for c in read.questions[1].question.choices] == [0, 100, 0]
    assert {entry.outcome for entry in read.report.entries} == {Outcome.CHANGED}


def test_sections_of_tests_become_tags_and_weights_count():
    manifest = MANIFEST.format(href="i.xml").replace(
        "</resources>",
        '<resource identifier="t" type="imsqti_test_xmlv2p1" href="t.xml"/></resources>',
    )
    test = (
        '<assessmentTest xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="t" title="T">'
        '<testPart identifier="p"><assessmentSection identifier="s" title="Animals">'
        '<selection select="1"/><assessmentItemRef identifier="r" href="i.xml">'
        '<weight identifier="w" value="2.5"/></assessmentItemRef></assessmentSection></testPart>'
        "</assessmentTest>"
    )
    text = item(CHOICES.format(most=1), response("A"), template(MATCH))
    read = read_qti(zipped({"imsmanifest.xml": manifest, "t.xml": test, "i.xml": text}))

    assert read.questions[0].tags == ("Animals",)
    assert str(read.questions[0].points) == "2.5"
    assert len(read.report.notes) == 1


STIMULUS = (
    '<qti-assessment-stimulus xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0" identifier="s" '
    'title="The tide"><qti-stimulus-body><h2>The tide</h2><p>It was <b>late</b>.</p>'
    '<p><img src="pictures/the%20sea.png" alt="Sea"/></p></qti-stimulus-body>'
    "</qti-assessment-stimulus>"
)
SHARED = '<assessmentStimulusRef identifier="s" href="{href}" title="The tide"/>'


def with_passage(body: str, declared: str, href: str = "../shared/tide.xml") -> str:
    text = item(body, declared, template(MATCH))
    return text.replace("<itemBody>", SHARED.format(href=href) + "<itemBody>")


def test_a_passage_that_questions_share_comes_with_each():
    second = CHOICES.replace("RESPONSE", "R2").replace("Which?", "And which?")
    declared = response("A") + response("B").replace("RESPONSE", "R2")
    text = with_passage(CHOICES.format(most=1) + second.format(most=1), declared)
    files = {"imsmanifest.xml": MANIFEST.format(href="a/i.xml"), "a/i.xml": text,
             "shared/tide.xml": STIMULUS, "shared/pictures/the sea.png": png()}  # fmt: skip
    read = read_qti(zipped(files))

    assert [q.question.prompt.split("\n\n")[-1] for q in read.questions] == ["Which?", "And which?"]
    for each in read.questions:
        assert each.question.prompt.startswith("## The tide\n\nIt was **late**.\n\n![Sea](picture:")
        assert [data for _name, data in each.pictures.values()] == [png()]
    for entry in read.report.entries:
        assert entry.outcome == Outcome.CHANGED
        assert any("shared with other questions is part of its own" in one for one in entry.notes)


@pytest.mark.parametrize(
    "href", ["gone.xml", "../../outside.xml", "https://x.example/t.xml", "b.xml"]
)
def test_a_passage_that_can_not_be_had_is_told(href):
    read = package(with_passage(CHOICES.format(most=1), response("A"), href), a__b_xml=b"<no xml")

    assert read.questions[0].question.prompt == "Which?"
    (entry,) = read.report.entries
    assert entry.outcome == Outcome.CHANGED
    assert any("missing in the package" in one for one in entry.notes)


def test_what_a_section_shows_comes_with_its_questions_alone():
    manifest = MANIFEST.format(href="i.xml").replace(
        "</resources>",
        '<resource identifier="j" type="imsqti_item_xmlv2p1" href="j.xml"/>'
        '<resource identifier="t" type="imsqti_test_xmlv2p1" href="t.xml"/></resources>',
    )
    test = (
        '<assessmentTest xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="t" title="T">'
        '<testPart identifier="p"><assessmentSection identifier="s" title="Sea">'
        '<rubricBlock view="candidate"><p>It was late.</p></rubricBlock>'
        '<rubricBlock view="scorer"><p>Be kind.</p></rubricBlock>'
        '<assessmentItemRef identifier="r" href="i.xml"/></assessmentSection>'
        '<assessmentSection identifier="s2" title="Land">'
        '<rubricBlock view="candidate" use="instructions"><p>Take your time.</p></rubricBlock>'
        '<assessmentItemRef identifier="r2" href="j.xml"/></assessmentSection></testPart>'
        "</assessmentTest>"
    )
    text = item(CHOICES.format(most=1), response("A"), template(MATCH))
    files = {"imsmanifest.xml": manifest, "t.xml": test, "i.xml": text, "j.xml": text}
    read = read_qti(zipped(files))

    prompts = [one.question.prompt for one in read.questions]
    assert prompts == ["It was late.\n\nWhich?", "Which?"]
    outcomes = [entry.outcome for entry in read.report.entries]
    assert outcomes == [Outcome.CHANGED, Outcome.WHOLE]
    assert len(read.report.notes) == 1
    assert "instructions" in read.report.notes[0]


@pytest.mark.parametrize(
    ("text", "note"),
    [
        *(
            (item(f"<p>x</p><{kind}Interaction responseIdentifier='RESPONSE'/>"), instead)
            for kind, instead in (
                ("graphicOrder", "ask for their order"),
                ("graphicAssociate", "ask for pairs"),
                ("graphicGapMatch", "ask for pairs"),
                ("positionObject", "Ask for the spot"),
            )
        ),
        (item("<p>Only a text.</p>"), "asks for nothing"),
        (item(CHOICES.format(most=1), response()), "No choice is right"),
        (item("<p>x</p><positionObjectStage/><sliderInteraction/>"), "no response"),
        (item("<p>x</p><customInteraction responseIdentifier='RESPONSE'/>"), "program of its own"),
        ("<assessmentItem/>", "no body"),
        ("<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>", "DOCTYPE"),
        ("<!DOCTYPE x [<!ENTITY a 'aa'><!ENTITY b '&a;&a;'>]><a>&b;</a>", "DOCTYPE"),
        ("<a>" * 500 + "</a>" * 500, "deeply"),
        ("no xml", "well-formed"),
        ("<assessmentItem><itemBody>\0</itemBody></assessmentItem>", "well-formed"),
        ("<?xml version='1.0' encoding='x-nonsense'?><a/>", "well-formed"),
    ],
)
def test_what_can_not_come_over_is_told(text, note):
    read = package(text)

    assert read.questions == ()
    (entry,) = read.report.entries
    assert entry.outcome == Outcome.LEFT_OUT
    assert note in entry.notes[0]


def test_rules_that_are_not_known_give_way_to_the_declared_answer():
    rules = (
        '<responseProcessing><setOutcomeValue identifier="SCORE"><random/></setOutcomeValue>'
        "</responseProcessing>"
    )
    read = package(item(CHOICES.format(most=1), response("B"), rules))

    assert [choice.credit for choice in read.questions[0].question.choices] == [0, 100, 0]
    assert read.report.entries[0].outcome == Outcome.CHANGED
    assert "random" in read.report.entries[0].notes[0]


@pytest.mark.parametrize(
    "address",
    [
        "../../secret.png",
        "/etc/passwd",
        "http://example.org/a.png",
        "file:///etc/passwd",
        "x\\..\\..\\y",
        "data:image/png;base64,AAAA",
        "//example.org/a.png",
        "a/i.xml",
        "",
        "%2e%2e/%2e%2e/etc/passwd",
    ],
)
def test_pictures_come_from_the_package_only(address):
    body = f'<p><img src="{address}" alt="a map"/></p>' + CHOICES.format(most=1)
    read = package(item(body, response("A"), template(MATCH)))

    assert read.questions[0].pictures == {}
    assert read.questions[0].question.prompt == "a map\n\nWhich?"
    assert read.report.entries[0].outcome == Outcome.CHANGED


def test_archives_that_only_fill_memory_are_refused():
    bomb = zipped({"imsmanifest.xml": b" " * 20_000_000})
    with pytest.raises(FormatError):
        read_qti(bomb)
    many = zipped({f"{number}.xml": "" for number in range(5001)})
    with pytest.raises(FormatError, match="too much"):
        read_qti(many)
    # One that claims to hold little.
    data = bytearray(
        zipped({"imsmanifest.xml": MANIFEST.format(href="i.xml"), "i.xml": b" " * 9_000_000})
    )
    at = data.rfind(b"i.xml") - 46
    data[at + 24 : at + 28] = struct.pack("<I", 10)
    assert read_qti(bytes(data)).report.count(Outcome.LEFT_OUT) == 1


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"readme.txt": "Hello"},
        {"imsmanifest.xml": "<manifest/>"},
        {"imsmanifest.xml": "<manifest"},
        {"imsmanifest.xml": "<!DOCTYPE a [<!ENTITY b 'c'>]><manifest>&b;</manifest>"},
        {"imsmanifest.xml": b"\xff\xfe<"},
    ],
)
def test_what_is_no_package_is_refused(files):
    with pytest.raises(FormatError) as refusal:
        read_qti(zipped(files))
    assert str(refusal.value)


def test_a_package_without_manifest_or_in_a_folder_or_of_qti_1():
    text = item(CHOICES.format(most=1), response("A"), template(MATCH))
    assert len(read_qti(zipped({"x/i.xml": text})).questions) == 1
    assert (
        len(
            read_qti(
                zipped({"q/imsmanifest.xml": MANIFEST.format(href="i.xml"), "q/i.xml": text})
            ).questions
        )
        == 1
    )
    assert len(read_qti(text.encode()).questions) == 1
    old = read_qti(zipped({"old.xml": "<questestinterop/>"}))
    assert "QTI 1" in old.report.entries[0].notes[0]
    missing = read_qti(zipped({"imsmanifest.xml": MANIFEST.format(href="gone.xml")}))
    assert missing.report.count(Outcome.LEFT_OUT) == 1


SNIPPETS = st.sampled_from(
    """<value>A</value> <correctResponse> </correctResponse> <match> <equal/> <index_n="x"/>
    <mapping><mapEntry/></mapping> <choiceInteraction/> <gap/> <sum/> <responseIf/> <divide/>
    <responseCondition><responseElseIf/></responseCondition> <setOutcomeValue/> <inside/>
    <object/> <orderInteraction_responseIdentifier="RESPONSE"/> <patternMatch_pattern="("/>
    <textEntryInteraction_responseIdentifier="RESPONSE"/> text <prompt/>
    <hotspotInteraction_responseIdentifier="RESPONSE"><object_data="a"/></hotspotInteraction>
    <matchInteraction_responseIdentifier="RESPONSE"><simpleMatchSet/></matchInteraction>
    <lookupOutcomeValue_identifier="SCORE"/> <gapMatchInteraction_responseIdentifier="RESPONSE"/>
    <inlineChoiceInteraction_responseIdentifier="RESPONSE"/>""".replace("\n", " ").split()
).map(lambda text: text.replace("_", " "))
pieces = st.lists(SNIPPETS, max_size=4).map("".join)


@given(
    body=pieces,
    declared=pieces,
    rules=pieces,
    kind=st.sampled_from(["identifier", "float", "string", "point", "pair", "file", ""]),
    many=st.sampled_from(["single", "multiple", "ordered", "record"]),
)
def test_any_item_is_read_or_reported(body, declared, rules, kind, many):
    text = item(
        body + CHOICES.format(most=1) * (not body),
        response("A", kind=kind, many=many, more=declared),
        f"<responseProcessing>{rules}</responseProcessing>",
    )
    read = package(text)
    assert read.report.entries


@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda data: b"PK\x03\x04" + data))
def test_any_bytes_are_read_or_refused(data):
    with pytest.raises(FormatError):
        read_qti(data)


@given(data=st.data())
def test_a_damaged_package_is_read_or_refused(data):
    text = item(CHOICES.format(most=1), response("A"), template(MATCH))
    whole = bytearray(zipped({"imsmanifest.xml": MANIFEST.format(href="i.xml"), "i.xml": text}))
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        read_qti(bytes(whole))
    except FormatError as refusal:
        assert str(refusal)
