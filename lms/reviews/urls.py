from django.urls import path

from . import views

app_name = "reviews"

COURSE = "<key:course_id>/reviews/"

urlpatterns = [
    path(COURSE, views.course, name="course"),
    path(f"{COURSE}mine/", views.write, name="write"),
    path(f"{COURSE}mine/remove/", views.remove, name="remove"),
    path(f"{COURSE}mine/decline/", views.decline, name="decline"),
    path(f"{COURSE}<key:review_id>/report/", views.report, name="report"),
]
