from django.urls import path

from . import views

app_name = "certificates"

urlpatterns = [
    path("certificates/", views.certificates, name="list"),
    path("certificates/of/<key:course_id>/", views.of_course, name="course"),
    path("certificates/<uuid:certificate_id>/", views.certificate, name="certificate"),
    path("certificates/<uuid:certificate_id>/pdf/", views.pdf, name="pdf"),
    path("verify/", views.verify, name="verify"),
    path("verify/<str:code>/", views.verification, name="verification"),
    path("verify-certificate/<str:number>/", views.legacy_verification, name="legacy_verification"),
]
