import base64
import hashlib
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.test import Client
from django.utils.crypto import get_random_string

from lms.accounts import actions
from lms.accounts.models import User
from tests.lms.accounts.steps import PASSWORD, is_signed_in, sign_in, visible

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("email", ["carol@example.org", "CAROL@Example.Org", " carol@example.org "])
def test_the_case_of_the_address_does_not_matter(client, carol, email):
    sign_in(client, email)

    assert is_signed_in(client)


def test_signing_in_leads_to_the_page_people_wanted(client, carol):
    assert sign_in(client, carol.email, next="/account/security/").url == "/account/security/"


def test_signing_in_never_leads_to_another_site(client, carol):
    assert "evil" not in sign_in(client, carol.email, next="https://evil.example/").url


def test_without_keep_me_signed_in_the_session_ends_with_the_browser(client, carol):
    sign_in(client, carol.email)

    assert not client.cookies[settings.SESSION_COOKIE_NAME]["max-age"]


def test_keep_me_signed_in_outlives_the_browser(client, carol):
    sign_in(client, carol.email, remember="on")

    assert client.cookies[settings.SESSION_COOKIE_NAME]["max-age"] > 7 * 24 * 3600


def test_signing_out_ends_the_session(as_carol):
    as_carol.post("/account/logout/")

    assert not is_signed_in(as_carol)


def test_a_link_cannot_sign_anybody_out(as_carol):
    as_carol.get("/account/logout/")

    assert is_signed_in(as_carol)


def test_wrong_password_and_unknown_address_look_the_same(carol):
    wrong = sign_in(Client(), "carol@example.org", "wrong")
    unknown = sign_in(Client(), "zorro@example.org", "wrong")

    assert visible(wrong).replace("carol@", "zorro@") == visible(unknown)


def test_an_unknown_address_costs_as_much_hashing_as_a_known_one(client, carol, monkeypatch):
    hashed = []
    monkeypatch.setattr(AbstractBaseUser, "set_password", lambda self, raw: hashed.append(raw))

    sign_in(client, "zorro@example.org", "wrong")

    assert hashed == ["wrong"]


def test_ten_wrong_passwords_close_the_door_even_for_the_right_one(client, carol):
    for _attempt in range(10):
        sign_in(Client(REMOTE_ADDR="10.0.0.1"), carol.email, "wrong")

    sign_in(Client(REMOTE_ADDR="10.0.0.2"), carol.email)
    answer = sign_in(client, carol.email)

    assert not is_signed_in(client)
    assert "Too many" in visible(answer)


def test_somebody_else_may_sign_in_meanwhile(client, carol, olga):
    for _attempt in range(10):
        sign_in(Client(REMOTE_ADDR="10.0.0.1"), carol.email, "wrong")

    sign_in(client, olga.email)

    assert is_signed_in(client)


def test_an_address_may_not_be_tried_from_one_machine_without_end(client):
    for number in range(30):
        sign_in(client, f"p{number}@example.org", "wrong")

    answer = sign_in(client, "q@example.org", "wrong")

    assert answer.status_code == 429
    assert answer["Retry-After"] == "60"


def test_a_closed_account_says_so_to_who_knows_its_password(client, carol):
    User.objects.update(is_active=False)

    assert sign_in(client, carol.email).url == "/account/inactive/"
    assert not is_signed_in(client)


def test_a_closed_account_looks_unknown_to_everybody_else(carol):
    User.objects.update(is_active=False)
    closed = sign_in(Client(), "carol@example.org", "wrong")
    unknown = sign_in(Client(), "zorro@example.org", "wrong")

    assert visible(closed).replace("carol@", "zorro@") == visible(unknown)


# --- Password hashes of the legacy system (Django's PBKDF2 at several ages) -----------------------


def legacy_hash(password: str, iterations: int) -> str:
    salt = get_random_string(22)
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), iterations)
    return f"pbkdf2_sha256${iterations}${salt}${base64.b64encode(digest).decode()}"


@pytest.fixture
def real_hashers(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]


@pytest.mark.parametrize("iterations", [1_000_000, 870_000, 720_000, 600_000, 260_000])
def test_a_legacy_hash_signs_in_unchanged(client, carol, real_hashers, iterations):
    User.objects.update(password=legacy_hash("pässwörd of old", iterations))

    sign_in(client, carol.email, "pässwörd of old")

    assert is_signed_in(client)


@pytest.mark.parametrize("iterations", [870_000, 720_000, 600_000])
def test_a_weaker_legacy_hash_is_made_stronger_at_sign_in(client, carol, real_hashers, iterations):
    User.objects.update(password=legacy_hash(PASSWORD, iterations))

    sign_in(client, carol.email)

    carol.refresh_from_db()
    assert carol.password.startswith("pbkdf2_sha256$1000000$")
    assert carol.check_password(PASSWORD)


