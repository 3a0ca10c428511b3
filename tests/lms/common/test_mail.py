import pytest
from django.template import engines
from django.template.loader import get_template

from lms.common import mail

NOTICE = """{% extends layout %}{% load i18n %}
{% block subject %}News of {{ who }}{% endblock %}
{% block heading %}Hello{% endblock %}
{% block body %}First of {{ who }}.

Second.{% endblock %}
{% block action_label %}Look{% endblock %}{% block action_url %}{{ url }}{% endblock %}"""


@pytest.fixture
def notice(settings, tmp_path):
    (tmp_path / "notice.txt").write_text(NOTICE)
    templates = [dict(settings.TEMPLATES[0])]
    templates[0]["DIRS"] = [*templates[0]["DIRS"], tmp_path]
    settings.TEMPLATES = templates


def compose(**context):
    values = {"who": "Tom & <b>Jo</b>", "url": "http://x.example/?a=1&b=2", **context}
    return mail.compose("notice.txt", values, to="carol@example.org")


def test_a_message_has_text_and_html(notice):
    message = compose()

    assert "First of" in message.body
    assert [kind for _content, kind in message.alternatives] == ["text/html"]


def test_text_is_not_escaped_and_html_is(notice):
    message = compose()

    assert "Tom & <b>Jo</b>" in message.body
    assert "http://x.example/?a=1&b=2" in message.body
    assert "Tom &amp; &lt;b&gt;Jo&lt;/b&gt;" in message.alternatives[0][0]


def test_a_line_break_in_a_value_adds_no_header(notice):
    message = compose(who="Jo\r\nBcc: everybody@example.org")

    assert message.subject == "News of Jo Bcc: everybody@example.org"
    assert "Bcc" not in dict(message.message().items())


def test_text_has_one_empty_line_between_paragraphs(notice):
    assert "\n\n\n" not in compose().body


def test_html_keeps_paragraphs(notice):
    assert "<p>Second.</p>" in compose().alternatives[0][0]


def test_a_message_comes_in_the_readers_language(notice):
    message = mail.compose("notice.txt", {"who": "Jo"}, to="x@example.org", language="ar")

    assert 'lang="ar" dir="rtl"' in message.alternatives[0][0]


def test_a_provider_may_speak_instead_of_the_platform(notice):
    message = compose(sender_name="Acme", sender_url="https://acme.example")

    assert message.body.endswith("Acme\nhttps://acme.example\n")


def test_the_layouts_exist():
    assert engines["django"]
    assert get_template("emails/base.html")
