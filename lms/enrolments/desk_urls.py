from django.urls import path

from . import desk_views as views

app_name = "groups"

COURSE = "<key:course_id>/groups/"

urlpatterns = [
    path(COURSE, views.course, name="course"),
    path(f"{COURSE}new/", views.new, name="new"),
    path(f"{COURSE}<key:group_id>/", views.group, name="group"),
    path(f"{COURSE}<key:group_id>/remove/", views.remove, name="remove"),
]
