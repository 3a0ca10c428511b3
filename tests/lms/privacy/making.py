"""A student of whom every app holds something, each with their name in it."""

import io
from datetime import date, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.core.files.base import ContentFile
from django.db import connection
from PIL import Image
from wagtail.log_actions import log

from lms.accounts.models import Consent, DocumentVersion, How
from lms.admissions.models import Invitation, InvitationList, InvitationRow, JoinRequest
from lms.assessments.models import Assessment, Attempt, BankQuestion, Candidate, Response, Version
from lms.certificates.content import Content
from lms.certificates.models import Certificate
from lms.common import clock
from lms.common.ids import verification_code
from lms.grades.models import Entry, Item
from lms.homework import actions as homework_actions
from lms.migration.models import PeopleImport, PeopleImportRow
from lms.planner.models import Note as OwnNote
from lms.plans.models import Assignment, Plan
from lms.progress.models import LessonProgress
from lms.reviews.models import Review
from lms.teaching.models import Note, SupportLook, SupportProfile
from lms.tenants.scope import every_tenant, provider_scope
from lms.wishlist.models import Wish
from tests.lms.homework.making import Class, give_feedback, hand_in, homework
from tests.lms.learning import WAV

WORD = "zebulon"
NAME = "Zebulon Quartz"
EMAIL = "zebulon@quartz.example"
TEACHERS = "Teachers keep this to themselves"
CODE = verification_code()
CONTENT = Content(
    code=CODE, url="/", language="en", student=NAME, course="Stars", summary="", provider="Acme",
    instructors=("Alice Okafor",), primary_colour="", accent_colour="", logo=None,
    signatory="Alice Okafor", signature=None, completed_on=date(2026, 3, 1), minutes=10,
    grade=None, minimum_grade=None,
)  # fmt: skip
PASSWORD = "gentle river stone 5"


def with_everything(school: Class) -> Any:
    """carol of `school`, as Zebulon, with rows and files in every app."""
    now, carol, seat = clock.now(), school.carol, school.seats["carol"]
    carol.email, carol.name, carol.biography = EMAIL, NAME, f"{NAME} writes."
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(picture, "png")
    carol.picture.save(f"{WORD}.png", ContentFile(picture.getvalue()), save=False)
    carol.set_password(PASSWORD)
    carol.save()
    EmailAddress.objects.create(user=carol, email=EMAIL, primary=True, verified=True)
    SocialAccount.objects.create(user=carol, provider="google", uid="1", extra_data={"n": NAME})
    log(carol, "wagtail.edit", user=school.alice)
    OwnNote.objects.create(person=carol, text=f"{NAME} must read", created_at=now)
    Wish.objects.create(person=carol, course=school.course, created_at=now)
    version = DocumentVersion.objects.create(
        document="terms", number=1, title="Terms", text="<p>Be kind.</p>", published_at=now
    )
    Consent.objects.create(person=carol, version=version, how=How.SIGNED_UP, at=now)
    SupportProfile.objects.create(
        student=carol, needs=f"{NAME} reads slowly", consent=1, consented_at=now, changed_at=now
    )
    SupportLook.objects.create(
        student=carol, reader_name="Bob Otieno", course_title="Stars", looked_at=now
    )
    text = homework(school)
    counted = hand_in(school, text, text=f"{NAME} counted 7")
    voice = ContentFile(WAV, f"{WORD}.wav")
    give_feedback(school, counted, text=f"Well done, {NAME}", complete=True, voice=voice)
    file = homework(school, title="Send it", kind="file")
    hand_in(school, file, file=ContentFile(f"{NAME} wrote.".encode(), f"{WORD}.txt"))
    with provider_scope(school.acme):
        LessonProgress.objects.create(
            enrolment=seat, lesson_title="Stars", opened_at=now, positions={"1": 2}
        )
        homework_actions.save_draft(text, seat, f"{NAME} begins", at=now)
        Note.objects.create(
            enrolment=seat, text=f"{TEACHERS}: {NAME}", written_at=now, author=school.alice
        )
        Review.objects.create(
            course=school.course, author=carol, rating=5, text=f"{NAME} liked it",
            written_at=now, changed_at=now,
        )  # fmt: skip
        JoinRequest.objects.create(
            course=school.course, student=carol, note=f"I am {NAME}", created_at=now
        )
        Invitation.objects.create(
            course=school.course, email=EMAIL, name=NAME, token_hash="x", sent_at=now,
            expires_at=now + timedelta(days=1),
        )  # fmt: skip
        invited = InvitationList.objects.create(
            course=school.course, name="list", days=7, total=1, created_at=now, actor=school.alice
        )
        InvitationRow.objects.create(batch=invited, place=1, number=1, email=EMAIL, name=NAME)
        brought = PeopleImport.objects.create(file_name="people.csv", total=1, actor=school.alice)
        PeopleImportRow.objects.create(
            batch=brought, number=1, email=EMAIL, name=NAME, role="student", language="en",
            time_zone="UTC", user=carol,
        )  # fmt: skip
        item = Item.objects.create(course=school.course, title="Essay")
        Entry.objects.create(
            item=item, enrolment=seat, kind="points", points=5, reason=f"{NAME} was ill",
            set_at=now, set_by=school.alice,
        )  # fmt: skip
        plan = Plan.objects.create(course=school.course, title="Plan", created_at=now)
        Assignment.objects.create(plan=plan, enrolment=seat, assigned_at=now)
        _answer(school, seat, now)
        Certificate.objects.create(
            enrolment=seat, student=carol, code=CODE, issued_at=now,
            snapshot=CONTENT.to_json(),
            pdf=ContentFile(b"%PDF", f"{WORD}.pdf"),
        )  # fmt: skip
    return carol


def _answer(school: Class, seat: Any, now: Any) -> None:
    question = BankQuestion.objects.create(title="Say", kind="essay", changed_at=now)
    asked = Version.objects.create(
        question=question, number=1, kind="essay", data={}, made_at=now, made_by=school.alice
    )
    quiz = Assessment.objects.create(course=school.course, title="Quiz")
    candidate = Candidate.objects.create(assessment=quiz, enrolment=seat, extra_time=25)
    attempt = Attempt.objects.create(
        candidate=candidate, number=1, seed="x", started_at=now, most=5, comment=f"Good, {NAME}"
    )
    Response.objects.create(
        attempt=attempt, place=0, given=asked, most=5, answer={"text": f"{NAME} thinks"}, points=4
    )


def tables_with(word: str) -> set[str]:
    """The tables in which any column says `word`."""
    found = set()
    with every_tenant("look everywhere"), connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            # The indexes of SQLite's full text have a form of their own.
            if table.startswith("search_text") or "_fts" in table:
                continue
            cursor.execute(f'SELECT * FROM "{table}"')
            if any(word in str(row).lower() for row in cursor.fetchall()):
                found.add(table)
    return found
