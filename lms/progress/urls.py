from django.urls import path

from . import views

app_name = "learn"

LESSON = "<key:course_id>/<key:lesson_id>/"

urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    path("history/", views.history, name="history"),
    path("<key:course_id>/", views.course, name="course"),
    path("<key:course_id>/trailer/<str:name>", views.trailer, name="trailer"),
    path(LESSON, views.lesson, name="lesson"),
    path(f"{LESSON}complete/", views.complete, name="complete"),
    path(f"{LESSON}uncomplete/", views.uncomplete, name="uncomplete"),
    path(f"{LESSON}report/", views.report, name="report"),
    path(f"{LESSON}files/<str:kind>/<key:file_id>/<str:name>", views.file, name="file"),
]
