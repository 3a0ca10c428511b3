from django.urls import path

from . import invitation_views

app_name = "tenants"

urlpatterns = [
    path("teach/invitations/<str:token>/", invitation_views.invitation, name="invitation"),
]
