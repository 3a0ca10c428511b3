"""What the worker does: examine large uploads, and every hour look for what is left over."""

from typing import Any

from lms.common import clock
from lms.tenants.models import Provider
from lms.tenants.tasks import in_provider_scope

from . import actions
from .models import Upload


@in_provider_scope
def check(provider_id: Any, upload_id: Any) -> None:
    """Examine one upload. One that has been discarded meanwhile is nobody's error."""
    upload = Upload.objects.select_related("blob").filter(pk=upload_id).first()
    if upload is not None:
        actions.check_upload(upload)


def sweep() -> int:
    """Every hour, at every provider: see `actions.sweep`."""
    return sum(actions.sweep(provider, at=clock.now()) for provider in Provider.objects.all())
