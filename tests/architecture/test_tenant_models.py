import pytest
from django.apps import apps
from django.db import models
from django.test.utils import isolate_apps

from lms.tenants.models import Provider
from lms.tenants.scope import TenantModel
from tests.architecture.tenant_models import GLOBALLY_UNIQUE, PUBLIC, _unique_starts, problems
from tests.testapp.models import Book

MODELS = apps.get_models(include_auto_created=True)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_model_that_names_a_provider_is_a_tenants_row(model):
    assert list(problems(model)) == []


def test_the_lists_of_exceptions_hold_nothing_that_is_gone():
    assert set(PUBLIC) <= {model._meta.label for model in MODELS}
    tenant_models = [model for model in MODELS if issubclass(model, TenantModel)]
    assert set(GLOBALLY_UNIQUE) <= {
        name for model in tenant_models for name, _first in _unique_starts(model)
    }


@isolate_apps("tests.testapp")
def test_a_model_that_forgets_its_tenant_is_found():
    class Note(models.Model):
        provider = models.ForeignKey(Provider, models.CASCADE, related_name="+")

        class Meta:
            app_label = "testapp"

        def __str__(self) -> str:
            return ""

    assert list(problems(Note)) == ["testapp.Note names a provider but is no TenantModel"]


@isolate_apps("tests.testapp")
def test_keys_and_indexes_that_forget_the_tenant_are_found():
    class Note(TenantModel):
        code = models.CharField(max_length=9, unique=True)
        text = models.CharField(max_length=9, db_index=True)
        day = models.DateField()

        class Meta:
            app_label = "testapp"
            constraints = [models.UniqueConstraint(fields=["day", "text"], name="once_a_day")]
            indexes = [
                models.Index(fields=["-day"], name="by_day"),
                models.Index(fields=["provider", "-day"], name="by_provider_and_day"),
            ]

        def __str__(self) -> str:
            return ""

    assert sorted(problems(Note)) == [
        "testapp.Note: once_a_day is unique across providers",
        "testapp.Note: testapp.Note.code is unique across providers",
        "testapp.Note: text has an index without the provider",
        "testapp.Note: the index by_day does not begin with the provider",
    ]


def test_a_model_that_is_in_order_has_no_problems():
    assert list(problems(Book)) == []