@pytest.mark.parametrize("password", ["!", "!" + "x" * 40, ""])
@pytest.mark.parametrize("typed", ["", "!", PASSWORD])
def test_an_unusable_legacy_hash_never_signs_in(client, carol, real_hashers, password, typed):
    User.objects.update(password=password)

    sign_in(client, carol.email, typed)

    assert not is_signed_in(client)


# --- The second step ------------------------------------------------------------------------------


@pytest.fixture
def secret(carol) -> str:
    """Carol uses an authenticator app and has recovery codes."""
    secret = generate_totp_secret()
    TOTP.activate(carol, secret)
    RecoveryCodes.activate(carol)
    return secret


def current_code(secret: str) -> str:
    counter = next(yield_hotp_counters_from_time())
    return format_hotp_value(hotp_value(secret, counter))


def test_the_password_alone_does_not_sign_in_with_an_authenticator_app(client, carol, secret):
    assert sign_in(client, carol.email).url == "/account/2fa/authenticate/"
    assert not is_signed_in(client)


def test_a_passkey_is_not_offered_to_who_has_none(client, carol, secret):
    sign_in(client, carol.email)

    assert "mfa_webauthn_authenticate" not in visible(client.get("/account/2fa/authenticate/"))


def test_the_code_of_the_app_is_the_second_step(client, carol, secret):
    sign_in(client, carol.email)
    client.post("/account/2fa/authenticate/", {"code": current_code(secret)})

    assert is_signed_in(client)


def test_a_code_works_once(carol, secret):
    code = current_code(secret)
    browsers = [Client(), Client()]
    for browser in browsers:
        sign_in(browser, carol.email)
        browser.post("/account/2fa/authenticate/", {"code": code})

    assert [is_signed_in(browser) for browser in browsers] == [True, False]


def test_a_recovery_code_works_once(carol, secret):
    row = Authenticator.objects.get(user=carol, type=Authenticator.Type.RECOVERY_CODES)
    code = row.wrap().get_unused_codes()[0]
    browsers = [Client(), Client()]
    for browser in browsers:
        sign_in(browser, carol.email)
        browser.post("/account/2fa/authenticate/", {"code": code})

    assert [is_signed_in(browser) for browser in browsers] == [True, False]


def test_the_database_does_not_hold_the_secret_of_the_app(carol, secret):
    row = Authenticator.objects.get(user=carol, type=Authenticator.Type.TOTP)

    assert secret not in str(row.data)


def test_a_new_secret_key_still_opens_what_the_old_one_closed(client, carol, secret, settings):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"

    sign_in(client, carol.email)
    client.post("/account/2fa/authenticate/", {"code": current_code(secret)})

    assert is_signed_in(client)


@pytest.mark.parametrize(
    "path",
    [
        "/account/2fa/totp/activate/",
        "/account/2fa/webauthn/add/",
        "/account/2fa/recovery-codes/generate/",
    ],
)
def test_second_factors_change_only_after_the_password_again(as_carol, path):
    answer = as_carol.get(path)

    assert answer.url.startswith("/account/reauthenticate/")


def test_the_password_opens_second_factors_for_fifteen_minutes(as_carol, monkeypatch):
    as_carol.post("/account/reauthenticate/", {"password": PASSWORD})
    assert as_carol.get("/account/2fa/totp/activate/").status_code == 200

    later = time.time() + 15 * 60 + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert as_carol.get("/account/2fa/totp/activate/").status_code == 302


# --- Other doors ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "door", ["/cms/", "/cms/pages/", "/cms/login/", "/django-admin/", "/django-admin/login/"]
)
def test_every_staff_door_leads_to_our_sign_in(client, db, door):
    answer = client.get(door, follow=True)

    assert answer.request["PATH_INFO"] == "/account/login/"


@pytest.mark.parametrize("door", ["/cms/login/", "/django-admin/login/", "/_util/login/"])
def test_other_sign_in_pages_take_no_passwords(client, carol, door):
    client.post(door, {"username": carol.email, "password": PASSWORD})

    assert not is_signed_in(client)


@pytest.mark.parametrize("door", ["/cms/", "/django-admin/"])
def test_who_has_no_business_there_is_told_so(as_carol, door):
    assert as_carol.get(door, follow=True).status_code == 403


def test_an_operator_comes_in(as_olga):
    assert as_olga.get("/cms/account/").status_code == 200


def test_the_staff_door_never_leads_to_another_site(as_olga):
    assert as_olga.get("/account/staff/?next=https://evil.example/").url == "/cms/"


@pytest.mark.parametrize("path", ["/cms/password_reset/", "/account/google/login/"])
def test_doors_we_do_not_offer_do_not_exist(client, db, path):
    assert client.get(path).status_code == 404


def test_an_account_made_for_somebody_asks_for_a_code_first(client, db, mailoutbox):
    actions.create_person("new@example.org", "New", PASSWORD, actor=None)

    assert sign_in(client, "new@example.org").url.startswith("/account/confirm-email/")
    assert mailoutbox[-1].to == ["new@example.org"]
