from django.urls import path

from . import desk_views as views

app_name = "grades_desk"

BOOK = "<key:course_id>/grades/"

urlpatterns = [
    path(BOOK, views.book, name="book"),
    path(f"{BOOK}students/<uuid:enrolment_id>/", views.student, name="student"),
    path(f"{BOOK}items/<key:item_id>/", views.column, name="column"),
    path(f"{BOOK}setup/", views.setup, name="setup"),
    path(f"{BOOK}setup/letters/", views.letters, name="letters"),
    path(f"{BOOK}setup/items/<key:item_id>/drop/", views.drop_column, name="drop_column"),
    path(f"{BOOK}csv/", views.as_csv, name="csv"),
    path(f"{BOOK}xlsx/", views.as_xlsx, name="xlsx"),
    path(f"{BOOK}import/", views.read_file, name="import"),
    path(f"{BOOK}import/commit/", views.commit_file, name="commit"),
]
