"""Ports to outside services: one package per port, an embedded adapter and the vendors.

`settings.GATEWAYS` says which adapter stands behind each port: {port: {"BACKEND", "OPTIONS"}}.
"""

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from django.utils.module_loading import import_string


class GatewayRefused(Exception):
    """The service has said no; asking again gives the same answer."""


class GatewayUnavailable(Exception):
    """The service did not answer, or not as it should; asking again later may help."""


@lru_cache
def gateway(port: str) -> Any:
    """The adapter behind `port`, made once. Raises KeyError for a port without one."""
    chosen: dict[str, Any] = settings.GATEWAYS[port]
    return import_string(chosen["BACKEND"])(**chosen.get("OPTIONS", {}))


def _forget(setting: str, **kwargs: Any) -> None:
    if setting == "GATEWAYS":
        gateway.cache_clear()


setting_changed.connect(_forget)
