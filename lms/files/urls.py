from django.urls import path

from . import upload_views, views

app_name = "files"

urlpatterns = [
    path("uploads/", upload_views.uploads, name="uploads"),
    path("uploads/<uuid:upload_id>/", upload_views.upload, name="upload"),
    path("<uuid:upload_id>/<str:name>", views.download, name="download"),
    path("signed/<str:key>/<str:name>", views.signed, name="signed"),
]
