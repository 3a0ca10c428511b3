from django.urls import path

from . import views

app_name = "plans"

urlpatterns = [
    path("<key:course_id>/plans/", views.course, name="course"),
]
