import pytest
from allauth.account.models import EmailAddress
from wagtail.admin.templatetags.wagtailadmin_tags import avatar_url

from lms.accounts.actions import update_profile
from lms.accounts.models import User
from tests.lms.accounts.steps import visible

pytestmark = pytest.mark.django_db


def test_operators_see_everybody_by_name(as_olga, carol):
    page = visible(as_olga.get("/cms/users/?q=ng&ordering=name"))

    assert "Carol Ng" in page
    assert "olga@example.org" not in page.split("<main")[1]


def test_operators_make_accounts_without_choosing_a_password(as_olga):
    answer = as_olga.post(
        "/cms/users/new/", {"email": "New@Example.org", "name": "New Person", "groups": []}
    )

    assert answer.status_code == 302
    user = User.objects.get(email="new@example.org")
    assert user.name == "New Person"
    assert not user.has_usable_password()


def test_the_form_for_a_new_account_asks_for_one_name_and_no_password(as_olga):
    page = visible(as_olga.get("/cms/users/new/"))

    assert 'name="name"' in page
    for field in ("first_name", "last_name", "password1"):
        assert f'name="{field}"' not in page


def test_what_the_system_did_has_a_neutral_picture():
    assert "default-user-avatar" in avatar_url(None)


def test_a_known_address_is_refused_in_any_spelling(as_olga, carol):
    answer = as_olga.post("/cms/users/new/", {"email": "CAROL@example.org", "name": "X"})

    assert "There is an account with this e-mail address already." in visible(answer)


def test_operators_rename_people(as_olga, carol):
    as_olga.post(
        f"/cms/users/edit/{carol.pk}/",
        {"email": carol.email, "name": "Carol Ngũgĩ", "is_active": "on"},
    )

    carol.refresh_from_db()
    assert carol.name == "Carol Ngũgĩ"
    assert EmailAddress.objects.get(user=carol).verified


def test_an_address_an_operator_changes_has_to_be_confirmed(as_olga, carol):
    as_olga.post(
        f"/cms/users/edit/{carol.pk}/",
        {"email": "carol@new.example", "name": carol.name, "is_active": "on"},
    )

    address = EmailAddress.objects.get(user=carol)
    assert (address.email, address.verified) == ("carol@new.example", False)


def test_operators_close_accounts(as_olga, carol):
    as_olga.post(f"/cms/users/edit/{carol.pk}/", {"email": carol.email, "name": carol.name})

    carol.refresh_from_db()
    assert not carol.is_active


def test_no_address_goes_to_gravatar(carol):
    assert "gravatar" not in avatar_url(carol)


def test_wagtails_preferences_leave_out_what_the_profile_holds(as_olga):
    page = visible(as_olga.get("/cms/account/"))

    assert "theme" in page
    for field in ("first_name", "avatar-avatar", "current_time_zone", "new_password1"):
        assert field not in page


def test_the_admin_speaks_the_language_of_the_account(as_olga, olga):
    update_profile(olga, actor=olga, language="ar")

    assert 'dir="rtl"' in visible(as_olga.get("/cms/account/"))
