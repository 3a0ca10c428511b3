from django.urls import path

from . import views

app_name = "grades"

urlpatterns = [
    path("<key:course_id>/grades/", views.course, name="course"),
]
