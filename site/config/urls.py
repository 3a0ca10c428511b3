"""Every address of the site, most specific first; what is left over is Wagtail's page tree."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import RedirectView
from django.views.i18n import JavaScriptCatalog, set_language
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.admin.auth import require_admin_access
from wagtail.documents import urls as wagtaildocs_urls

from config import views
from home import doors
from lms.accounts import views as accounts
from lms.files import views as files

urlpatterns = [
    path("healthz", views.health, name="health"),
    path("internal/tls-check", views.tls_check, name="tls_check"),
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", views.sitemap, name="sitemap"),
    path("sitemap-<slug:section>.xml", views.sitemap_part, name="sitemap_part"),
    path("brand.css", views.brand_css, name="brand_css"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("brand/icon", views.brand_picture, {"name": "icon"}, name="brand_icon"),
    path("brand/logo", views.brand_picture, {"name": "logo"}, name="brand_logo"),
    path("favicon.ico", views.brand_picture, {"name": "icon"}, name="favicon"),
    # Visitors' pages are cached and carry no token; the worst a forgery does is change a language.
    path("language/", csrf_exempt(set_language), name="set_language"),
    path("jsi18n/", JavaScriptCatalog.as_view(), name="javascript-catalog"),
    path("account/", include("lms.accounts.urls")),
    path("account/data/", include("lms.privacy.urls")),
    path("account/", include("allauth.urls")),
    path("courses/", include("search.urls")),
    path("", include("lms.admissions.urls")),
    path("desk/", include("lms.admissions.desk_urls")),
    path("learn/", include("lms.homework.urls")),
    path("learn/", include("lms.assessments.urls")),
    path("learn/", include("lms.grades.urls")),
    path("desk/", include("lms.homework.desk_urls")),
    path("desk/", include("lms.assessments.desk_urls")),
    path("learn/", include("lms.reviews.urls")),
    path("desk/", include("lms.reviews.desk_urls")),
    path("learn/", include("lms.plans.urls")),
    path("desk/", include("lms.plans.desk_urls")),
    path("desk/", include("lms.enrolments.desk_urls")),
    path("desk/", include("lms.grades.desk_urls")),
    path("desk/", include("lms.teaching.desk_urls")),
    path("learn/", include("lms.teaching.urls")),
    path("", include("lms.planner.urls")),
    path("", include("lms.wishlist.urls")),
    path("desk/", include("lms.reports.desk_urls")),
    path("learn/", include("lms.progress.urls")),
    path("files/", include("lms.files.urls")),
    path("", include("lms.enrolments.urls")),
    path("", include("lms.payments.urls")),
    path("desk/", include("lms.payments.desk_urls")),
    path("", include("lms.certificates.urls")),
    path("", include("lms.tenants.urls")),
    path("", include("home.urls")),
    path("api/cms/v2/", include("lms.api.urls")),
    path("documents/", include(wagtaildocs_urls)),
    # Other apps' own sign-in pages know no second factor and no limits: one door for all.
    path("cms/login/", accounts.staff_sign_in),
    path("_util/login/", RedirectView.as_view(pattern_name="account_login", query_string=True)),
    path("django-admin/login/", accounts.staff_sign_in),
    path("cms/account/", require_admin_access(accounts.AuthorPreferencesView.as_view())),
    path("cms/tag-autocomplete/", require_admin_access(files.tag_names)),
    path("cms/", include(doors.guarded(wagtailadmin_urls))),
    path("django-admin/", admin.site.urls),
]

if settings.FLEDGE_DEVELOPMENT_PAGES:
    from config import development

    urlpatterns += development.urlpatterns

# Public uploads (pictures' renditions) of the embedded set-up; production serves them from S3.
if settings.MEDIA_URL.startswith("/"):
    urlpatterns += [
        path(f"{settings.MEDIA_URL.strip('/')}/<path:path>", views.media, name="media"),
    ]

urlpatterns += [path("", include(wagtail_urls))]

handler400 = "lms.common.views.bad_request"
handler403 = "lms.common.views.permission_denied"
handler404 = "lms.common.views.page_not_found"
handler500 = "lms.common.views.server_error"
handler429 = "lms.accounts.views.too_many_requests"
