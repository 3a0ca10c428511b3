"""What is a person's own, at whichever school they study: notes to themselves and the address of
their calendar. These rows name no provider, like an account: every read names the person.
"""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

LONGEST_NOTE = 300  # characters


class Note(models.Model):
    """Something a person wants to remember to do. Nobody else ever sees it."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notes"
    )
    text = models.CharField(_("what to do"), max_length=LONGEST_NOTE)
    day = models.DateField(_("on"), null=True, blank=True)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    created_at = models.DateTimeField(_("written"))

    class Meta:
        verbose_name = _("note to oneself")
        verbose_name_plural = _("notes to oneself")
        indexes = [models.Index(fields=["person", "done_at", "day"], name="planner_notes")]

    def __str__(self) -> str:
        return self.text


class Planner(models.Model):
    """A person's planner. `feed` names their calendar in its secret address: a new one makes the
    old address worthless, none closes it. `said` is what was last said of each entry, for the
    revisions calendars want: {key: [digest, revision, when]}.
    """

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="planner"
    )
    feed = models.UUIDField(_("calendar"), null=True, blank=True, unique=True, editable=False)
    feed_since = models.DateTimeField(_("calendar since"), null=True, blank=True)
    said = models.JSONField(default=dict, blank=True)
    steps_hidden_at = models.DateTimeField(_("first steps put away"), null=True, blank=True)

    class Meta:
        verbose_name = _("planner")
        verbose_name_plural = _("planners")

    def __str__(self) -> str:
        return str(self.person_id)

    @staticmethod
    def new_feed() -> uuid.UUID:
        return uuid.uuid4()
