from django.urls import path

from . import views

app_name = "privacy"

urlpatterns = [
    path("", views.DataView.as_view(), name="data"),
    path("erase/", views.EraseView.as_view(), name="erase"),
    path("erase/take-back/", views.take_back, name="take_back"),
    path("stay/<str:token>/", views.stay, name="stay"),
    path("<uuid:export_id>/", views.download, name="download"),
]
