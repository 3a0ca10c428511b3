from django.urls import path

from . import bank_views, desk_views, marking_views, question_views, results_views, transfer_views

app_name = "assessments_desk"

BANK = "questions/<uuid:provider_id>/"
QUESTION = f"{BANK}<key:question_id>/"
COURSE = "<key:course_id>/assessments/"
ONE = f"{COURSE}<key:assessment_id>/"
ATTEMPT = f"{ONE}attempts/<key:attempt_id>/"

urlpatterns = [
    path("questions/", bank_views.banks, name="banks"),
    path(BANK, bank_views.bank, name="bank"),
    path(f"{BANK}bulk/", bank_views.bulk, name="bank_bulk"),
    path(f"{BANK}import/", transfer_views.import_questions, name="bank_import"),
    path(f"{BANK}export/", transfer_views.export, name="bank_export"),
    path(f"{BANK}new/<str:kind>/", question_views.new, name="question_new"),
    path(QUESTION, question_views.question, name="question"),
    path(f"{QUESTION}copy/", question_views.copy, name="question_copy"),
    path(f"{QUESTION}versions/", bank_views.versions, name="question_versions"),
    path(f"{QUESTION}pictures/<str:key>", bank_views.picture, name="picture"),
    path(COURSE, desk_views.course, name="course"),
    path(f"{COURSE}new/", desk_views.new, name="new"),
    path(f"{ONE}edit/", desk_views.edit, name="edit"),
    path(f"{ONE}questions/", desk_views.places, name="places"),
    path(f"{ONE}preview/", desk_views.preview, name="preview"),
    path(f"{ONE}publish/", desk_views.move, {"step": "publish"}, name="publish"),
    path(f"{ONE}withdraw/", desk_views.move, {"step": "withdraw"}, name="withdraw"),
    path(f"{ONE}copy/", desk_views.copy, name="copy"),
    path(f"{ONE}terms/", desk_views.terms, name="terms"),
    path(ONE, results_views.results, name="assessment"),
    path(f"{ONE}results.csv", results_views.results_csv, name="results_csv"),
    path(f"{ONE}grade/", results_views.grade_all, name="grade_all"),
    path(f"{ONE}regrade/", results_views.regrade, name="regrade"),
    path(f"{ONE}analysis/", results_views.analysis, name="analysis"),
    path(f"{ONE}answers/", marking_views.questions, name="questions"),
    path(f"{ONE}answers/<key:question_id>/", marking_views.answers, name="answers"),
    path(ATTEMPT, marking_views.attempt, name="attempt"),
    path(f"{ATTEMPT}late/<int:place>/", marking_views.take_late, name="take_late"),
    path(f"{ATTEMPT}files/<int:place>/<str:name>", marking_views.file, name="file"),
]
