from django.urls import path

from . import desk_views as views

app_name = "reports_desk"

COURSE = "<key:course_id>/reports/"

urlpatterns = [
    path("reports/", views.index, name="index"),
    path("reports/stop/<str:key>/", views.stop, name="stop"),
    path(COURSE, views.course, name="course"),
    path(f"{COURSE}export/", views.ask, name="ask"),
    path(f"{COURSE}exports/<uuid:export_id>/", views.export, name="export"),
    path(f"{COURSE}exports/<uuid:export_id>/again/", views.again, name="again"),
    path(f"{COURSE}exports/<uuid:export_id>/<str:name>", views.file, name="file"),
    path(f"{COURSE}mail/", views.mailings, name="mailings"),
    path(f"{COURSE}mail/<key:mailing_id>/", views.move_mailing, name="mailing"),
]
