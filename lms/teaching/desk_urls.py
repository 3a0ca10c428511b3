from django.urls import path

from . import announcement_views as announcements
from . import desk_views as views
from . import roster_views as roster

app_name = "teaching"

COURSE = "<key:course_id>/"
ANNOUNCEMENTS = f"{COURSE}announcements/"
ANNOUNCEMENT = f"{ANNOUNCEMENTS}<key:announcement_id>/"
STUDENTS = f"{COURSE}students/"
STUDENT = f"{STUDENTS}<uuid:enrolment_id>/"

urlpatterns = [
    path("", views.index, name="index"),
    path(COURSE, views.course, name="course"),
    path(STUDENTS, roster.roster, name="roster"),
    path(f"{STUDENTS}csv/", roster.as_csv, name="roster_csv"),
    path(f"{STUDENTS}bulk/", roster.bulk, name="bulk"),
    path(f"{STUDENTS}watch/", roster.watch, name="watch"),
    path(ANNOUNCEMENTS, announcements.announcements, name="announcements"),
    path(f"{ANNOUNCEMENTS}new/", announcements.new, name="new_announcement"),
    path(ANNOUNCEMENT, announcements.announcement, name="announcement"),
    path(f"{ANNOUNCEMENT}withdraw/", announcements.withdraw, name="withdraw"),
    path(STUDENT, roster.student, name="student"),
    path(f"{STUDENT}notes/", roster.note, name="note"),
    path(f"{STUDENT}notes/<key:note_id>/remove/", roster.remove_note, name="remove_note"),
    path(f"{STUDENT}support/", roster.support_profile, name="support"),
    path(f"{STUDENT}snooze/", roster.snooze, name="snooze"),
    path(f"{STUDENT}snooze/end/", roster.end_snooze, name="end_snooze"),
]
