from django.urls import path

from . import views

app_name = "home"

urlpatterns = [
    path("instructors/<uuid:pk>/", views.instructor, name="instructor"),
    path("teach/", views.teach, name="teach"),
    path("teach/new/", views.open_school, name="open_school"),
    path("teach/schools/", views.schools, name="schools"),
    path("terms/", views.terms, name="terms"),
    path("privacy/", views.privacy, name="privacy"),
]
