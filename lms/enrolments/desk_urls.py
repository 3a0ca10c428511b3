from django.urls import path

from . import desk_views as views

app_name = "groups"

ACCESS = "<key:course_id>/access/"
SEAT = f"{ACCESS}<uuid:enrolment_id>/"
COURSE = "<key:course_id>/groups/"

urlpatterns = [
    path(ACCESS, views.access, name="access"),
    path(f"{SEAT}extend/", views.extend, name="extend"),
    path(f"{SEAT}remove/", views.remove_student, name="remove_student"),
    path(f"{SEAT}restore/", views.restore_student, name="restore_student"),
    path(COURSE, views.course, name="course"),
    path(f"{COURSE}new/", views.new, name="new"),
    path(f"{COURSE}<key:group_id>/", views.group, name="group"),
    path(f"{COURSE}<key:group_id>/remove/", views.remove, name="remove"),
]
