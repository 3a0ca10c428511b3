from django.urls import path

from . import desk_views as views

app_name = "homework_desk"

COURSE = "<key:course_id>/homework/"
PIECE = f"{COURSE}<key:homework_id>/"
STUDENT = f"{PIECE}students/<uuid:enrolment_id>/"

urlpatterns = [
    path("homework/", views.index, name="index"),
    path(COURSE, views.course, name="course"),
    path(f"{COURSE}new/", views.new, name="new"),
    path(PIECE, views.homework, name="homework"),
    path(f"{PIECE}edit/", views.edit, name="edit"),
    path(f"{PIECE}assign/", views.move, {"step": "assign"}, name="assign"),
    path(f"{PIECE}withdraw/", views.move, {"step": "withdraw"}, name="withdraw"),
    path(f"{PIECE}bulk/", views.bulk, name="bulk"),
    path(f"{PIECE}phrases/", views.phrases, name="phrases"),
    path(STUDENT, views.student, name="student"),
    path(f"{STUDENT}override/", views.override, name="override"),
    path(f"{STUDENT}extend/", views.extend, name="extend"),
    path(f"{STUDENT}<key:submission_id>/mark/", views.mark, name="mark"),
    path(f"{STUDENT}<key:submission_id>/spoken/<str:name>", views.spoken, name="spoken"),
    path(f"{STUDENT}<key:submission_id>/remarks/", views.remark, name="remark"),
]
