"""What students have of it."""

from django.urls import path

from . import announcement_views as announcements
from . import views

app_name = "my_teachers"

urlpatterns = [
    path("news/<key:announcement_id>/dismiss/", announcements.dismiss, name="dismiss"),
    path("support/", views.my_support, name="support"),
]
