from django.urls import path

from . import desk_views as views

app_name = "admissions_desk"

PEOPLE = "<key:course_id>/people/"
INVITATION = f"{PEOPLE}invitations/<key:invitation_id>/"

urlpatterns = [
    path("requests/", views.pending, name="pending"),
    path(f"{PEOPLE}add/", views.add, name="add"),
    path(f"{PEOPLE}invitations/", views.invitations, name="invitations"),
    path(f"{INVITATION}resend/", views.resend, name="resend"),
    path(f"{INVITATION}withdraw/", views.withdraw, name="withdraw"),
    path(f"{PEOPLE}lists/<key:list_id>/", views.invitation_list, name="list"),
    path(f"{PEOPLE}requests/", views.requests, name="requests"),
    path(f"{PEOPLE}waitlist/", views.waitlist, name="waitlist"),
    path(f"{PEOPLE}links/", views.links, name="links"),
    path(f"{PEOPLE}links/<key:link_id>/revoke/", views.revoke, name="revoke"),
]
