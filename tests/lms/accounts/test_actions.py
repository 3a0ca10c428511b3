import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from wagtail.users.models import UserProfile

from lms.accounts import actions, selectors
from lms.accounts.models import User
from lms.common.errors import Conflict, Forbidden
from tests.cast import person

pytestmark = pytest.mark.django_db


def test_an_account_made_for_somebody_has_its_address_in_one_spelling():
    user = actions.create_person(" New@Example.ORG", "New", actor=None)

    assert user.email == "new@example.org"
    assert EmailAddress.objects.get(user=user).email == "new@example.org"


def test_an_account_without_password_signs_nobody_in():
    assert not actions.create_person("new@example.org", "New", actor=None).has_usable_password()


def test_an_account_is_verified_only_when_its_maker_says_so():
    known = actions.create_person("a@example.org", "A", actor=None, verified=True)
    other = actions.create_person("b@example.org", "B", actor=None)

    assert selectors.has_verified_email(known)
    assert not selectors.has_verified_email(other)


def test_an_address_is_given_to_one_account_only(carol):
    with pytest.raises(Conflict):
        actions.create_person("CAROL@example.org", "Another", actor=None)


def test_an_address_somebody_confirmed_beside_their_own_is_taken_too(carol):
    EmailAddress.objects.create(user=carol, email="second@example.org", verified=True)

    with pytest.raises(Conflict):
        actions.create_person("second@example.org", "Another", actor=None)


def test_only_operators_make_accounts_for_others(carol):
    with pytest.raises(Forbidden):
        actions.create_person("new@example.org", "New", actor=carol)


def test_only_the_person_and_operators_change_a_profile(carol, olga):
    mallory = actions.create_person("mallory@example.org", "Mallory", actor=None)

    actions.update_profile(carol, actor=olga, headline="Diver")
    with pytest.raises(Forbidden):
        actions.update_profile(carol, actor=mallory, headline="Fool")
    with pytest.raises(Forbidden):
        actions.change_picture(carol, None, actor=mallory)


def test_a_bad_value_changes_nothing(carol):
    with pytest.raises(ValidationError):
        actions.update_profile(carol, actor=carol, headline="Diver", time_zone="Mars/Olympus")

    assert User.objects.get(pk=carol.pk).headline == ""


def test_rights_are_no_part_of_the_profile(carol):
    with pytest.raises(TypeError):
        actions.update_profile(carol, actor=carol, is_superuser=True)


def test_wagtails_preferences_follow_language_and_time_zone(carol):
    preferences = UserProfile.get_for_user(carol)
    actions.update_profile(carol, actor=carol, language="ar", time_zone="Africa/Nairobi")

    preferences.refresh_from_db()
    assert (preferences.preferred_language, preferences.current_time_zone) == (
        "ar",
        "Africa/Nairobi",
    )


def test_operators_have_preferences_in_wagtail_from_the_start():
    olga = person("olga", is_superuser=True, time_zone="Asia/Tokyo")
    assert olga.wagtail_userprofile.current_time_zone == "Asia/Tokyo"


def test_an_operator_gives_an_account_another_address(carol, olga):
    actions.change_email(carol, "Carol@New.example", actor=olga)

    assert carol.email == "carol@new.example"
    assert list(EmailAddress.objects.filter(user=carol).values_list("email", "verified")) == [
        ("carol@new.example", False)
    ]


def test_nobody_gets_an_address_of_somebody_else(carol, olga):
    with pytest.raises(Conflict):
        actions.change_email(carol, "OLGA@example.org", actor=olga)


def test_only_operators_change_addresses_without_a_code(carol):
    with pytest.raises(Forbidden):
        actions.change_email(carol, "new@example.org", actor=carol)


def test_people_are_found_by_any_spelling_of_their_address(carol):
    assert selectors.person_by_email(" CAROL@example.org ") == carol
    assert selectors.person_by_email("nobody@example.org") is None
