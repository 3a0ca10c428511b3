"""Who gets in where. An address of ours that is not listed here breaks the build.

A role gets in when the answer is below 400 and no way to the sign-in page. Addresses
without arguments are asked as every role; those with arguments too, where `example` makes the
arguments from the World (tests/architecture/conftest.py); the others are asked by their app's own
tests.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

VISITOR, OUTSIDER, STUDENT, ASSISTANT, INSTRUCTOR, ADMIN, OPERATOR = ROLES = (
    "visitor",
    "outsider",
    "student",
    "assistant",
    "instructor",
    "admin",
    "operator",
)

EVERYBODY = frozenset(ROLES)
SIGNED_IN = EVERYBODY - {VISITOR}
AUTHORS = frozenset({INSTRUCTOR, ADMIN, OPERATOR})  # who has work in the Wagtail admin
MARKERS = AUTHORS | {ASSISTANT}
NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Access:
    who: frozenset[str]
    example: Callable[[Any], dict[str, Any]] | None = None
    method: str = "get"


NO_ID = "00000000-0000-0000-0000-000000000000"


# Arguments that name nothing: nobody gets in, and nobody may get a server error.
def _nothing(**arguments: Any) -> Callable[[Any], dict[str, Any]]:
    return lambda world: arguments


ACCESS: dict[str, Access] = {
    # The installation
    "health": Access(EVERYBODY),
    "tls_check": Access(NOBODY),  # the proxy asks with a name (tests/config/test_tls_check.py)
    "robots": Access(EVERYBODY),
    "sitemap": Access(EVERYBODY),
    "sitemap_part": Access(EVERYBODY, _nothing(section="pages")),
    "brand_css": Access(EVERYBODY),
    "manifest": Access(EVERYBODY),
    "brand_icon": Access(EVERYBODY),
    "favicon": Access(EVERYBODY),
    "brand_logo": Access(NOBODY),  # for everybody, once there is one
    "media": Access(NOBODY, _nothing(path="../manage.py")),
    # The shop window
    "search:catalogue": Access(EVERYBODY),
    "search:suggest": Access(EVERYBODY),
    "home:instructor": Access(EVERYBODY),
    "home:teach": Access(EVERYBODY),
    "home:open_school": Access(SIGNED_IN),
    "home:schools": Access(SIGNED_IN),
    "tenants:invitation": Access(NOBODY, _nothing(token="none")),  # whoever holds the link
    "home:terms": Access(NOBODY),  # for everybody, once somebody has written them
    "home:privacy": Access(NOBODY),
    # One's own account
    "accounts:home": Access(EVERYBODY),  # only points to the profile
    "accounts:profile": Access(SIGNED_IN),
    "accounts:security": Access(SIGNED_IN),
    "accounts:consents": Access(SIGNED_IN),
    "accounts:documents_asked": Access(SIGNED_IN),
    "accounts:document": Access(NOBODY, _nothing(document="terms")),  # for everybody, once written
    "accounts:document_version": Access(NOBODY, _nothing(document="terms", number=1)),
    # One's own data: whose it is, is asked in tests/lms/privacy
    "privacy:data": Access(SIGNED_IN),
    "privacy:erase": Access(SIGNED_IN),
    "privacy:take_back": Access(SIGNED_IN, method="post"),
    "privacy:stay": Access(NOBODY, _nothing(token="none")),  # whoever holds the link
    "privacy:download": Access(NOBODY, _nothing(export_id=NO_ID)),
    "accounts:welcome": Access(EVERYBODY, _nothing(token="a")),  # leads to having a link sent
    "accounts:staff_sign_in": Access(AUTHORS),
    # Learning
    "learn:dashboard": Access(SIGNED_IN),
    "learn:history": Access(SIGNED_IN),
    "learn:course": Access(NOBODY, _nothing(course_id=0)),
    "learn:trailer": Access(NOBODY, _nothing(course_id=0, name="a.mp4")),
    "learn:lesson": Access(NOBODY, _nothing(course_id=0, lesson_id=0)),
    "learn:complete": Access(NOBODY, _nothing(course_id=0, lesson_id=0), "post"),
    "learn:uncomplete": Access(NOBODY, _nothing(course_id=0, lesson_id=0), "post"),
    "learn:report": Access(NOBODY, _nothing(course_id=0, lesson_id=0), "post"),
    "learn:file": Access(
        NOBODY, _nothing(course_id=0, lesson_id=0, kind="document", file_id=0, name="a.pdf")
    ),
    # Homework: who sees which is asked in tests/lms/homework/test_access.py
    "homework:course": Access(NOBODY, _nothing(course_id=0)),
    "homework:homework": Access(NOBODY, _nothing(course_id=0, homework_id=0)),
    "homework:submit": Access(NOBODY, _nothing(course_id=0, homework_id=0), "post"),
    "homework:unmark": Access(NOBODY, _nothing(course_id=0, homework_id=0), "post"),
    "homework:draft": Access(NOBODY, _nothing(course_id=0, homework_id=0), "post"),
    "homework:attachment": Access(
        NOBODY, _nothing(course_id=0, homework_id=0, attachment_id=0, name="a.pdf")
    ),
    "homework:feedback_file": Access(
        NOBODY, _nothing(course_id=0, homework_id=0, feedback_id=0, name="a.webm")
    ),
    "homework:submission_file": Access(
        NOBODY, _nothing(course_id=0, homework_id=0, submission_id=0, name="a.pdf")
    ),
    # Assessments: who sees which is asked in tests/lms/assessments/test_student.py
    "assessments:course": Access(NOBODY, _nothing(course_id=0)),
    "assessments:assessment": Access(NOBODY, _nothing(course_id=0, assessment_id=0)),
    "assessments:start": Access(NOBODY, _nothing(course_id=0, assessment_id=0), "post"),
    "assessments:attempt": Access(NOBODY, _nothing(course_id=0, assessment_id=0, attempt_id=0)),
    "assessments:save": Access(
        NOBODY, _nothing(course_id=0, assessment_id=0, attempt_id=0, place=0), "post"
    ),
    "assessments:submit": Access(
        NOBODY, _nothing(course_id=0, assessment_id=0, attempt_id=0), "post"
    ),
    "assessments:result": Access(NOBODY, _nothing(course_id=0, assessment_id=0, attempt_id=0)),
    "assessments:picture": Access(
        NOBODY, _nothing(course_id=0, assessment_id=0, attempt_id=0, place=0, key="a")
    ),
    "assessments:file": Access(
        NOBODY, _nothing(course_id=0, assessment_id=0, attempt_id=0, place=0, name="a.pdf")
    ),
    # The desk: who sets and who marks is asked in tests/lms/assessments/test_bank.py, test_desk.py
    "assessments_desk:banks": Access(AUTHORS),
    "assessments_desk:bank": Access(NOBODY, _nothing(provider_id=NO_ID)),
    "assessments_desk:bank_bulk": Access(NOBODY, _nothing(provider_id=NO_ID), "post"),
    "assessments_desk:bank_import": Access(NOBODY, _nothing(provider_id=NO_ID)),
    "assessments_desk:bank_export": Access(NOBODY, _nothing(provider_id=NO_ID), "post"),
    "assessments_desk:question_new": Access(NOBODY, _nothing(provider_id=NO_ID, kind="single")),
    "assessments_desk:question": Access(NOBODY, _nothing(provider_id=NO_ID, question_id=0)),
    "assessments_desk:question_copy": Access(
        NOBODY, _nothing(provider_id=NO_ID, question_id=0), "post"
    ),
    "assessments_desk:question_versions": Access(
        NOBODY, _nothing(provider_id=NO_ID, question_id=0)
    ),
    "assessments_desk:picture": Access(NOBODY, _nothing(provider_id=NO_ID, question_id=0, key="a")),
    # Grades: who sees which is asked in tests/lms/grades
    "grades:course": Access(NOBODY, _nothing(course_id=0)),
    "grades_desk:book": Access(NOBODY, _nothing(course_id=0)),
    "grades_desk:student": Access(NOBODY, _nothing(course_id=0, enrolment_id=NO_ID)),
    "grades_desk:column": Access(NOBODY, _nothing(course_id=0, item_id=0)),
    "grades_desk:setup": Access(NOBODY, _nothing(course_id=0)),
    "grades_desk:letters": Access(NOBODY, _nothing(course_id=0)),
    "grades_desk:drop_column": Access(NOBODY, _nothing(course_id=0, item_id=0), "post"),
    "grades_desk:csv": Access(NOBODY, _nothing(course_id=0)),
    "grades_desk:xlsx": Access(NOBODY, _nothing(course_id=0)),
    "grades_desk:import": Access(NOBODY, _nothing(course_id=0)),
    "grades_desk:commit": Access(NOBODY, _nothing(course_id=0), "post"),
    # Reports: who sees which is asked in tests/lms/reports/test_desk.py
    "reports_desk:index": Access(MARKERS),
    "reports_desk:stop": Access(NOBODY, _nothing(key="none")),  # whoever holds the link
    "reports_desk:course": Access(NOBODY, _nothing(course_id=0)),
    "reports_desk:ask": Access(NOBODY, _nothing(course_id=0), "post"),
    "reports_desk:export": Access(NOBODY, _nothing(course_id=0, export_id=NO_ID)),
    "reports_desk:again": Access(NOBODY, _nothing(course_id=0, export_id=NO_ID), "post"),
    "reports_desk:file": Access(NOBODY, _nothing(course_id=0, export_id=NO_ID, name="a.csv")),
    "reports_desk:mailings": Access(NOBODY, _nothing(course_id=0)),
    "reports_desk:mailing": Access(NOBODY, _nothing(course_id=0, mailing_id=0), "post"),
    "homework_desk:index": Access(MARKERS),
    "homework_desk:course": Access(NOBODY, _nothing(course_id=0)),
    "homework_desk:new": Access(NOBODY, _nothing(course_id=0)),
    "homework_desk:homework": Access(NOBODY, _nothing(course_id=0, homework_id=0)),
    "homework_desk:edit": Access(NOBODY, _nothing(course_id=0, homework_id=0)),
    "homework_desk:assign": Access(NOBODY, _nothing(course_id=0, homework_id=0), "post"),
    "homework_desk:withdraw": Access(NOBODY, _nothing(course_id=0, homework_id=0), "post"),
    "homework_desk:delete": Access(NOBODY, _nothing(course_id=0, homework_id=0)),
    "homework_desk:bulk": Access(NOBODY, _nothing(course_id=0, homework_id=0), "post"),
    "homework_desk:phrases": Access(NOBODY, _nothing(course_id=0, homework_id=0), "post"),
    "homework_desk:student": Access(
        NOBODY, _nothing(course_id=0, homework_id=0, enrolment_id=NO_ID)
    ),
    "assessments_desk:course": Access(NOBODY, _nothing(course_id=0)),
    "assessments_desk:new": Access(NOBODY, _nothing(course_id=0)),
    "assessments_desk:assessment": Access(NOBODY, _nothing(course_id=0, assessment_id=0)),
    "assessments_desk:edit": Access(NOBODY, _nothing(course_id=0, assessment_id=0)),
    "assessments_desk:places": Access(NOBODY, _nothing(course_id=0, assessment_id=0)),
    "assessments_desk:preview": Access(NOBODY, _nothing(course_id=0, assessment_id=0)),
    "assessments_desk:publish": Access(NOBODY, _nothing(course_id=0, assessment_id=0), "post"),
    "assessments_desk:withdraw": Access(NOBODY, _nothing(course_id=0, assessment_id=0), "post"),
    "assessments_desk:copy": Access(NOBODY, _nothing(course_id=0, assessment_id=0), "post"),
    "assessments_desk:terms": Access(NOBODY, _nothing(course_id=0, assessment_id=0)),
    "assessments_desk:results_csv": Access(NOBODY, _nothing(course_id=0, assessment_id=0)),
    "assessments_desk:grade_all": Access(NOBODY, _nothing(course_id=0, assessment_id=0), "post"),
    "assessments_desk:regrade": Access(NOBODY, _nothing(course_id=0, assessment_id=0)),
    "assessments_desk:analysis": Access(NOBODY, _nothing(course_id=0, assessment_id=0)),
    "assessments_desk:questions": Access(NOBODY, _nothing(course_id=0, assessment_id=0)),
    "assessments_desk:answers": Access(
        NOBODY, _nothing(course_id=0, assessment_id=0, question_id=0)
    ),
    "assessments_desk:attempt": Access(
        NOBODY, _nothing(course_id=0, assessment_id=0, attempt_id=0)
    ),
    "assessments_desk:take_late": Access(
        NOBODY, _nothing(course_id=0, assessment_id=0, attempt_id=0, place=0), "post"
    ),
    "assessments_desk:file": Access(
        NOBODY, _nothing(course_id=0, assessment_id=0, attempt_id=0, place=0, name="a.pdf")
    ),
    "homework_desk:override": Access(
        NOBODY, _nothing(course_id=0, homework_id=0, enrolment_id=NO_ID), "post"
    ),
    "homework_desk:extend": Access(
        NOBODY, _nothing(course_id=0, homework_id=0, enrolment_id=NO_ID), "post"
    ),
    "homework_desk:second": Access(
        NOBODY, _nothing(course_id=0, homework_id=0, enrolment_id=NO_ID), "post"
    ),
    "homework_desk:mark": Access(
        NOBODY, _nothing(course_id=0, homework_id=0, enrolment_id=NO_ID, submission_id=0), "post"
    ),
    "homework_desk:spoken": Access(
        NOBODY,
        _nothing(
            course_id=0, homework_id=0, enrolment_id=NO_ID, submission_id=0, place=1, name="a.webm"
        ),
    ),
    "homework_desk:remark": Access(
        NOBODY, _nothing(course_id=0, homework_id=0, enrolment_id=NO_ID, submission_id=0), "post"
    ),
    # Reviews: who writes, answers, moderates is asked in tests/lms/reviews
    "reviews:course": Access(NOBODY, _nothing(course_id=0)),
    "reviews:write": Access(NOBODY, _nothing(course_id=0)),
    "reviews:remove": Access(NOBODY, _nothing(course_id=0), "post"),
    "reviews:decline": Access(NOBODY, _nothing(course_id=0), "post"),
    "reviews:report": Access(NOBODY, _nothing(course_id=0, review_id=0)),
    "reviews_desk:index": Access(AUTHORS),
    "reviews_desk:approval": Access(NOBODY, method="post"),
    "reviews_desk:review": Access(NOBODY, _nothing(review_id=0)),
    "reviews_desk:answer": Access(NOBODY, _nothing(review_id=0), "post"),
    "reviews_desk:show": Access(NOBODY, _nothing(review_id=0), "post"),
    "reviews_desk:hide": Access(NOBODY, _nothing(review_id=0), "post"),
    "reviews_desk:settle": Access(NOBODY, _nothing(review_id=0), "post"),
    # The desk, rosters and students: who sees which is asked in tests/lms/teaching
    "teaching:index": Access(MARKERS),
    "teaching:course": Access(NOBODY, _nothing(course_id=0)),
    "teaching:roster": Access(NOBODY, _nothing(course_id=0)),
    "teaching:roster_csv": Access(NOBODY, _nothing(course_id=0)),
    "teaching:bulk": Access(NOBODY, _nothing(course_id=0), "post"),
    "teaching:watch": Access(NOBODY, _nothing(course_id=0)),
    "teaching:announcements": Access(NOBODY, _nothing(course_id=0)),
    "teaching:new_announcement": Access(NOBODY, _nothing(course_id=0)),
    "teaching:announcement": Access(NOBODY, _nothing(course_id=0, announcement_id=0)),
    "teaching:withdraw": Access(NOBODY, _nothing(course_id=0, announcement_id=0), "post"),
    "my_teachers:support": Access(SIGNED_IN),
    "my_teachers:dismiss": Access(NOBODY, _nothing(announcement_id=0), "post"),
    "teaching:student": Access(NOBODY, _nothing(course_id=0, enrolment_id=NO_ID)),
    "teaching:note": Access(NOBODY, _nothing(course_id=0, enrolment_id=NO_ID), "post"),
    "teaching:remove_note": Access(
        NOBODY, _nothing(course_id=0, enrolment_id=NO_ID, note_id=0), "post"
    ),
    "teaching:support": Access(NOBODY, _nothing(course_id=0, enrolment_id=NO_ID)),
    "teaching:snooze": Access(NOBODY, _nothing(course_id=0, enrolment_id=NO_ID), "post"),
    "teaching:end_snooze": Access(NOBODY, _nothing(course_id=0, enrolment_id=NO_ID), "post"),
    # The planner and the wishlist: one's own, everywhere (tests/lms/planner, tests/lms/wishlist)
    "planner:todo": Access(SIGNED_IN),
    "planner:add": Access(NOBODY, method="post"),
    "planner:tick": Access(NOBODY, _nothing(note_id=0), "post"),
    "planner:untick": Access(NOBODY, _nothing(note_id=0), "post"),
    "planner:remove": Access(NOBODY, _nothing(note_id=0), "post"),
    "planner:calendar": Access(SIGNED_IN),
    "planner:change_feed": Access(SIGNED_IN, method="post"),
    "planner:entry_file": Access(NOBODY, _nothing(key="homework-0")),
    "planner:hide_steps": Access(SIGNED_IN, method="post"),
    "planner:feed": Access(NOBODY, _nothing(token="none")),  # whoever holds the address
    "wishlist:list": Access(SIGNED_IN),
    "wishlist:wish": Access(NOBODY, _nothing(course_id=0)),
    # Lesson plans and groups: who sees which is asked in tests/lms/plans
    "plans:course": Access(NOBODY, _nothing(course_id=0)),
    "plans_desk:index": Access(AUTHORS),
    "plans_desk:course": Access(NOBODY, _nothing(course_id=0)),
    "plans_desk:plan": Access(NOBODY, _nothing(course_id=0, plan_id=0)),
    "plans_desk:assign": Access(NOBODY, _nothing(course_id=0, plan_id=0)),
    "plans_desk:students": Access(NOBODY, _nothing(course_id=0, plan_id=0)),
    "plans_desk:preview": Access(NOBODY, _nothing(course_id=0, plan_id=0)),
    "plans_desk:student": Access(NOBODY, _nothing(course_id=0, plan_id=0, enrolment_id=NO_ID)),
    "plans_desk:copy": Access(NOBODY, _nothing(course_id=0, plan_id=0)),
    "plans_desk:remove": Access(NOBODY, _nothing(course_id=0, plan_id=0), "post"),
    # Buying and selling: whose orders and sales are asked in tests/lms/payments
    "payments:buy": Access(NOBODY, _nothing(course_id=0)),
    "payments:orders": Access(SIGNED_IN),
    "payments:order": Access(NOBODY, _nothing(order_id=NO_ID)),
    "payments:pay": Access(NOBODY, _nothing(order_id=NO_ID)),
    "payments:cancel": Access(NOBODY, _nothing(order_id=NO_ID), "post"),
    "payments:back": Access(NOBODY, _nothing(payment_id=NO_ID)),
    "payments:test_card": Access(NOBODY, _nothing(ref="none")),
    "payments:notice": Access(NOBODY, _nothing(gateway="none"), "post"),
    "payments_desk:index": Access(frozenset({ADMIN})),
    "payments_desk:sales": Access(frozenset({ADMIN, OPERATOR}), lambda world: {"slug": "acme"}),
    "payments_desk:vouchers": Access(frozenset({ADMIN, OPERATOR}), lambda world: {"slug": "acme"}),
    "payments_desk:tax": Access(frozenset({ADMIN, OPERATOR}), lambda world: {"slug": "acme"}),
    "payments_desk:remove_rate": Access(NOBODY, _nothing(slug="none", rate_id=0), "post"),
    "payments_desk:voucher": Access(NOBODY, _nothing(slug="none", voucher_id=0), "post"),
    "payments_desk:order": Access(NOBODY, _nothing(slug="none", order_id=NO_ID)),
    "payments_desk:refund": Access(NOBODY, _nothing(slug="none", order_id=NO_ID, payment_id=NO_ID)),
    # Ways into courses: who sees and decides what is asked in tests/lms/admissions
    "admissions:join": Access(EVERYBODY),
    "admissions:join_by": Access(NOBODY, _nothing(code="none")),
    "admissions:index": Access(SIGNED_IN),
    "admissions:waiting": Access(SIGNED_IN),
    "admissions:own": Access(NOBODY, _nothing(invitation_id=0)),
    "admissions:invitation": Access(NOBODY, _nothing(token="none")),
    "admissions:withdraw": Access(NOBODY, _nothing(request_id=0), "post"),
    "admissions:ask": Access(NOBODY, _nothing(course_id=0)),
    "admissions:waitlist": Access(NOBODY, _nothing(course_id=0)),
    "admissions_desk:pending": Access(AUTHORS),
    "admissions_desk:add": Access(NOBODY, _nothing(course_id=0)),
    "admissions_desk:invitations": Access(NOBODY, _nothing(course_id=0)),
    "admissions_desk:resend": Access(NOBODY, _nothing(course_id=0, invitation_id=0), "post"),
    "admissions_desk:withdraw": Access(NOBODY, _nothing(course_id=0, invitation_id=0), "post"),
    "admissions_desk:list": Access(NOBODY, _nothing(course_id=0, list_id=0)),
    "admissions_desk:requests": Access(NOBODY, _nothing(course_id=0)),
    "admissions_desk:waitlist": Access(NOBODY, _nothing(course_id=0)),
    "admissions_desk:links": Access(NOBODY, _nothing(course_id=0)),
    "admissions_desk:revoke": Access(NOBODY, _nothing(course_id=0, link_id=0), "post"),
    "groups:course": Access(NOBODY, _nothing(course_id=0)),
    "groups:new": Access(NOBODY, _nothing(course_id=0)),
    "groups:group": Access(NOBODY, _nothing(course_id=0, group_id=0)),
    "groups:remove": Access(NOBODY, _nothing(course_id=0, group_id=0), "post"),
    "groups:access": Access(NOBODY, _nothing(course_id=0)),
    "groups:extend": Access(NOBODY, _nothing(course_id=0, enrolment_id=NO_ID), "post"),
    "groups:remove_student": Access(NOBODY, _nothing(course_id=0, enrolment_id=NO_ID), "post"),
    "groups:restore_student": Access(NOBODY, _nothing(course_id=0, enrolment_id=NO_ID), "post"),
    "enrolments:undo": Access(NOBODY, _nothing(course_id=0)),
    "enrolments:say_why": Access(NOBODY, _nothing(course_id=0), "post"),
    "enrolments:enrol": Access(NOBODY, _nothing(course_id=0), "post"),
    "enrolments:leave": Access(NOBODY, _nothing(course_id=0), "post"),
    # Uploads: whose purpose lets them, their own (tests/lms/files)
    "files:uploads": Access(SIGNED_IN, method="options"),
    "files:upload": Access(NOBODY, _nothing(upload_id=NO_ID)),
    "files:parts": Access(NOBODY, _nothing(upload_id=NO_ID), "post"),
    "files:whole": Access(NOBODY, _nothing(upload_id=NO_ID), "post"),
    "files:download": Access(NOBODY, _nothing(upload_id=NO_ID, name="a.txt")),
    "files:made": Access(NOBODY, _nothing(key="none", name="film.mp4")),  # whoever holds the key
    "files:progress": Access(NOBODY, _nothing(key="none")),
    "files:again": Access(NOBODY, _nothing(key="none"), "post"),
    # Certificates
    "certificates:list": Access(SIGNED_IN),
    "certificates:course": Access(NOBODY, _nothing(course_id=0)),
    "certificates:certificate": Access(NOBODY, _nothing(certificate_id=NO_ID)),
    "certificates:pdf": Access(NOBODY, _nothing(certificate_id=NO_ID)),
    "certificates:verify": Access(EVERYBODY),
    "certificates:verification": Access(EVERYBODY),
    "certificates:legacy_verification": Access(EVERYBODY),
    # The content API: public content, decided by lms.api.selectors (tests/lms/api)
    "content_api:pages:listing": Access(EVERYBODY),
    "content_api:pages:detail": Access(NOBODY, _nothing(pk=0)),
    "content_api:pages:find": Access(NOBODY),  # names nothing without a parameter
    "content_api:images:listing": Access(EVERYBODY),
    "content_api:images:detail": Access(NOBODY, _nothing(pk=0)),
    "content_api:images:find": Access(NOBODY),
    "content_api:documents:listing": Access(EVERYBODY),
    "content_api:documents:detail": Access(NOBODY, _nothing(pk=0)),
    "content_api:documents:find": Access(NOBODY),
    "content_api:reviews:listing": Access(NOBODY),  # names nothing without a course
    "content_api:page_preview:listing": Access(NOBODY),  # whoever holds a token
    # Development pages: the embedded settings only
    "development_mail": Access(EVERYBODY),
    "development_message": Access(EVERYBODY),
    "development_gallery": Access(EVERYBODY),
}


@dataclass(frozen=True)
class Group:
    """Addresses that share a rule. `who` is who may get in *somewhere* below `prefix`; everybody
    else is refused at each address without arguments but the `doors`. None: not asked, and
    `reason` says why that is right."""

    prefix: str
    reason: str
    who: frozenset[str] | None = None
    doors: frozenset[str] = frozenset()


GROUPS = [
    Group(
        "cms/",
        "Wagtail's admin and our screens in it: its own permissions, for authors and operators",
        who=AUTHORS,
        doors=frozenset(
            {"cms/login/", "cms/logout/", "cms/jsi18n/", "cms/password_reset/", "cms/sprite/"}
        ),
    ),
    Group(
        "django-admin/",
        "Django's admin: operators",
        who=frozenset({OPERATOR}),
        doors=frozenset({"django-admin/login/", "django-admin/logout/"}),
    ),
    Group("account/", "django-allauth's own views, with its own tests"),
    Group("documents/", "Wagtail's document view; our documents are private (lms.files)"),
    Group("_util/", "Wagtail's password form for private pages"),
    Group("language/", "Django's language switch: everybody"),
    Group("jsi18n/", "translations for scripts: everybody"),
    Group("^((?:", "the page tree: public content, decided by each page"),
]


def group_of(pattern: str) -> Group | None:
    return next((group for group in GROUPS if pattern.startswith(group.prefix)), None)
