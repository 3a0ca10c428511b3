from django.urls import path

from . import views

app_name = "enrolments"

urlpatterns = [
    path("enrol/<key:course_id>/", views.dispatch_enrol, name="enrol"),
    path("enrol/<key:course_id>/leave/", views.leave, name="leave"),
    path("enrol/<key:course_id>/undo/", views.undo, name="undo"),
    path("enrol/<key:course_id>/why/", views.say_why, name="say_why"),
]
