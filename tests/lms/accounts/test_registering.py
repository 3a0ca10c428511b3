import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.test import Client

from lms.accounts import forms
from lms.accounts.models import User
from tests.lms.accounts.steps import (
    PASSWORD,
    code_in,
    confirm,
    is_signed_in,
    register,
    sign_in,
    visible,
)

pytestmark = pytest.mark.django_db


def test_registering_makes_a_profile_with_name_time_zone_and_language(client):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "ar"

    register(client)

    user = User.objects.get(email="amina@example.org")
    assert (user.name, user.time_zone, user.language) == ("Amina Warsame", "Africa/Nairobi", "ar")


def test_the_code_from_the_mail_confirms_the_address_and_signs_in(client, mailoutbox):
    register(client)

    confirm(client, mailoutbox[-1])

    assert EmailAddress.objects.get(email="amina@example.org").verified
    assert is_signed_in(client)


def test_the_code_may_be_typed_in_small_letters_without_dash(client, mailoutbox):
    register(client)

    client.post(
        "/account/confirm-email/", {"code": code_in(mailoutbox[-1]).lower().replace("-", "")}
    )

    assert is_signed_in(client)


def test_nobody_is_signed_in_before_the_code(client):
    register(client)

    assert not is_signed_in(client)


def test_the_page_people_wanted_comes_after_the_code(client, mailoutbox):
    register(client, next="/account/security/")

    assert confirm(client, mailoutbox[-1]).url == "/account/security/"


def test_three_wrong_codes_end_the_attempt(client, mailoutbox):
    register(client)
    for _attempt in range(3):
        client.post("/account/confirm-email/", {"code": "BBBB-BBBB"})

    confirm(client, mailoutbox[-1])

    assert not is_signed_in(client)


def test_a_code_older_than_fifteen_minutes_is_refused(client, mailoutbox):
    register(client)
    session = client.session
    session["account_email_verification_code"]["at"] -= 15 * 60 + 1
    session.save()

    confirm(client, mailoutbox[-1])

    assert not is_signed_in(client)


def test_signing_in_before_confirming_sends_a_new_code(client, mailoutbox):
    register(client)
    later = Client()

    answer = sign_in(later, "amina@example.org")

    assert answer.url.startswith("/account/confirm-email/")
    confirm(later, mailoutbox[-1])
    assert is_signed_in(later)


def test_a_new_code_replaces_the_old_one(client, mailoutbox):
    register(client)
    client.post("/account/confirm-email/", {"action": "resend"})
    first, second = mailoutbox

    client.post("/account/confirm-email/", {"code": code_in(first)})
    assert not is_signed_in(client)
    confirm(client, second)
    assert is_signed_in(client)


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "x" * 500])
def test_a_time_zone_nobody_knows_becomes_utc(client, zone):
    register(client, time_zone=zone)

    assert User.objects.get(email="amina@example.org").time_zone == "UTC"


@pytest.mark.parametrize(
    "password", ["12345678", "password", "short 1", "amina@example.org", "Amina Warsame"]
)
def test_a_weak_password_is_refused_with_a_reason(client, password):
    answer = register(client, password1=password)

    assert answer.context["form"].errors["password1"]
    assert not User.objects.exists()


def test_a_name_is_needed(client):
    assert "name" in register(client, name="  ").context["form"].errors


def test_two_spellings_of_one_address_are_one_account(client):
    register(client, "Amina@Example.ORG")
    register(Client(), "amina@example.org")

    assert User.objects.count() == 1


def test_registering_a_known_address_looks_like_any_other(carol, mailoutbox):
    known, unknown = Client(), Client()
    answers = [register(known, "carol@example.org"), register(unknown, "zorro@example.org")]
    pages = [known.get("/account/confirm-email/"), unknown.get("/account/confirm-email/")]

    assert {answer.status_code for answer in answers} == {302}
    assert answers[0].url == answers[1].url
    assert visible(pages[0]).replace("carol@", "zorro@") == visible(pages[1])
    assert set(answers[0].cookies) == set(answers[1].cookies)


def test_asking_for_another_code_looks_the_same_for_a_known_address(carol):
    known, unknown = Client(), Client()
    register(known, "carol@example.org")
    register(unknown, "zorro@example.org")
    answers = [
        browser.post("/account/confirm-email/", {"action": "resend"}, follow=True)
        for browser in (known, unknown)
    ]

    assert visible(answers[0]).replace("carol@", "zorro@") == visible(answers[1])


def test_a_wrong_code_looks_the_same_for_a_known_address(carol):
    known, unknown = Client(), Client()
    register(known, "carol@example.org")
    register(unknown, "zorro@example.org")
    answers = [
        browser.post("/account/confirm-email/", {"code": "BBBB-BBBB"})
        for browser in (known, unknown)
    ]

    assert visible(answers[0]).replace("carol@", "zorro@") == visible(answers[1])


def test_registering_a_known_address_tells_its_owner_and_changes_nothing(carol, client, mailoutbox):
    before = carol.password
    register(client, "carol@example.org", password1="something else 7")

    assert mailoutbox[-1].to == ["carol@example.org"]
    assert "/account/password/reset/" in mailoutbox[-1].body
    carol.refresh_from_db()
    assert carol.password == before


def test_registering_hashes_a_password_whether_or_not_the_address_is_known(
    carol, client, monkeypatch
):
    hashed = []
    monkeypatch.setattr(forms, "make_password", hashed.append)

    register(client, "carol@example.org")

    assert hashed == [PASSWORD]


def test_registering_too_often_is_answered_429_with_the_time_to_wait(client):
    for number in range(20):
        register(Client(), f"p{number}@example.org", password1="x")

    answer = register(client)

    assert answer.status_code == 429
    assert int(answer["Retry-After"]) == 60


def test_no_name_somebody_typed_goes_into_mail_to_an_unconfirmed_address(client, mailoutbox):
    register(client, name="Buy at evil.example")

    assert "evil" not in mailoutbox[-1].body + mailoutbox[-1].subject
