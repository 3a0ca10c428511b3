"""Publishing, or submitting to moderation, everything below a course or module in one step."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from wagtail.models import Page, WorkflowState

from .models import LessonPage, ModulePage

APPROVE = "approve"  # the name of Wagtail's own action


@dataclass(slots=True)
class Release:
    """What was done, and the titles that were held back by reason."""

    done: list[Page] = field(default_factory=list)
    held_back: dict[str, list[str]] = field(default_factory=dict)

    def hold(self, page: Page, reason: str) -> None:
        self.held_back.setdefault(reason, []).append(page.get_admin_display_title())


def drafts_below(parent: Page) -> Any:
    """Modules and lessons that have something unpublished, in the tree's order."""
    below = Page.objects.descendant_of(parent).type(ModulePage, LessonPage)
    return below.filter(Q(live=False) | Q(has_unpublished_changes=True)).order_by("path")


@transaction.atomic
def publish_below(parent: Page, user: Any) -> Release:
    """Publish the latest draft of everything below `parent` that `user` may publish.

    What waits in moderation is approved where `user` may approve it. Pages that are locked, not
    theirs to publish or not complete stay as they are and are named in the answer.
    """
    release = Release()
    for page, latest in _ready(parent, user, release):
        permissions = page.permissions_for_user(user)
        if approve(latest, user):
            release.done.append(page)
        elif permissions.can_publish():
            _revision(page, user).publish(user=user)
            release.done.append(page)
        else:
            release.hold(page, _("you may not publish them"))
    return release


@transaction.atomic
def submit_below(parent: Page, user: Any) -> Release:
    """Submit to moderation everything below `parent` that `user` may submit and that does not
    wait there already; the rest as `publish_below` does.
    """
    release = Release()
    for page, latest in _ready(parent, user, release, waiting=False):
        if not page.permissions_for_user(user).can_submit_for_moderation():
            release.hold(page, _("you may not submit them"))
            continue
        _revision(page, user)
        state = page.current_workflow_state
        if state and state.status == WorkflowState.STATUS_NEEDS_CHANGES:
            state.resume(user)
        else:
            page.get_workflow().start(latest, user)
        release.done.append(page)
    return release


def approve(page: Any, user: Any) -> bool:
    """End the page's moderation with an approval, which publishes it and tells its author.

    False, and nothing done, where it is not moderated or `user` is no moderator of it.
    """
    task, state = page.current_workflow_task, page.current_workflow_task_state
    if task is None or APPROVE not in [name for name, *_rest in task.get_actions(page, user)]:
        return False
    task.on_action(state, user, APPROVE)
    return True


def _ready(
    parent: Page, user: Any, release: Release, *, waiting: bool = True
) -> Iterator[tuple[Page, Any]]:
    """The drafts that may go on; without `waiting`, those in moderation are passed over, which
    are locked for their authors.
    """
    for page in drafts_below(parent).specific():
        if page.workflow_in_progress and not waiting:
            continue
        lock = page.get_lock()
        latest = page.get_latest_revision_as_object()
        if lock is not None and lock.for_user(user):
            release.hold(page, _("they are locked"))
        elif not _complete(latest):
            release.hold(page, _("they are not complete yet"))
        else:
            yield page, latest


def _complete(page: Any) -> bool:
    """Whether a draft passes what its form asks for when it is published."""
    try:
        page.full_clean()
        if isinstance(page, LessonPage):
            page.body.stream_block.clean(page.body)
    except ValidationError:
        return False
    return True


def _revision(page: Page, user: Any) -> Any:
    return page.get_latest_revision() or page.save_revision(user=user)
