"""No app holds something about a person that neither export nor erasure knows of."""

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models
from django.test.utils import isolate_apps

from lms.accounts.holdings import holdings
from lms.enrolments.models import Enrolment
from lms.tenants.scope import every_tenant
from tests.cast import person

# {model: why nothing of a person is in it}
EXEMPT = {
    "wagtailimages.Image": "not used: pictures are files.Image",
    "wagtaildocs.Document": "not used: documents are files.Document",
    "wagtailmedia.Media": "not used: recordings are files.Media",
}
# {model and field: why it is enough}
BESIDE = {
    "certificates.Certificate.enrolment": "the student is named beside the seat, and listed",
}
PEOPLE = (get_user_model(), Enrolment)


def links(model: type[models.Model]) -> list[str]:
    """The fields of its own by which a row of `model` names a person, or their seat in a course."""
    fields = [*model._meta.local_fields, *model._meta.local_many_to_many]
    return [
        field.name
        for field in fields
        if field.related_model in PEOPLE
        # The rows of a link between many are a model of their own.
        and not field.many_to_many
    ]


def unlisted(found: list[type[models.Model]]) -> list[str]:
    known = {(one.rows_model, one.by.split("__")[0]) for one in holdings()}
    return [
        f"{model._meta.label}.{name}"
        for model in found
        if model._meta.label not in EXEMPT and not model._meta.label.startswith("testapp.")
        for name in links(model)
        if (model, name) not in known and f"{model._meta.label}.{name}" not in BESIDE
    ]


def test_whatever_names_a_person_is_exported_and_erased():
    assert unlisted(apps.get_models(include_auto_created=True)) == []


@isolate_apps("tests.testapp")
def test_a_model_that_names_a_person_and_is_not_listed_is_found():
    class Diary(models.Model):
        person = models.ForeignKey(get_user_model(), models.CASCADE, related_name="+")

        class Meta:
            app_label = "diaries"

        def __str__(self) -> str:
            return ""

    assert unlisted([Diary]) == ["diaries.Diary.person"]


def test_the_exceptions_are_models_that_name_people():
    assert all(links(apps.get_model(label)) for label in EXEMPT)


@pytest.mark.django_db
def test_what_is_listed_can_be_asked_for_and_says_what_becomes_of_it():
    """Every path of every holding leads somewhere; what stays says why in a sentence."""
    carol = person("carol")
    with every_tenant("ask for everything"):
        for one in holdings():
            list(one.of(carol).values_list(*one.columns))
            list(one.to_forget(carol))
            assert not one.stays or str(one.stays).endswith(".")
