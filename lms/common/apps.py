from django.apps import AppConfig
from django.urls import register_converter
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from lms.common.converters import KeyConverter


class CommonConfig(AppConfig):
    name = "lms.common"
    label = "common"
    verbose_name = _("Common")

    def ready(self) -> None:
        """Addresses may name keys; and every app's `states` module is loaded, so that
        `lms.common.states.machines()` is complete.
        """
        register_converter(KeyConverter, "key")
        autodiscover_modules("states")
