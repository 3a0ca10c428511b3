from django.urls import path

from . import views

app_name = "wishlist"

urlpatterns = [
    path("learn/wishlist/", views.wishlist, name="list"),
    path("learn/wishlist/<key:course_id>/", views.wish, name="wish"),
]
