from django.urls import path

from . import views

app_name = "search"

urlpatterns = [
    path("", views.catalogue, name="catalogue"),
    path("suggest/", views.suggest, name="suggest"),
]
