"""What every request gets, where examples say more than a property."""

import logging

import pytest
from django.urls import reverse

from home.actions import set_up_marketplace
from tests.cast import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketplace():
    set_up_marketplace(title="Fledge")


def test_a_class_behind_one_address_is_counted_by_person(client, settings, marketplace):
    settings.FLEDGE_REQUESTS_PER_PERSON = 3
    settings.FLEDGE_REQUESTS_PER_ADDRESS = 2
    for name in ("carol", "dora"):
        client.force_login(person(name))
        answers = [client.get(reverse("accounts:profile")).status_code for _ in range(4)]
        assert answers == [200, 200, 200, 429]
    client.logout()
    assert [client.get("/courses/").status_code for _ in range(3)] == [200, 200, 429]


def test_the_page_says_when_to_come_back(client, settings, marketplace):
    settings.FLEDGE_REQUESTS_PER_ADDRESS = 0
    answer = client.get("/courses/")
    assert 0 < int(answer["Retry-After"]) <= 60
    assert b"Please wait a moment" in answer.content


def test_secrets_in_addresses_stay_out_of_the_log(client, caplog, marketplace):
    with caplog.at_level(logging.INFO, logger="fledge.requests"):
        client.get("/account/password/reset/key/2a-the-secret-key/?token=another-secret")
        client.get("/there/%0Aline-two/")
    assert "secret" not in caplog.text
    assert "path=/there/%0Aline-two/" in caplog.text
