import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from lms.accounts.models import User
from tests.lms.accounts.steps import (
    PASSWORD,
    code_in,
    confirm,
    is_signed_in,
    link_in,
    sign_in,
    visible,
)

pytestmark = pytest.mark.django_db
NEW = "an entirely new one 8"


def ask_for_link(client: Client, email: str):
    return client.post("/account/password/reset/", {"email": email}, follow=True)


def choose(client: Client, link: str, password: str = NEW):
    page = client.get(link, follow=True)
    return client.post(page.request["PATH_INFO"], {"password1": password, "password2": password})


def test_the_link_from_the_mail_sets_a_new_password(client, carol, mailoutbox):
    ask_for_link(client, "CAROL@example.org")
    choose(client, link_in(mailoutbox[-1]))

    sign_in(client, carol.email, NEW)
    assert is_signed_in(client)


def test_the_old_password_no_longer_works(client, carol, mailoutbox):
    ask_for_link(client, carol.email)
    choose(client, link_in(mailoutbox[-1]))

    sign_in(client, carol.email, PASSWORD)
    assert not is_signed_in(client)


def test_asking_for_a_link_looks_the_same_for_an_unknown_address(carol):
    known = ask_for_link(Client(), "carol@example.org")
    unknown = ask_for_link(Client(), "zorro@example.org")

    assert visible(known) == visible(unknown)
    assert known.redirect_chain == unknown.redirect_chain


def test_known_or_not_exactly_one_message_is_sent(carol, mailoutbox):
    ask_for_link(Client(), "carol@example.org")
    ask_for_link(Client(), "zorro@example.org")

    assert [message.to for message in mailoutbox] == [["carol@example.org"], ["zorro@example.org"]]
    assert "/password/reset/key/" not in mailoutbox[1].body


def test_a_closed_account_gets_no_link(client, carol, mailoutbox):
    User.objects.update(is_active=False)
    ask_for_link(client, carol.email)

    assert "/password/reset/key/" not in mailoutbox[-1].body


def test_the_link_works_once(client, carol, mailoutbox):
    ask_for_link(client, carol.email)
    link = link_in(mailoutbox[-1])
    choose(client, link)

    page = Client().get(link, follow=True)

    assert "no longer works" in visible(page)


def test_the_link_expires(client, carol, mailoutbox, settings):
    ask_for_link(client, carol.email)
    settings.PASSWORD_RESET_TIMEOUT = -1

    assert "no longer works" in visible(client.get(link_in(mailoutbox[-1]), follow=True))


def test_a_link_changed_by_one_letter_opens_nothing(client, carol, mailoutbox):
    ask_for_link(client, carol.email)
    link = link_in(mailoutbox[-1]).rstrip("/")
    forged = f"{link[:-1]}{'0' if link[-1] != '0' else '1'}/"

    assert "no longer works" in visible(client.get(forged, follow=True))


def test_signing_in_with_the_old_password_makes_an_unused_link_void(client, carol, mailoutbox):
    ask_for_link(client, carol.email)
    sign_in(Client(), carol.email)

    assert "no longer works" in visible(client.get(link_in(mailoutbox[-1]), follow=True))


def test_a_reset_ends_every_session(carol, client, mailoutbox):
    laptop = Client()
    sign_in(laptop, carol.email)
    ask_for_link(client, carol.email)
    choose(client, link_in(mailoutbox[-1]))

    assert not is_signed_in(laptop)


def test_a_reset_is_told_to_the_owner(client, carol, mailoutbox):
    ask_for_link(client, carol.email)
    choose(client, link_in(mailoutbox[-1]))

    assert mailoutbox[-1].subject == "You have a new password"


def test_links_can_not_be_asked_for_without_end(client, carol, mailoutbox):
    for _attempt in range(5):
        ask_for_link(Client(), carol.email)

    assert ask_for_link(client, carol.email).status_code == 429
    assert len(mailoutbox) == 5


def test_an_account_without_password_gets_one_by_the_link(client, carol, mailoutbox):
    carol.set_unusable_password()
    carol.save()
    ask_for_link(client, carol.email)
    choose(client, link_in(mailoutbox[-1]))

    carol.refresh_from_db()
    assert carol.check_password(NEW)


def test_changing_the_password_keeps_this_device_and_ends_the_others(client, carol):
    laptop = Client()
    sign_in(laptop, carol.email)
    sign_in(client, carol.email)
    client.post(
        "/account/password/change/",
        {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW},
    )

    assert is_signed_in(client)
    assert not is_signed_in(laptop)


def test_changing_the_password_needs_the_old_one(as_carol, carol):
    as_carol.post(
        "/account/password/change/", {"oldpassword": "guess", "password1": NEW, "password2": NEW}
    )

    carol.refresh_from_db()
    assert carol.check_password(PASSWORD)


def test_all_other_devices_can_be_signed_out(client, carol):
    laptop = Client()
    sign_in(laptop, carol.email)
    sign_in(client, carol.email)

    client.post("/account/sessions/")

    assert is_signed_in(client)
    assert not is_signed_in(laptop)


# --- Another address ------------------------------------------------------------------------------


def ask_for_change(client: Client, email: str):
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    return client.post("/account/email/", {"action_add": "", "email": email}, follow=True)


def test_a_new_address_is_used_once_its_code_is_entered(as_carol, carol, mailoutbox):
    ask_for_change(as_carol, "Carol@New.example")
    confirm(as_carol, mailoutbox[-1])

    carol.refresh_from_db()
    assert carol.email == "carol@new.example"
    assert EmailAddress.objects.get(user=carol).email == "carol@new.example"


def test_until_then_the_old_address_stays(as_carol, carol):
    ask_for_change(as_carol, "carol@new.example")

    carol.refresh_from_db()
    assert carol.email == "carol@example.org"
    assert not EmailAddress.objects.filter(email="carol@new.example").exists()


def test_changing_the_address_needs_the_password_again(as_carol, mailoutbox):
    as_carol.post("/account/email/", {"action_add": "", "email": "carol@new.example"})

    assert not mailoutbox


def test_the_old_address_is_told(as_carol, mailoutbox):
    ask_for_change(as_carol, "carol@new.example")
    confirm(as_carol, mailoutbox[-1])

    notice = next(message for message in mailoutbox if message.to == ["carol@example.org"])
    assert "carol@new.example" in notice.body


def test_the_old_address_no_longer_signs_in(as_carol, client, mailoutbox):
    ask_for_change(as_carol, "carol@new.example")
    confirm(as_carol, mailoutbox[-1])
    stranger = Client()

    sign_in(stranger, "carol@example.org")

    assert not is_signed_in(stranger)


def test_somebody_elses_address_looks_like_a_free_one(as_carol, carol, olga):
    taken = ask_for_change(as_carol, olga.email)
    other = Client()
    other.force_login(carol)
    free = ask_for_change(other, "zorro@example.org")

    assert visible(taken).replace("olga@", "zorro@") == visible(free)


def test_somebody_elses_address_can_not_be_taken_even_with_its_code(
    as_carol, carol, olga, mailoutbox
):
    ask_for_change(as_carol, olga.email)
    confirm(as_carol, mailoutbox[-1])

    carol.refresh_from_db()
    assert carol.email == "carol@example.org"


def test_a_second_factor_does_not_forbid_a_new_address(as_carol, carol, mailoutbox):
    as_carol.post("/account/reauthenticate/", {"password": PASSWORD})
    TOTP.activate(carol, generate_totp_secret())

    as_carol.post("/account/email/", {"action_add": "", "email": "carol@new.example"})

    assert code_in(mailoutbox[-1])
