from wagtail.api.v2.router import WagtailAPIRouter

from .views import DocumentsAPI, ImagesAPI, PagesAPI, PreviewAPI, ReviewsAPI

# Wagtail finds the endpoint of a model by this name: an inner colon is part of each address' name.
router = WagtailAPIRouter("content_api")
router.register_endpoint("pages", PagesAPI)
router.register_endpoint("images", ImagesAPI)
router.register_endpoint("documents", DocumentsAPI)
router.register_endpoint("reviews", ReviewsAPI)
router.register_endpoint("page_preview", PreviewAPI)

urlpatterns = router.get_urlpatterns()
app_name = "content_api"
