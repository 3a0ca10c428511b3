"""M19: what holds on every route, known or unknown."""

import logging
import string
import uuid
from urllib.parse import quote

import pytest
from django.test import Client, override_settings
from django.urls import NoReverseMatch, reverse
from hypothesis import given
from hypothesis import strategies as st

from home.actions import open_provider, set_up_marketplace
from lms.events import SYSTEM
from lms.tenants.actions import add_member
from lms.tenants.models import Role
from tests.architecture.access import ACCESS, VISITOR
from tests.architecture.routes import routes
from tests.cast import forget_cached, fresh_rows, person

pytestmark = pytest.mark.django_db

ROUTES = sorted({route.name for route in routes() if route.name})
ARGUMENTS = {route.name: route.arguments for route in routes()}
VALUES = [0, 1, 2**40, uuid.UUID(int=0), "a", "page", "x" * 80, "../../etc/passwd", "é", "a\nb"]
HOSTS = ["localhost", "acme.localhost", "globex.localhost", "nobody.example", "LOCALHOST:80"]
METHODS = ["get", "post", "head", "put", "patch", "delete", "options"]
UNSAFE = {"post", "put", "patch", "delete"}
# Open to a POST without a token, and why is said where they are.
NO_TOKEN = {"set_language"}


@st.composite
def addresses(draw):
    """(route name or "", path)."""
    if draw(st.booleans()):
        text = draw(st.text(string.printable + "ابéß", max_size=40))
        return "", "/" + quote(text.lstrip("/"), safe="/")
    name = draw(st.sampled_from(ROUTES))
    kwargs = {argument: draw(st.sampled_from(VALUES)) for argument in ARGUMENTS[name]}
    try:
        return name, reverse(name, kwargs=kwargs)
    except NoReverseMatch:
        return "", "/" + name.replace(":", "/") + "/"


@pytest.fixture
def people(db, django_capture_on_commit_callbacks):
    """acme and globex, laid out; carol studies at acme, mallory manages globex."""
    with django_capture_on_commit_callbacks(execute=True):
        set_up_marketplace(title="Fledge")
        carol, mallory, ada = person("carol"), person("mallory"), person("ada")
        acme = open_provider(name="Acme", slug="acme", owner=ada, actor=SYSTEM)
        open_provider(name="Globex", slug="globex", owner=mallory, actor=SYSTEM)
        add_member(provider=acme, user=carol, role=Role.STUDENT, actor=SYSTEM)
    return {"carol": carol, "mallory": mallory}


@given(
    address=addresses(),
    host=st.sampled_from(HOSTS),
    method=st.sampled_from(METHODS),
    who=st.sampled_from([None, "carol", "mallory"]),
    accept=st.sampled_from(["text/html", "application/json", "*/*"]),
)
def test_m19_every_route_is_guarded_counted_logged_and_marked(
    people, address, host, method, who, accept
):
    name, path = address
    lines = Lines()
    with fresh_rows(), lines:
        forget_cached()
        client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        if who:
            client.force_login(people[who])
        asked = {"HTTP_HOST": host, "HTTP_ACCEPT": accept, "HTTP_X_REQUEST_ID": "made-by-the-test"}
        answer = getattr(client, method)(path, **asked)

        where = f"{method} {host}{path} as {who}: {answer.status_code}"
        assert answer.status_code < 500, where
        # Marked: by the proxy's id, with what keeps browsers from harm.
        assert answer["X-Request-ID"] == "made-by-the-test", where
        assert answer["X-Content-Type-Options"] == "nosniff", where
        assert answer["Referrer-Policy"] == "strict-origin-when-cross-origin", where
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin", where
        assert answer["X-Frame-Options"] == "SAMEORIGIN", where
        if answer.headers.get("Content-Type", "").startswith("text/html") and not path.startswith(
            ("/cms", "/django-admin")
        ):
            assert "object-src 'none'" in answer["Content-Security-Policy"], where
        # Guarded: nobody's host answers nothing, no deed without a token, nothing private to
        # visitors, nothing of somebody's kept by anybody.
        to_its_slash = answer.headers.get("Location", "").partition("?")[0] == f"{path}/"
        if host == "nobody.example":
            assert answer.status_code in (404, 403, 429) or to_its_slash, where
        if method in UNSAFE and name not in NO_TOKEN:
            assert answer.status_code >= 400 or to_its_slash, where
        if who is None and name in ACCESS and VISITOR not in ACCESS[name].who:
            assert not 200 <= answer.status_code < 300 or method == "options", where
        if who and 200 <= answer.status_code < 300:
            assert "public" not in answer.headers.get("Cache-Control", "") or not answer.cookies
        # Logged: one line, as one line, with who and whose.
        (line,) = lines.found
        assert (line.status, line.method) == (answer.status_code, method.upper()), where
        assert line.request_id == "made-by-the-test"
        assert "\n" not in line.getMessage() and "\r" not in line.getMessage()
        if host == "acme.localhost":
            assert line.provider == "acme", where
        # Counted: the next one is too many.
        with override_settings(FLEDGE_REQUESTS_PER_PERSON=0, FLEDGE_REQUESTS_PER_ADDRESS=0):
            refused = getattr(client, method)(path, **asked)
        if answer.status_code != 403 and not path.startswith(("/healthz", "/media/")):
            assert refused.status_code == 429, f"{where}, then {refused.status_code}"
            assert 0 < int(refused["Retry-After"]) <= 60
            assert refused["X-Request-ID"] == "made-by-the-test"
            if accept == "application/json" and method != "head":
                error = refused.json()["error"]
                assert error["code"] == "TOO_MANY_REQUESTS"
                assert error["requestId"] == "made-by-the-test"


class Lines(logging.Handler):
    """The log's lines about requests, while it is entered."""

    def __init__(self):
        super().__init__()
        self.found = []

    def emit(self, record):
        self.found.append(record)

    def __enter__(self):
        logging.getLogger("fledge.requests").addHandler(self)
        return self

    def __exit__(self, *_reason):
        logging.getLogger("fledge.requests").removeHandler(self)
