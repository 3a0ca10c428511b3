from django.urls import path

from . import views

app_name = "assessments"

COURSE = "<key:course_id>/assessments/"
ONE = f"{COURSE}<key:assessment_id>/"
ATTEMPT = f"{ONE}attempts/<key:attempt_id>/"

urlpatterns = [
    path(COURSE, views.course, name="course"),
    path(ONE, views.assessment, name="assessment"),
    path(f"{ONE}start/", views.start, name="start"),
    path(ATTEMPT, views.attempt, name="attempt"),
    path(f"{ATTEMPT}answers/<int:place>/", views.save, name="save"),
    path(f"{ATTEMPT}submit/", views.submit, name="submit"),
    path(f"{ATTEMPT}result/", views.result, name="result"),
    path(f"{ATTEMPT}pictures/<int:place>/<str:key>", views.picture, name="picture"),
    path(f"{ATTEMPT}files/<int:place>/<str:name>", views.file, name="file"),
]
