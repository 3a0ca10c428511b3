"""Ways around the tenant scope, and where each is allowed.

`every_tenant`, `houses_with` (of it) and `unfenced` say so openly; the others reach rows without
the scope's condition: raw SQL, `_base_manager` (through which Django itself follows foreign keys),
`_raw_delete`, and a QuerySet that no manager has made.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SEARCHED = ("config", "home", "search", "lms", "demo")

CALLS = {"every_tenant", "houses_with", "unfenced", "RawSQL", "QuerySet"}
METHODS = {"raw", "extra", "cursor", "_raw_delete"}
ATTRIBUTES = {"_base_manager"}

# {file: {escape: why it is right there}}
ALLOWED: dict[str, dict[str, str]] = {
    "lms/tenants/scope/guard.py": {
        "_base_manager": "the guard looks up whose row a foreign key points at",
    },
    "lms/tenants/scope/rows.py": {
        "raw": "the override that refuses raw SQL in a tenant's scope",
        "QuerySet": "bulk_update, after the guard has looked at its rows",
    },
    "lms/tenants/scope/fence.py": {
        "QuerySet": "a rule about a parent's table, within the condition it becomes",
        "unfenced": "what a fence is made of",
    },
    "lms/tenants/domains.py": {
        "every_tenant": "which names are due, whoever's; look-alikes and names that change hands",
        "unfenced": "the Wagtail site that a name leads to",
    },
    "lms/tenants/hosts.py": {
        "unfenced": "whose a host is, remembered for everybody",
    },
    "lms/tenants/team.py": {
        "unfenced": "brings back who was removed, and so is no colleague",
    },
    "lms/tenants/notifications.py": {
        "unfenced": "the language of who is invited; the inviter is shown nothing of it",
    },
    "home/groups.py": {
        "unfenced": "takes the groups of who was removed, and so is no colleague",
    },
    "home/fence.py": {
        "QuerySet": "what the rules are made of",
        "unfenced": "what Wagtail keeps or checks for everybody",
    },
    "lms/courses/notifications.py": {
        "unfenced": "the operators, told of a new teacher; nothing of them is shown",
    },
    "lms/courses/freshness.py": {
        "unfenced": "what public pages show, remembered for everybody",
    },
    "lms/courses/rendering.py": {
        "unfenced": "a published lesson's HTML, remembered for everybody",
    },
    "lms/tenants/permissions.py": {
        "every_tenant": "a person's own roles, at whichever provider",
    },
    "lms/reports/tasks.py": {
        "houses_with": "which houses have reports that are due, unfinished or over",
    },
    "home/erasing.py": {
        "every_tenant": "an account goes with its only house, if no other knows it",
    },
    "lms/tenants/tasks.py": {
        "every_tenant": "`houses_with`: which houses a clock has to look at, each for its own why",
    },
    "lms/privacy/selectors.py": {
        "every_tenant": "what is held about a person, and which schools only they manage",
    },
    "lms/privacy/actions.py": {
        "every_tenant": "a person's own data, at whichever schools, for themselves",
    },
    "lms/privacy/erasing.py": {
        "every_tenant": "a person goes from all schools",
    },
    "lms/tenants/sign_ins.py": {
        "every_tenant": "where a person works, to tell those houses of a sign-in",
    },
    "lms/tenants/append_only.py": {
        "cursor": "puts up the triggers",
    },
    "lms/tenants/management/installation.py": {
        "every_tenant": "Django's commands about the whole installation: migrate, flush, dumpdata",
    },
    "lms/tenants/postgresql/base.py": {
        "cursor": "tells the session the scope",
    },
    "lms/tenants/postgresql/wall.py": {
        "cursor": "puts up the policies",
    },
    "lms/homework/tasks.py": {
        "houses_with": "whose homework is due, whose students have news: their ids, for the clock",
    },
    "lms/assessments/tasks.py": {
        "houses_with": "whose attempts are over: their ids, for the clock",
    },
    "lms/teaching/tasks.py": {
        "houses_with": "which courses changed, which announcements are due: for the clock",
    },
    "lms/enrolments/tasks.py": {
        "houses_with": "whose students' access ends: their houses, for the clock",
    },
    "lms/orders/tasks.py": {
        "houses_with": "whose orders were not paid in time: their houses, for the clock",
    },
    "lms/orders/selectors.py": {
        "every_tenant": "a buyer's own order, at whichever school",
    },
    "lms/payments/selectors.py": {
        "every_tenant": "whose payment a gateway tells of: it knows payments, not schools",
    },
    "lms/payments/views.py": {
        "every_tenant": "a buyer's own orders and payments, at whichever school",
    },
    "lms/payments/notifications.py": {
        "unfenced": "the school's admins are told of a sale; nothing of them is shown",
    },
    "lms/payments/reconciling.py": {
        "houses_with": "whose money is unsettled: their houses, for the clock",
    },
    "lms/admissions/selectors.py": {
        "every_tenant": "a person's own invitations and requests, at schools they don't know yet; "
        "and whoever holds a link or code may use it anywhere",
    },
    "lms/admissions/notifications.py": {
        "unfenced": "the language of who is invited; the inviter is shown nothing of it",
    },
    "lms/admissions/links.py": {
        "every_tenant": "a code means one course: no two schools have the same",
    },
    "lms/admissions/tasks.py": {
        "every_tenant": "whose offers and invitations are over: their ids, for the clock",
    },
    "lms/plans/tasks.py": {
        "houses_with": "whose plans were changed: their ids, for the clock",
    },
    "lms/certificates/selectors.py": {
        "every_tenant": "whoever holds a verification code may check it anywhere",
    },
    "lms/migration/people.py": {
        "every_tenant": "an account a list made is deleted only where no house has a row of it",
    },
    "search/full_text.py": {
        "RawSQL": "full-text expressions over the public catalogue, which holds no private rows",
        "extra": "a join to SQLite's FTS table of the public catalogue",
        "cursor": "keeps the public catalogue's index",
    },
    "search/apps.py": {
        "cursor": "creates the public catalogue's index",
    },
    "site/config/views.py": {
        "cursor": "the health check asks the database for 1",
    },
}


def escapes_in(source: str) -> Iterator[tuple[str, int]]:
    """(escape, line) of each use in Python source."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in ATTRIBUTES:
            yield node.attr, node.lineno
        if isinstance(node, ast.Constant) and node.value in ATTRIBUTES:
            yield str(node.value), node.lineno  # getattr(model, "_base_manager")
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in CALLS or (isinstance(node.func, ast.Attribute) and name in METHODS):
                yield name, node.lineno


def files() -> Iterator[Path]:
    for package in SEARCHED:
        base = ROOT / "site" / package if (ROOT / "site" / package).exists() else ROOT / package
        yield from (path for path in base.rglob("*.py") if "migrations" not in path.parts)


def found() -> dict[str, set[str]]:
    """{file: escapes used in it}."""
    uses: dict[str, set[str]] = {}
    for path in files():
        for escape, _line in escapes_in(path.read_text()):
            uses.setdefault(path.relative_to(ROOT).as_posix(), set()).add(escape)
    return uses
