"""What people do on the account pages, for several tests."""

import re
from typing import Any

from django.core.mail import EmailMessage
from django.http import HttpResponse
from django.test import Client

PASSWORD = "gentle river stone 5"


def register(client: Client, email: str = "amina@example.org", **fields: Any) -> HttpResponse:
    """Send the registration form."""
    fields = {
        "name": "Amina Warsame",
        "email": email,
        "password1": PASSWORD,
        "time_zone": "Africa/Nairobi",
        **fields,
    }
    return client.post("/account/signup/", fields)


def sign_in(client: Client, email: str, password: str = PASSWORD, **fields: Any) -> HttpResponse:
    """Send the sign-in form."""
    return client.post("/account/login/", {"login": email, "password": password, **fields})


def code_in(message: EmailMessage) -> str:
    """The code a message carries, as printed."""
    return re.search(r"\b[A-Z]{4}-[A-Z]{4}\b", message.body).group()


def link_in(message: EmailMessage) -> str:
    """The first link on our pages in a message."""
    return re.search(r"http://testserver(/account/\S+)", message.body).group(1)


def confirm(client: Client, message: EmailMessage) -> HttpResponse:
    """Enter the code of a message."""
    return client.post("/account/confirm-email/", {"code": code_in(message)})


def is_signed_in(client: Client) -> bool:
    return client.get("/account/profile/").status_code == 200


def visible(response: HttpResponse) -> str:
    """A page without what differs on every request: tokens."""
    page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())
    return re.sub(r'"X-CSRFToken": "\w+"', "", page)
