from django.urls import path

from . import upload_views, views

app_name = "files"

urlpatterns = [
    path("uploads/", upload_views.uploads, name="uploads"),
    path("uploads/<uuid:upload_id>/", upload_views.upload, name="upload"),
    path("uploads/<uuid:upload_id>/parts/", upload_views.parts, name="parts"),
    path("uploads/<uuid:upload_id>/whole/", upload_views.whole, name="whole"),
    path("<uuid:upload_id>/<str:name>", views.download, name="download"),
    path("made/<str:key>/<str:name>", views.made, name="made"),
    path("made/<str:key>/progress/", views.progress, name="progress"),
    path("made/<str:key>/again/", views.again, name="again"),
]
