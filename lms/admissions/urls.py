from django.urls import path

from . import views

app_name = "admissions"

urlpatterns = [
    path("join/", views.join, name="join"),
    path("join/<str:code>/", views.join_by, name="join_by"),
    path("learn/invitations/", views.index, name="index"),
    path("learn/invitations/waiting/", views.waiting, name="waiting"),
    path("learn/invitations/<key:invitation_id>/", views.own, name="own"),
    path("learn/invitations/<str:token>/", views.invitation, name="invitation"),
    path("learn/requests/<key:request_id>/withdraw/", views.withdraw, name="withdraw"),
    path("learn/<key:course_id>/ask/", views.ask, name="ask"),
    path("learn/<key:course_id>/waitlist/", views.waitlist, name="waitlist"),
]
