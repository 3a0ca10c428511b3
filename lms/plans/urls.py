from django.urls import path

from . import views

app_name = "plans"

urlpatterns = [
    path("plans/next/", views.next_steps, name="next"),
    path("<key:course_id>/plans/", views.course, name="course"),
]
