from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from wagtail.users.apps import WagtailUsersAppConfig


class AccountsConfig(AppConfig):
    name = "lms.accounts"
    label = "accounts"
    verbose_name = _("People")
    default = True

    def ready(self) -> None:
        from lms.accounts import signals  # noqa: F401 - connects


class OperatorsUsersConfig(WagtailUsersAppConfig):
    """wagtail.users with our forms: a person has one name, and chooses their password alone."""

    default = False
    user_viewset = "lms.accounts.viewsets.PersonViewSet"
