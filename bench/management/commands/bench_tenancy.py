"""`manage.py bench_tenancy`: schools with students, and what reads of theirs cost with scope and
row-level security and by hand; on an empty PostgreSQL database, into bench/tenancy.json.
"""

import json
import time
from collections.abc import Callable
from hashlib import md5
from uuid import UUID

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection, connections
from django.db.models import Count

from bench.harness import scheduled_seconds
from bench.plain import by_hand, without_scope
from lms.accounts.models import User
from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment
from lms.enrolments.selectors import enrolment_of
from lms.enrolments.states import State
from lms.progress import selectors
from lms.progress.models import LessonProgress
from lms.tenants.management.installation import whole_installation
from lms.tenants.models import Provider
from lms.tenants.scope import every_tenant, provider_scope
from lms.tenants.states import State as House

PROVIDERS = 100
COURSES = 1_000
STUDENTS = 5_000
SEATS = 60  # in each course; every student studies with twelve schools
# Many short rounds, in turn: what else the machine does meanwhile falls on both.
ROUNDS = 60
REQUESTS = 12

FILL = [
    "UPDATE courses_coursepage"
    f" SET provider_id = md5('provider' || page_ptr_id % {PROVIDERS})::uuid",
    "UPDATE courses_courselisting l SET provider_id = c.provider_id FROM courses_coursepage c"
    " WHERE c.page_ptr_id = l.course_id",
    "INSERT INTO enrolments_enrolment (id, provider_id, course_id, student_id, state, enrolled_at,"
    " last_seen_at) SELECT gen_random_uuid(), provider_id, page_ptr_id,"
    f" md5('student' || (page_ptr_id * {SEATS} + seat) % {STUDENTS})::uuid, 'active',"
    " now() - random() * interval '400 days', now() - random() * interval '90 days'"
    f" FROM courses_coursepage, generate_series(0, {SEATS - 1}) AS seat",
    "INSERT INTO progress_lessonprogress (provider_id, enrolment_id, lesson_id, lesson_title,"
    " opened_at, completed_at, seconds, positions) SELECT e.provider_id, e.id, l.page_ptr_id, 't',"
    " now(), CASE WHEN random() < 0.6 THEN now() END, 600, '{}' FROM enrolments_enrolment e"
    " JOIN wagtailcore_page c ON c.id = e.course_id JOIN wagtailcore_page p"
    " ON p.path LIKE c.path || '____' JOIN courses_lessonpage l ON l.page_ptr_id = p.id",
    "ANALYZE",
]


def dashboard(enrolment: Enrolment) -> None:
    student = enrolment.student_id
    selectors.dashboard(student, chosen="in-progress", number=1)
    selectors.history(student, number=1)


def roster(enrolment: Enrolment) -> None:
    rows = Enrolment.objects.filter(course_id=enrolment.course_id, state=State.ACTIVE)
    rows.count()
    seen = list(rows.select_related("student").order_by("-enrolled_at")[:25])
    done = LessonProgress.objects.filter(enrolment__in=seen, completed_at__isnull=False)
    list(done.values("enrolment_id").annotate(n=Count("pk")))


def lesson(enrolment: Enrolment) -> None:
    course = CoursePage.objects.get(pk=enrolment.course_id)
    own = enrolment_of(course, User(pk=enrolment.student_id))
    selectors.course_progress(own, opened=selectors.opened_lessons(own))


# {name: (the reads, from how many schools at once)}
READS: dict[str, tuple[Callable[[Enrolment], None], int]] = {
    "dashboard and history": (dashboard, 1),
    "dashboard and history of three schools": (dashboard, 3),
    "roster with progress": (roster, 1),
    "progress beside a lesson": (lesson, 1),
}


class Command(BaseCommand):
    help = "Fill an empty PostgreSQL database and measure what scope and policies cost."

    def handle(self, *args, **options):
        call_command("bench_catalogue", COURSES)
        with whole_installation("default", "a bench's rows are made by the database itself"):
            self._fill()
        with every_tenant("a bench's students are of every school"):
            asking = list(Enrolment.objects.order_by("pk")[:REQUESTS])
        providers = list(Provider.objects.values_list("pk", flat=True)[:10])
        found = {name: _measured(reads, asking, providers, n) for name, (reads, n) in READS.items()}
        folder = settings.DATA_DIR / "bench"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "tenancy.json").write_text(json.dumps(found))

    def _fill(self) -> None:
        # As the statements below reckon them.
        ids = [UUID(md5(f"provider{n}".encode()).hexdigest()) for n in range(PROVIDERS)]
        Provider.objects.bulk_create(
            Provider(pk=pk, slug=f"school-{n}", name=f"School {n}", status=House.OPEN)
            for n, pk in enumerate(ids)
        )
        with connection.cursor() as cursor:
            columns = [f.column for f in User._meta.local_fields if f.column not in ("id", "email")]
            names = ", ".join(f'"{column}"' for column in columns)
            cursor.execute(
                f"INSERT INTO accounts_user (id, email, {names}) SELECT md5('student' || n)::uuid,"
                f" 'student' || n || '@example.com', {names} FROM accounts_user,"
                f" generate_series(0, {STUDENTS - 1}) AS n WHERE email = 'bench@example.com'"
            )
            for statement in FILL:
                cursor.execute(statement)


def _measured(
    reads: Callable[[Enrolment], None], asking: list[Enrolment], others: list[UUID], schools: int
) -> dict[str, list[tuple[float, float]]]:
    """{"cpu" and "wall": [(milliseconds with both, with neither) of each round]} per request; each
    request is of another school than the one before it on the connection."""

    def whose(enrolment: Enrolment) -> list[UUID]:
        own = enrolment.provider_id
        return [own, *[pk for pk in others if pk != own][: schools - 1]]

    def with_both() -> None:
        for enrolment in asking:
            with provider_scope(whose(enrolment)):
                reads(enrolment)

    def with_neither() -> None:
        for enrolment in asking:
            with by_hand(whose(enrolment)):
                reads(enrolment)

    def cost_of_both() -> tuple[float, float]:
        return _cost(with_both, "default", len(asking))

    def cost_of_neither() -> tuple[float, float]:
        with without_scope():
            return _cost(with_neither, "plain", len(asking))

    cost_of_both(), cost_of_neither()  # once to warm up
    rounds = []
    for number in range(ROUNDS):
        if number % 2:  # neither comes always first
            both, neither = cost_of_both(), cost_of_neither()
        else:
            neither, both = cost_of_neither(), cost_of_both()
        rounds.append((both, neither))
    return {
        kind: [(both[at], neither[at]) for both, neither in rounds]
        for at, kind in enumerate(("cpu", "wall"))
    }


def _cost(work: Callable[[], None], alias: str, requests: int) -> tuple[float, float]:
    """Milliseconds a request: of processor time, here and in the database, and of time."""
    connections[alias].ensure_connection()
    pid = connections[alias].connection.info.backend_pid
    server, here, started = scheduled_seconds(pid), time.process_time(), time.perf_counter()
    work()
    passed = time.perf_counter() - started
    spent = time.process_time() - here + scheduled_seconds(pid) - server
    return spent / requests * 1000, passed / requests * 1000
