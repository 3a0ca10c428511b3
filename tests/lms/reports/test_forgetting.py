"""Reports that nobody is to have any more: their files, and the mails about them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.test import TestCase

from lms.common import clock
from lms.reports import file_actions, tasks
from lms.reports.models import Export, Mailing, Recipient
from lms.tenants.scope import provider_scope
from tests.lms.homework.making import settled
from tests.lms.learning import reader

SUNDAY = datetime(2026, 10, 25, 12, tzinfo=UTC)


def test_a_file_goes_with_the_account_of_its_asker(night_class):
    with settled(night_class):
        path = f"/desk/{night_class.course.pk}/reports/export/"
        assert reader(night_class.bob).post(path, {"format": "csv"}).status_code == 302
    with provider_scope(night_class.acme):
        file = Export.objects.get().file
    assert file.name and file.storage.exists(file.name)
    with settled(night_class):
        night_class.bob.delete()
        assert file.storage.exists(file.name)  # it may be rolled back yet
    with provider_scope(night_class.acme):
        assert not Export.objects.exists()
    assert not file.storage.exists(file.name)


@pytest.mark.parametrize("how", ["stays", "stopped", "taken off"])
def test_who_is_sent_it_no_more_hears_of_none_that_was_being_made(night_class, how):
    values = {"rhythm": "weekly", "weekday": "0", "by": "students", "format": "csv"}
    values["people"] = [night_class.bob.pk]
    with clock.stopped_at(SUNDAY):
        path = f"/desk/{night_class.course.pk}/reports/mail/"
        assert reader(night_class.alice).post(path, values).status_code == 302
    mail.outbox.clear()
    at = SUNDAY + timedelta(hours=18)
    with clock.stopped_at(at), provider_scope(night_class.acme):
        with TestCase.captureOnCommitCallbacks():  # no worker yet
            (export,) = file_actions.send(Mailing.objects.get(), at=at)
        recipient = Recipient.objects.get()
        if how == "stopped":
            file_actions.stop(recipient, at=at)
        elif how == "taken off":
            recipient.delete()
        tasks.make_export(str(night_class.acme.pk), str(export.pk))
        assert Export.objects.get().is_ready
    assert [one.to for one in mail.outbox] == ([["bob@example.org"]] if how == "stays" else [])
