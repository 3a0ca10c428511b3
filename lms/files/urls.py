from django.urls import path

from . import upload_views

app_name = "files"

urlpatterns = [
    path("uploads/", upload_views.uploads, name="uploads"),
    path("uploads/<uuid:upload_id>/", upload_views.upload, name="upload"),
]
