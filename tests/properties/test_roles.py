"""M5: for every user × resource × action, the decision equals the written role matrix."""

from itertools import product
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from hypothesis import example, given
from hypothesis import strategies as st

from lms.tenants.models import Role
from lms.tenants.permissions import Code, UnknownCode, can
from lms.tenants.scope import provider_scope
from tests.cast import fresh_rows, house, member, person
from tests.testapp.models import Book

pytestmark = pytest.mark.django_db

PAGE = Path(__file__).parents[2] / "docs" / "roles.md"


def written_matrix() -> dict[tuple[str, str], bool]:
    """{(code, column): decision} of the table in docs/roles.md."""
    rows = [line.strip("| ").split("|") for line in PAGE.read_text().splitlines() if "|" in line]
    cells = [[cell.strip() for cell in row] for row in rows]
    header = next(row for row in cells if row[0] == "Action")
    matrix = {}
    for row in cells:
        if len(row) == len(header) and row[1].startswith("`"):
            for column, decision in zip(header[2:], row[2:], strict=True):
                assert decision in ("yes", "no"), (row[1], column, decision)
                matrix[row[1].strip("`"), column] = decision == "yes"
    return matrix


MATRIX = written_matrix()
MEMBERSHIPS = {
    "Admin": Role.ADMIN,
    "Instructor": Role.INSTRUCTOR,
    "New instructor": Role.INSTRUCTOR,
    "Assistant": Role.ASSISTANT,
    "Student": Role.STUDENT,
}
roles = st.sets(st.sampled_from(sorted(MEMBERSHIPS)), max_size=3)


def test_the_written_matrix_names_every_code_and_no_other():
    assert {code for code, _column in MATRIX} == set(Code)


@given(here=roles, elsewhere=roles)
@example(here={"Admin"}, elsewhere=set())
@example(here={"Instructor"}, elsewhere=set())
@example(here={"New instructor"}, elsewhere=set())
@example(here={"Assistant"}, elsewhere=set())
@example(here={"Student"}, elsewhere=set())
def test_m05_every_decision_equals_the_written_matrix(here, elsewhere):
    with fresh_rows():
        user = person("dora")
        resources = []
        for slug, held in (("acme", here), ("globex", elsewhere)):
            provider = house(slug)
            for role in {MEMBERSHIPS[name] for name in held}:
                member(user, provider, role, approved="Instructor" in held)
            with provider_scope(provider):
                resources += [(provider, held), (Book.objects.create(title="a"), held)]
        for operator, active in product((True, False), repeat=2):
            user.is_superuser, user.is_active = operator, active
            user.save()
            for asker in (get_user_model().objects.get(pk=user.pk), AnonymousUser()):
                present = active and asker.is_authenticated
                for (resource, held), code in product(resources, Code):
                    columns = _columns(held, operator, present)
                    expected = any(MATRIX[code, column] for column in columns)
                    assert can(asker, code, resource) is expected, (code, columns)


def _columns(held, operator, present):
    if not present:
        return {"Visitor"}
    if operator:
        return {"Operator"}
    # Approved wins where both kinds of instructor are drawn: it is one membership.
    return set(held) or {"Outsider"}


@given(st.text(max_size=30).filter(lambda text: text not in set(Code)))
def test_m05_an_unknown_action_is_an_error_and_not_a_no(code):
    with fresh_rows(), pytest.raises(UnknownCode):
        can(person("dora", is_superuser=True), code, house("acme"))


def test_m05_a_row_without_a_provider_is_an_error_and_not_a_no(db):
    with pytest.raises(TypeError):
        can(AnonymousUser(), Code.LEARN, object())
