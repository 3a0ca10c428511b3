from django.urls import path

from . import desk_views as views

app_name = "reviews_desk"

urlpatterns = [
    path("reviews/", views.index, name="index"),
    path("reviews/approval/", views.approval, name="approval"),
    path("reviews/<key:review_id>/", views.review, name="review"),
    path("reviews/<key:review_id>/answer/", views.answer, name="answer"),
    path("reviews/<key:review_id>/show/", views.show, name="show"),
    path("reviews/<key:review_id>/hide/", views.hide, name="hide"),
    path("reviews/<key:review_id>/settle/", views.settle, name="settle"),
]
