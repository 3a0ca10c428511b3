"""The life of an upload, and why one is refused."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.common.states import Machine


class State(models.TextChoices):
    """Where an upload stands, in the words of whoever sent it."""

    RECEIVING = "receiving", _("On its way")
    CHECKING = "checking", _("Being checked")
    QUARANTINED = "quarantined", _("Waiting for the virus scanner")
    READY = "ready", _("Ready")
    REFUSED = "refused", _("Refused")


FINISH, ACCEPT, QUARANTINE, CLEAR, REFUSE = "finish", "accept", "quarantine", "clear", "refuse"

UPLOAD = Machine(
    "upload",
    {
        State.RECEIVING: _("Bytes are coming in; what has come so far is kept."),
        State.CHECKING: _("All bytes are there and are put together and examined."),
        State.QUARANTINED: _("It is what it claims to be; nobody gets it before it is scanned."),
        State.READY: _("It can be used, and read by those who may."),
        State.REFUSED: _("It may not be sent here: its bytes are gone, the reason is kept."),
    },
    initial=State.RECEIVING,
    transitions={
        (State.RECEIVING, FINISH): State.CHECKING,
        (State.CHECKING, ACCEPT): State.READY,
        (State.CHECKING, QUARANTINE): State.QUARANTINED,
        (State.CHECKING, REFUSE): State.REFUSED,
        (State.QUARANTINED, CLEAR): State.READY,
        (State.QUARANTINED, REFUSE): State.REFUSED,
    },
)


class Refusal(models.TextChoices):
    """Why a file is refused, and what to do about it."""

    EMPTY = "empty", _("This file is empty.")
    NOT_ALLOWED = "not_allowed", _("Files of this type can't be sent here.")
    NOT_WHAT_IT_SAYS = (
        "not_what_it_says",
        _("This file is not what its name says. Please save it anew and send that."),
    )
    NOT_A_RECORDING = (
        "not_a_recording",
        _("This file holds neither sound nor film, whatever its name says."),
    )
    NOT_WEBVTT = (
        "not_webvtt",
        _("This is not a WebVTT file: its first line has to be “WEBVTT”."),
    )
    BAD_PICTURE = "bad_picture", _("This picture can't be read. Please export it anew.")
    TOO_MANY_PIXELS = (
        "too_many_pixels",
        _("This picture has too many pixels. Please send a smaller copy."),
    )
    BAD_DRAWING = (
        "bad_drawing",
        _("This is no SVG drawing that can be shown. Please export it anew."),
    )
    ACTIVE_DRAWING = (
        "active_drawing",
        _("This drawing holds scripts or loads things from elsewhere. Please export it without."),
    )
    TWO_IN_ONE = (
        "two_in_one",
        _("This file is two things in one: something else is hidden in it. Please save it anew."),
    )
    BAD_ARCHIVE = "bad_archive", _("This archive can't be opened. Please pack it anew.")
    ARCHIVE_BOMB = (
        "archive_bomb",
        _("This archive unpacks to far more than can be taken in. Please send less at a time."),
    )
    NOT_SCANNABLE = (
        "not_scannable",
        _("This file is too large for the virus scanner, so it can't be taken in."),
    )
    INFECTED = "infected", _("The virus scanner found something harmful in this file.")


class Making(models.TextChoices):
    """Where a recording stands on its way to something that every browser plays."""

    WAITING = "waiting", _("Waiting to be prepared")
    WORKING = "working", _("Being prepared")
    DONE = "done", _("Prepared")
    FAILED = "failed", _("Could not be prepared")


START, RESUME, COMPLETE, FAIL, RETRY = "start", "resume", "complete", "fail", "retry"

PLAYABLE = Machine(
    "playable",
    {
        Making.WAITING: _("The worker will make renditions of it; browsers get the original."),
        Making.WORKING: _("The worker makes them; how far it is stands beside."),
        Making.DONE: _("There are renditions that every browser plays."),
        Making.FAILED: _("None could be made; the reason is kept, and one may try again."),
    },
    initial=Making.WAITING,
    transitions={
        (Making.WAITING, START): Making.WORKING,
        (Making.WORKING, RESUME): Making.WAITING,
        (Making.WORKING, COMPLETE): Making.DONE,
        (Making.WORKING, FAIL): Making.FAILED,
        (Making.FAILED, RETRY): Making.WAITING,
    },
)


class Failure(models.TextChoices):
    """Why a recording could not be prepared, and what to do about it."""

    BROKEN = (
        "broken",
        _("This recording can't be read to its end: it seems to be damaged. Please save it anew."),
    )
    NO_STREAM = "no_stream", _("There is neither sound nor film in this recording.")
    TOO_LONG = "too_long", _("This recording is longer than six hours. Please cut it in parts.")
    TOO_MANY_PIXELS = (
        "too_many_pixels",
        _("The picture of this film is too large. Please save it as 4K or smaller."),
    )
    TOO_SLOW = (
        "too_slow",
        _("Preparing this recording took too long. Please try again, or save it as MP4."),
    )
    CRASHED = "crashed", _("Something went wrong on our side. Please try again.")
