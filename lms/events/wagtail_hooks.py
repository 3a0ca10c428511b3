from typing import Any

from wagtail import hooks

from lms.events.vocabulary import declared


@hooks.register("register_log_actions")
def register_events(actions: Any) -> None:
    """Wagtail's log refuses actions it was not told of."""
    for event in declared():
        actions.register_action(event.name, event.meaning, event.meaning)
