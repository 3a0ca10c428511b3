import pytest
from asgiref.sync import async_to_sync
from django.http import Http404, HttpResponse, JsonResponse
from django.test import AsyncRequestFactory, RequestFactory
from django.urls import path

from lms.common.errors import Conflict, DomainError, TooManyRequests, wants_json
from lms.common.middleware import RequestMiddleware

pytestmark = pytest.mark.urls(__name__)


def full(request):
    raise Conflict("The class is full.", details={"limit": 3}, reason="seat 4 of 3")


def hurried(request):
    raise TooManyRequests(retry_after=30)


def missing(request):
    raise Http404("secret path")


def broken(request):
    raise RuntimeError("secret password")


def fine(request):
    return JsonResponse({"id": request.id})


urlpatterns = [
    path("api/full", full),
    path("full", full),
    path("hurried", hurried),
    path("api/missing", missing),
    path("api/broken", broken),
    path("fine", fine),
]
handler404 = "lms.common.views.page_not_found"
handler500 = "lms.common.views.server_error"

BARE = [
    "lms.common.middleware.RequestMiddleware",
    "lms.common.middleware.ErrorMiddleware",
]


@pytest.fixture(autouse=True)
def only_our_middleware(settings):
    settings.MIDDLEWARE = BARE


def test_a_program_gets_the_error_shape(client):
    response = client.get("/api/full")
    error = response.json()["error"]
    assert response.status_code == 409
    assert error["code"] == "CONFLICT"
    assert error["message"] == "The class is full."
    assert error["details"] == {"limit": 3}
    assert error["timestamp"].endswith("Z")
    assert error["requestId"] == response["X-Request-ID"]


def test_the_reason_stays_in_the_log(client, caplog):
    with caplog.at_level("INFO"):
        response = client.get("/api/full")
    assert "seat 4 of 3" in caplog.text
    assert "seat 4 of 3" not in response.content.decode()


def test_too_many_requests_say_when_to_come_back(client):
    assert client.get("/hurried", headers={"accept": "application/json"})["Retry-After"] == "30"


@pytest.mark.parametrize(("url", "status"), [("/api/missing", 404), ("/api/broken", 500)])
def test_unforeseen_errors_have_the_shape_and_no_internals(client, url, status):
    client.raise_request_exception = False
    response = client.get(url)
    assert response.status_code == status
    assert response.json()["error"]["code"] in ("NOT_FOUND", "SERVER_ERROR")
    assert "secret" not in response.content.decode()


def test_a_proxys_request_id_is_kept(client):
    assert client.get("/fine", headers={"x-request-id": "abcd-1234"}).json()["id"] == "abcd-1234"


@pytest.mark.parametrize("given", ["short", "a" * 65, "<script>alert(1)</script>", "a\tb12345678"])
def test_a_request_id_that_looks_like_none_is_replaced(client, given):
    assert client.get("/fine", headers={"x-request-id": given}).json()["id"] != given


@pytest.mark.parametrize(
    ("accept", "json_wanted"),
    [
        ("text/html,application/xhtml+xml,*/*;q=0.8", False),
        ("*/*", False),
        ("application/json", True),
        ("application/json, text/html;q=0.5", True),
        ("image/png", False),
    ],
)
def test_the_accept_header_decides_for_a_page(accept, json_wanted):
    assert wants_json(RequestFactory().get("/x", headers={"accept": accept})) is json_wanted


def test_a_code_that_is_not_screaming_snake_is_refused():
    with pytest.raises(TypeError, match="SCREAMING_SNAKE"):
        type("Bad", (DomainError,), {"code": "notScreaming"})


def test_the_middleware_works_asynchronously():
    async def view(request):
        return HttpResponse(request.id)

    response = async_to_sync(RequestMiddleware(view))(AsyncRequestFactory().get("/"))
    assert response.content.decode() == response["X-Request-ID"]


def test_a_person_gets_a_page_that_says_why(client):
    response = client.get("/full", headers={"accept": "text/html"})
    assert response.status_code == 409
    assert "The class is full." in response.content.decode()


def test_an_error_is_never_cached(client):
    assert client.get("/full")["Cache-Control"] == "no-store"
