"""Asking as somebody, and looking for what should not be there."""

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.messages.storage.cookie import CookieStorage
from django.db import connection, transaction
from django.http import HttpResponseBase
from django.test import Client

CHANGING = ("INSERT", "UPDATE", "DELETE")
# What differs between two answers to the same question.
VOLATILE = re.compile(
    r"\b[a-z0-9]{64}\b"  # tokens against forgery
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|just now|\d+(\xa0|\\u00a0| )(second|minute)s? ago|a minute ago"
    r"|updated_at\": \"[^\"]+"  # of an upload that was undone
    r"|(ping/[a-z]+/[a-z]+/\d+|release)/\d+"  # a session of editing that was undone
    r"|_[a-z0-9]{7}(?=[._])"  # the end of a file's name
    r"|creation-date: [^\"\\]+"  # of a file for translators
    r"|key\\{0,2}&quot;: \\{0,2}&quot;[a-z0-9]{5}"  # of a paragraph in an editor
)


class Visitor:
    """Somebody at the admin on the marketplace's host, or on `host`."""

    def __init__(self, user: Any, host: str = "testserver") -> None:
        self.client = Client(raise_request_exception=False, headers={"host": host})
        self.client.force_login(user)
        self.session = self.client.cookies["sessionid"].value

    def get(self, url: str) -> "Answer":
        return self._ask("get", url)

    def post(self, url: str, data: Any = None) -> "Answer":
        return self._ask("post", url, data or {})

    def _ask(self, method: str, url: str, *data: Any) -> "Answer":
        """One question, whose effects are undone."""
        answer = Answer(method, url)
        self.client.cookies["sessionid"] = self.session  # one of the screens signs out
        with transaction.atomic(), connection.execute_wrapper(answer.watch):
            response = getattr(self.client, method)(url, *data)
            answer.read(response)
            transaction.set_rollback(True)
        return answer

    @contextmanager
    def posted(self, url: str, data: Any) -> Iterator["Answer"]:
        """A question whose effects are there to be looked at until the end."""
        answer = Answer("post", url)
        self.client.cookies["sessionid"] = self.session
        with transaction.atomic():
            with connection.execute_wrapper(answer.watch):
                answer.read(self.client.post(url, data))
            yield answer
            transaction.set_rollback(True)


class Answer:
    """`text` is all of the answer in lower case, whatever it was packed in."""

    def __init__(self, method: str, url: str) -> None:
        self.question = f"{method.upper()} {url}"
        self.status = 0
        self.text = ""
        self.wrote: list[str] = []

    def watch(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(CHANGING) and "django_session" not in sql:
            self.wrote.append(sql)
        return execute(sql, params, many, context)

    def read(self, response: HttpResponseBase) -> None:
        self.status = response.status_code
        body = b"".join(response) if response.streaming else response.content  # type: ignore
        if body.startswith(b"PK\x03\x04"):
            packed = zipfile.ZipFile(io.BytesIO(body))
            body = b"".join(packed.read(name) for name in packed.namelist())
        told = response.cookies["messages"].value if "messages" in response.cookies else ""
        messages = CookieStorage(None)._decode(told) or []  # type: ignore[arg-type]
        parts = [response.headers.get("Location", ""), *map(str, messages)]
        self.text = "\n".join([*parts, body.decode(errors="replace")]).lower()

    def names(self, word: str) -> str:
        """Where `word` stands, with what is around it; "" where it does not."""
        at = self.text.find(word)
        return (
            f"{self.question} ({self.status}): …{self.text[max(0, at - 90) : at + 60]}…"
            if (at >= 0)
            else ""
        )

    def settled(self) -> str:
        return VOLATILE.sub("", self.text)
