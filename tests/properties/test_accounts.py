"""P96 and M6: registering, and choosing a new password, through the pages people use."""

import itertools
import string
from datetime import datetime, timedelta
from unittest.mock import patch

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import mail
from django.test import Client
from hypothesis import example, given
from hypothesis import strategies as st

from lms.accounts import actions, time_zones
from lms.accounts.models import User
from tests.cast import forget_cached, fresh_rows
from tests.lms.accounts.steps import (
    PASSWORD,
    confirm,
    is_signed_in,
    link_in,
    register,
    sign_in,
    visible,
)

pytestmark = pytest.mark.django_db

words = st.text(string.ascii_lowercase, min_size=1, max_size=12)
emails = st.builds("{}.{}@{}.example".format, words, words, words)
# Anything a person may be called: any script, but no controls and not only blanks.
names = st.text(
    st.characters(exclude_categories=("C", "Z")) | st.just(" "), min_size=1, max_size=150
).filter(str.strip)
# Long and unguessable in its middle, anything at its ends.
passwords = st.builds(
    "{}quiet-harbour-42{}".format,
    st.text(st.characters(exclude_categories=("C",)), max_size=30),
    st.text(st.characters(exclude_categories=("C",)), max_size=30),
)
zones = st.sampled_from(time_zones.names()) | st.text(max_size=40)
mixed_case = st.lists(st.booleans(), min_size=40, max_size=40)


def recased(text: str, upper: list[bool]) -> str:
    return "".join(
        letter.upper() if up else letter
        for letter, up in zip(text, itertools.cycle(upper), strict=False)
    )


@given(email=emails, name=names, password=passwords, zone=zones, upper=mixed_case)
@example(email="a@b.example", name="A", password="quiet-harbour-42", zone="\x00", upper=[False])
@example(
    email="a@b.example", name="عائشة ورسمه", password="🔑 quiet-harbour-42 ", zone="", upper=[True]
)
def test_p096_registering_creates_a_profile_with_email_name_and_usable_password(
    email, name, password, zone, upper
):
    forget_cached()
    mail.outbox.clear()
    with fresh_rows():
        browser = Client()
        register(browser, recased(email, upper), name=name, password1=password, time_zone=zone)

        user = User.objects.get()
        assert user.email == email
        assert user.name == " ".join(name.split())
        assert user.has_usable_password()
        assert time_zones.is_known(user.time_zone)
        assert confirm(browser, mail.outbox[-1]).status_code == 302
        assert EmailAddress.objects.get(user=user, verified=True).email == email
        elsewhere = Client()
        sign_in(elsewhere, recased(email, upper[::-1]), password)
        assert is_signed_in(elsewhere)


@given(known=emails, unknown=emails, password=passwords, devices=st.integers(1, 3))
def test_m06_a_reset_answers_alike_works_once_expires_and_ends_old_sessions(
    known, unknown, password, devices
):
    if known == unknown:
        return
    forget_cached()
    mail.outbox.clear()
    with fresh_rows():
        user = actions.create_person(known, "Carol", PASSWORD, actor=None, verified=True)
        signed_in = [Client() for _device in range(devices)]
        for device in signed_in:
            sign_in(device, known)
        answers = [
            Client().post("/account/password/reset/", {"email": email}, follow=True)
            for email in (known, unknown)
        ]
        assert visible(answers[0]) == visible(answers[1])
        assert answers[0].redirect_chain == answers[1].redirect_chain

        link = link_in(mail.outbox[0])
        browser = Client()
        form = browser.get(link, follow=True).request["PATH_INFO"]
        browser.post(form, {"password1": password, "password2": password})

        user.refresh_from_db()
        assert user.check_password(password)
        assert not any(is_signed_in(device) for device in signed_in)
        assert "no longer works" in visible(Client().get(link, follow=True))

        mail.outbox.clear()
        Client().post("/account/password/reset/", {"email": known})
        unused = link_in(mail.outbox[0])
        for hours, works in ((1, True), (24, False)):
            then = datetime.now() + timedelta(hours=hours)
            with patch.object(PasswordResetTokenGenerator, "_now", return_value=then):
                answer = visible(Client().get(unused, follow=True))
            assert ("no longer works" not in answer) is works
