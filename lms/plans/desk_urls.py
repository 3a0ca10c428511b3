from django.urls import path

from . import desk_views as views

app_name = "plans_desk"

COURSE = "<key:course_id>/plans/"
PLAN = f"{COURSE}<key:plan_id>/"

urlpatterns = [
    path("plans/", views.index, name="index"),
    path(COURSE, views.course, name="course"),
    path(PLAN, views.plan, name="plan"),
    path(f"{PLAN}assign/", views.assign, name="assign"),
    path(f"{PLAN}students/", views.students, name="students"),
    path(f"{PLAN}preview/", views.preview, name="preview"),
    path(f"{PLAN}students/<uuid:enrolment_id>/", views.preview, name="student"),
    path(f"{PLAN}copy/", views.copy, name="copy"),
    path(f"{PLAN}remove/", views.remove, name="remove"),
]
