"""The list of numbered properties, held against the tests that bear their numbers."""

import ast
import re
from pathlib import Path

# What the platform promises so far. A later app adds its numbers here with its tests.
PROMISED = {
    # Courses, marketplace, search
    "p001": "every course has an identifier of its own",
    "p002": "lessons come back in the author's sequence",
    "p003": "a published course appears in the marketplace",
    "p004": "a lesson's file comes back byte for byte",
    "p005": "what is downloadable can be downloaded by the enrolled",
    "p006": "a card shows title, description, instructor and price",
    "p007": "a search returns only courses that match",
    "p053": "a category filter returns only that category",
    "p054": "a category's count is the number of courses under it",
    "p055": "a course with several categories stands under each",
    "p083": "unpublishing hides a course and keeps access",
    "p084": "an edit is seen at once after publishing",
    "p087": "a category's count is the number of courses under it",
    # Enrolment, progress, history
    "p008": "enrolling creates one record and opens all content",
    "p009": "students see lessons in the defined sequence",
    "p011": "completing a lesson raises the percentage by one share",
    "p012": "the dashboard shows completion for every course",
    "p013": "each lesson's status matches whether it was completed",
    "p014": "each completed lesson shows when",
    "p015": "adding lessons alters no record of completed ones",
    "p088": "a profile lists every course with its status",
    "p089": "a completed course joins the completed list with its date",
    "p090": "total hours are the sum over all courses",
    "p091": "a completed course's material stays reachable",
    # Homework
    "p016": "homework is seen by all enrolled in its course",
    "p017": "the due date is shown and lateness follows the submission's own time",
    "p018": "the form offered matches the type",
    "p019": "homework notifies every enrolled student",
    "p020": "attached material is reachable by every enrolled student",
    "p020a": "each submission is marked on time or late",
    "p021": "a recording is stored and tied to its homework and student",
    "p022": "a finished recording notifies the instructor",
    "p023": "a checkmark stores when and moves progress",
    "p024": "a checkmark notifies the instructor",
    "p025": "the instructor sees every submission with status and time",
    "p026": "unmarking reverts completion and notifies the instructor",
    "p027": "the list shows each status",
    "p027a": "the instructor streams a recording",
    "p028": "feedback is stored with its submission",
    "p029": "feedback notifies the student at once",
    "p030": "a submission shows its feedback beside it",
    "p031": "completion set by an instructor bears the override mark",
    "p032": "an override notifies the student",
    "p073": "status shows who submitted, is pending, is overdue",
    # Assessments
    "p038": "an assessment is open to all enrolled in its course",
    "p039": "a submission is kept, the instructor is told",
    "p040": "a grade is kept and the student sees it",
    "p041": "feedback belongs to the grade",
    "p042": "a student sees all scores and feedback of a course",
    "p095": "what a machine can mark is graded and answered at once",
    # Ways in
    "p056": "who is added by an instructor is enrolled and has access at once",
    "p057": "an invitation reaches the student and can be accepted or declined",
    "p058": "accepting an invitation enrols and tells the instructor",
    "p059": "a join request reaches the instructor for a decision",
    "p059a": "a declined join request tells the student",
    "p059b": "an invitation shows the course and the instructor",
    "p060": "an approved join request enrols the student and tells them",
    # Money
    "p010": "a successful payment leaves the student enrolled",
    "p061": "what is transferred equals payment minus platform fee",
    "p062": "a failed payment says why and allows any method",
    "p063": "earnings equal payment minus platform fee",
    "m10": "notices in any order and number leave the same",
    "m11": "lines, discounts, tax and total add up",
    # Certificates
    "p043": "completing everything required issues a certificate",
    "p044": "every certificate downloads as a valid PDF",
    "p045": "a profile shows all earned certificates",
    "p046": "a minimum grade is respected",
    "p047": "a unique code verifies each certificate",
    # Lesson plans
    "p068": "a plan given to one student opens its content to that student only",
    "p069": "a plan given to a group opens to every member",
    "p070": "a changed plan is changed for everyone it is given to",
    # The desk
    "p071": "a roster shows every enrolled student with dates and invitation status",
    "p072": "a date-filtered report counts only what happened inside the range",
    "p085": "the desk shows every course of the instructor with its enrolment count",
    "p086": "enrolled students are shown with name, date and percentage",
    # Reviews
    "p101": "who completed a course can rate it; nobody and nothing else",
    "p102": "a stored rating has student, course, value, text and time",
    "p103": "the marketplace shows average and number of ratings",
    "p104": "a course's details list every review",
    "p105": "an instructor's profile shows the average over all their courses",
    "p106": "that average is the mean of all ratings",
    "p107": "rating again replaces the earlier value and text",
    # People, tenancy, contracts
    "p064": "no query for a tenant returns another's row",
    "p065": "each tier's limits are enforced",
    "p099": "a provider's logo, colours and name apply across its site",
    "p096": "registering creates a profile with a usable password",
    "p100": "analytics count the tenant's own data only",
    "m02": "no import or migration loses a row; a failed one rolls back",
    "m05": "every decision equals the role matrix",
    "m06": "password reset tells nothing and works once",
    "m07": "the course hierarchy survives edits, moves and imports",
    "m08": "an upload arrives whole and examined, or is refused with a reason; never half",
    "m14": "a file goes only to those allowed, with type, range and cache headers",
    "m19": "authentication, tenant, limit, log and headers hold on every route",
    "m09": "the same completion yields the same certificate",
}

NAMED = re.compile(r"^\s*def test_((?:p\d{3}[a-z]?)|(?:m\d{2}))_\w+\(", re.MULTILINE)


def numbers_tested() -> set[str]:
    """The numbers that tests in this folder bear."""
    here = Path(__file__).parent
    return {number for file in here.glob("test_*.py") for number in NAMED.findall(file.read_text())}


def test_every_promised_property_has_a_test() -> None:
    assert not set(PROMISED) - numbers_tested()


def test_every_numbered_test_is_of_a_promised_property() -> None:
    assert not numbers_tested() - set(PROMISED)


def test_every_property_draws_a_hundred_examples() -> None:
    drawn: set[str] = set()
    for file in Path(__file__).parent.glob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.keyword) and node.arg == "max_examples":
                fewer = isinstance(node.value, ast.Constant) and node.value.value < 100
                assert not fewer, (
                    f"{file.name} line {node.value.lineno} draws fewer than the profile"
                )
            elif isinstance(node, ast.FunctionDef) and (
                any(ast.unparse(one).startswith("given(") for one in node.decorator_list)
                or any("run_state_machine_as_test(" in ast.unparse(one) for one in node.body)
            ):
                drawn |= set(NAMED.findall(f"def {node.name}("))
    assert not set(PROMISED) - drawn
