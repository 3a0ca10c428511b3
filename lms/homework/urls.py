from django.urls import path

from . import views

app_name = "homework"

COURSE = "<key:course_id>/homework/"
PIECE = f"{COURSE}<key:homework_id>/"

urlpatterns = [
    path(COURSE, views.course, name="course"),
    path(PIECE, views.homework, name="homework"),
    path(f"{PIECE}submit/", views.submit, name="submit"),
    path(f"{PIECE}unmark/", views.unmark, name="unmark"),
    path(f"{PIECE}draft/", views.draft, name="draft"),
    path(f"{PIECE}attachments/<key:attachment_id>/<str:name>", views.attachment, name="attachment"),
    path(
        f"{PIECE}submissions/<key:submission_id>/<str:name>",
        views.submission_file,
        name="submission_file",
    ),
    path(
        f"{PIECE}feedback/<key:feedback_id>/<str:name>",
        views.feedback_file,
        name="feedback_file",
    ),
]
