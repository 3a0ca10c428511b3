"""Google itself is not reached: what it would say is handed in where allauth hands it on."""

from types import SimpleNamespace

import pytest
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.internal import flows
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage.base import BaseStorage
from django.contrib.sessions.middleware import SessionMiddleware

from lms.accounts.models import User
from tests.lms.accounts.steps import visible

pytestmark = pytest.mark.django_db
KEYS = {"google": {"APPS": [{"client_id": "an-id", "secret": "a-secret"}]}}


@pytest.fixture
def with_keys(settings):
    settings.SOCIALACCOUNT_PROVIDERS = KEYS


def arrive(rf, **told):
    """Somebody comes back from Google, who tells `told`."""
    request = rf.get("/account/google/login/callback/")
    SessionMiddleware(lambda request: None).process_request(request)
    request.user = AnonymousUser()
    request.allauth = SimpleNamespace()
    request._messages = BaseStorage(request)
    with context.request_context(request):
        provider = get_adapter().get_provider(request, "google")
        login = provider.sociallogin_from_response(
            request, {"sub": "1234", "email_verified": True, **told}
        )
        login.state = {}
        return flows.login.complete_login(request, login)


@pytest.mark.parametrize("path", ["/account/login/", "/account/signup/"])
def test_without_keys_nothing_speaks_of_google(client, path):
    assert "Google" not in visible(client.get(path))


@pytest.mark.parametrize("path", ["/account/login/", "/account/signup/"])
def test_with_keys_google_is_offered(client, with_keys, path):
    assert "Continue with Google" in visible(client.get(path))


def test_the_button_leads_to_google(client, with_keys):
    answer = client.post("/account/google/login/")

    assert answer.url.startswith("https://accounts.google.com/o/oauth2/v2/auth?client_id=an-id")


def test_a_new_person_comes_with_name_and_confirmed_address(rf, with_keys):
    arrive(rf, email="amina@gmail.com", given_name="Amina", family_name="Warsame")

    user = User.objects.get()
    assert (user.email, user.name) == ("amina@gmail.com", "Amina Warsame")
    assert EmailAddress.objects.get(user=user).verified
    assert not user.has_usable_password()


def test_google_opens_an_account_with_a_mailbox_google_runs(rf, with_keys, carol):
    User.objects.update(email="carol@gmail.com")
    EmailAddress.objects.update(email="carol@gmail.com")

    arrive(rf, email="carol@gmail.com", given_name="Carol")

    assert SocialAccount.objects.get().user == carol


def test_google_opens_an_account_of_a_domain_it_hosts(rf, with_keys, carol):
    arrive(rf, email="carol@example.org", given_name="Carol", hd="example.org")

    assert SocialAccount.objects.get().user == carol


def test_googles_word_about_other_mailboxes_opens_no_account(rf, with_keys, carol):
    arrive(rf, email="carol@example.org", given_name="Mallory")

    assert not SocialAccount.objects.exists()
    assert User.objects.count() == 1


def test_an_address_google_has_not_checked_opens_no_account(rf, with_keys, carol):
    arrive(rf, email="carol@example.org", hd="example.org", email_verified=False)

    assert not SocialAccount.objects.exists()
