"""`manage.py bench_catalogue N`: N published courses with three lessons each, on PostgreSQL.

One course is made as authors make it; the others are its rows, copied by the database with other
words. Words are drawn as in natural text: the k-th most common about once in k.
"""

import json

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection

from home.actions import open_provider, set_up_marketplace
from lms.accounts.models import User
from lms.courses.actions import refresh_listing
from lms.courses.models import Category, CourseListing, CoursePage, LessonPage
from lms.events import SYSTEM
from lms.tenants.management.installation import whole_installation

VOCABULARY = 5000
SUBJECTS = 12

# The k-th word, and a text of n words with ranks spread logarithmically.
FUNCTIONS = """
CREATE OR REPLACE FUNCTION bench_word(k int) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT translate(substr(md5(k::text), 1, 7), '0123456789', 'ghijklmnop') $$;
CREATE OR REPLACE FUNCTION bench_text(n int) RETURNS text LANGUAGE sql VOLATILE AS
$$ SELECT string_agg(bench_word(floor(exp(random() * ln(5000)))::int), ' ')
   FROM generate_series(1, n) $$;
CREATE OR REPLACE FUNCTION bench_step(n int) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT string_agg(substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', (n / p) % 36 + 1, 1), '')
   FROM unnest(ARRAY[46656, 1296, 36, 1]) AS p $$;
"""


class Command(BaseCommand):
    help = "Fill an empty PostgreSQL database with a catalogue of N courses."

    def add_arguments(self, parser):
        parser.add_argument("courses", type=int)

    def handle(self, *args, courses: int, **options):
        with whole_installation("default", "the database itself makes a bench's rows"):
            self._fill(courses)

    def _fill(self, courses: int) -> None:
        set_up_marketplace()
        course, lessons = self._template()
        with connection.cursor() as cursor:
            cursor.execute("SELECT setseed(0.5)")
            cursor.execute(FUNCTIONS)
            self._copy(cursor, course, lessons, courses - 1)
            for table in ("wagtailcore_page", "courses_coursepage", "courses_lessonpage",
                          "courses_courselisting", "courses_listingcategory"):  # fmt: skip
                cursor.execute(f"ANALYZE {table}")
            words = {}
            for name, rank in (("rare", 3000), ("middling", 300), ("common", 10)):
                cursor.execute("SELECT bench_word(%s)", [rank])
                words[name] = cursor.fetchone()[0]
        connection.commit()
        folder = settings.DATA_DIR / "bench"
        folder.mkdir(parents=True, exist_ok=True)
        middle = CourseListing.objects.order_by("pk")[courses // 2]
        (folder / "catalogue.json").write_text(json.dumps({"course": middle.path, **words}))

    def _template(self) -> tuple[CoursePage, list[LessonPage]]:
        owner = User.objects.create_user("bench@example.com", name="Bench Owner")
        provider = open_provider(name="Bench", slug="benches", owner=owner, actor=SYSTEM)
        subjects = [
            Category.objects.create(name=f"Subject {n}", slug=f"subject-{n}")
            for n in range(SUBJECTS)
        ]
        course = CoursePage(title="Template", slug="c0", summary="s", description="<p>d</p>")
        provider.page.add_child(instance=course)
        course.categories = subjects[:1]
        course.instructors = [owner]
        course.save_revision().publish()
        lessons = []
        for n in range(3):
            lesson = course.add_child(instance=LessonPage(title=f"Lesson {n}", slug=f"l{n}"))
            lesson.save_revision().publish()
            lessons.append(lesson)
        refresh_listing(CoursePage.objects.get(pk=course.pk))
        return course, lessons

    def _copy(self, cursor, course: CoursePage, lessons: list[LessonPage], copies: int) -> None:
        base = 1_000_000
        parent = course.path[:-4]
        first = int(course.path[-4:], 36)

        def insert(table: str, key: str, source: int, changes: dict[str, str]) -> None:
            cursor.execute(
                "SELECT column_name FROM information_schema.columns"
                " WHERE table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position",
                [table],
            )
            columns = [row[0] for row in cursor.fetchall()]
            values = ", ".join(changes.get(name, f't."{name}"') for name in columns)
            names = ", ".join(f'"{name}"' for name in columns)
            cursor.execute(
                f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} t,"
                f' generate_series(1, {copies}) AS n WHERE t."{key}" = {source}'
            )

        page = {
            "translation_key": "gen_random_uuid()", "latest_revision_id": "NULL",
            "live_revision_id": "NULL",
        }  # fmt: skip
        path = f"'{parent}' || bench_step({first} + n)"
        url = "regexp_replace(t.url_path, '/c0/', '/c' || n || '/')"
        insert("wagtailcore_page", "id", course.pk, {
            **page, "id": f"{base} + n", "path": path, "slug": "'c' || n", "url_path": url,
            "title": "bench_text(4) || ' ' || n", "draft_title": "'d'",
        })  # fmt: skip
        insert("courses_coursepage", "page_ptr_id", course.pk, {
            "page_ptr_id": f"{base} + n", "summary": "bench_text(15)",
            "description": "'<p>' || bench_text(80) || '</p>'",
        })  # fmt: skip
        for number, lesson in enumerate(lessons, start=1):
            key = f"{base} + {number} * 1000000 + n"
            insert("wagtailcore_page", "id", lesson.pk, {
                **page, "id": key, "path": f"{path} || '{lesson.path[-4:]}'", "url_path": url,
            })  # fmt: skip
            insert("courses_lessonpage", "page_ptr_id", lesson.pk, {"page_ptr_id": key})
        insert("courses_courselisting", "course_id", course.pk, {
            "course_id": f"{base} + n", "path": "regexp_replace(t.path, '/c0/', '/c' || n || '/')",
            "title": f"(SELECT title FROM wagtailcore_page WHERE id = {base} + n)",
            "summary": f"(SELECT summary FROM courses_coursepage WHERE page_ptr_id = {base} + n)",
            "description":
                f"(SELECT description FROM courses_coursepage WHERE page_ptr_id = {base} + n)",
            "learners": "floor(exp(random() * ln(10000)))::int",
            "published_at": "now() - random() * interval '900 days'",
            "price_minor": "(floor(random() * 3) * 1900)::int",
            "level":
                "(ARRAY['beginner','intermediate','advanced','all'])[1 + floor(random() * 4)]",
        })  # fmt: skip
        cursor.execute(
            "INSERT INTO courses_listingcategory (listing_id, category_id, learners, published_at)"
            " SELECT course_id, (SELECT min(id) FROM courses_category) + floor(random() * %s),"
            " learners, published_at FROM courses_courselisting WHERE course_id > %s",
            [SUBJECTS, base],
        )
        owner = course.instructors.first().pk
        cursor.execute(
            "INSERT INTO courses_courselisting_instructors (courselisting_id, user_id)"
            " SELECT course_id, %s FROM courses_courselisting WHERE course_id > %s",
            [owner, base],
        )
        cursor.execute(
            "INSERT INTO courses_coursepage_instructors (coursepage_id, user_id)"
            " SELECT course_id, %s FROM courses_courselisting WHERE course_id > %s",
            [owner, base],
        )
        cursor.execute(
            "INSERT INTO courses_coursepage_categories (coursepage_id, category_id)"
            " SELECT listing_id, category_id FROM courses_listingcategory WHERE listing_id > %s",
            [base],
        )
