from django.urls import path

from . import desk_views, review_views, setting_views

app_name = "homework_desk"

COURSE = "<key:course_id>/homework/"
PIECE = f"{COURSE}<key:homework_id>/"
STUDENT = f"{PIECE}students/<uuid:enrolment_id>/"

urlpatterns = [
    path("homework/", desk_views.index, name="index"),
    path(COURSE, desk_views.course, name="course"),
    path(f"{COURSE}new/", setting_views.new, name="new"),
    path(PIECE, desk_views.homework, name="homework"),
    path(f"{PIECE}edit/", setting_views.edit, name="edit"),
    path(f"{PIECE}assign/", setting_views.move, {"step": "assign"}, name="assign"),
    path(f"{PIECE}withdraw/", setting_views.move, {"step": "withdraw"}, name="withdraw"),
    path(f"{PIECE}delete/", setting_views.delete, name="delete"),
    path(f"{PIECE}bulk/", desk_views.bulk, name="bulk"),
    path(f"{PIECE}phrases/", review_views.phrases, name="phrases"),
    path(STUDENT, review_views.student, name="student"),
    path(f"{STUDENT}override/", review_views.override, name="override"),
    path(f"{STUDENT}extend/", review_views.extend, name="extend"),
    path(f"{STUDENT}second/", review_views.second, name="second"),
    path(f"{STUDENT}<key:submission_id>/mark/", review_views.mark, name="mark"),
    path(
        f"{STUDENT}<key:submission_id>/spoken/<key:place>/<str:name>",
        review_views.spoken,
        name="spoken",
    ),
    path(f"{STUDENT}<key:submission_id>/remarks/", review_views.remark, name="remark"),
]
