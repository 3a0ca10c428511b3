from django.urls import path
from django.views.generic import RedirectView

from lms.accounts import views

app_name = "accounts"

urlpatterns = [
    path("", views.to_profile, name="home"),
    path("profile/", views.ProfileView.as_view(), name="profile"),
    path("consents/", views.ConsentsView.as_view(), name="consents"),
    path("consents/asked/", views.DocumentsAskedView.as_view(), name="documents_asked"),
    path("documents/<slug:document>/", views.document, name="document"),
    path("documents/<slug:document>/<int:number>/", views.document, name="document_version"),
    path("security/", views.SecurityView.as_view(), name="security"),
    # allauth's overview of second factors comes after every change to one: ours shows them all.
    path("2fa/", RedirectView.as_view(pattern_name="accounts:security")),
    path("welcome/<str:token>/", views.welcome, name="welcome"),
    path("staff/", views.staff_sign_in, name="staff_sign_in"),
]
