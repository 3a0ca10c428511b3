from django.urls import path

from . import views

app_name = "planner"

urlpatterns = [
    path("learn/todo/", views.todo, name="todo"),
    path("learn/todo/add/", views.add, name="add"),
    path("learn/todo/<key:note_id>/tick/", views.tick, name="tick"),
    path("learn/todo/<key:note_id>/untick/", views.untick, name="untick"),
    path("learn/todo/<key:note_id>/remove/", views.remove, name="remove"),
    path("learn/calendar/", views.calendar, name="calendar"),
    path("learn/calendar/feed/", views.change_feed, name="change_feed"),
    path("learn/calendar/<str:key>.ics", views.entry_file, name="entry_file"),
    path("learn/first-steps/hide/", views.hide_steps, name="hide_steps"),
    # By itself: on a portal's host too it is read without signing in (lms.tenants.portal.DOORS).
    path("calendars/<str:token>.ics", views.feed, name="feed"),
]
