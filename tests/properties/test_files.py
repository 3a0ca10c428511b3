"""M8: every upload is validated, stored and processed, or refused with a reason; never half."""

import pytest
from django.test import Client
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from lms.files.models import Blob, Upload, UploadPart
from lms.files.states import State
from lms.tenants.models import Role
from lms.tenants.scope import provider_scope
from tests.cast import forget_cached, fresh_rows, house, member, person
from tests.lms.files.uploading import TUS, begin, known, patch

pytestmark = pytest.mark.django_db


class Uploading(RuleBasedStateMachine):
    """A sender whose connection is cut, who repeats and loses count; the model is the bytes."""

    @initialize(data=st.binary(min_size=1, max_size=64).map(lambda data: data.replace(b"\0", b"x")))
    def begin(self, data):
        self.rows = fresh_rows()
        self.rows.__enter__()
        forget_cached()
        known()
        self.acme = house("acme")
        carol = person("carol")
        member(carol, self.acme, Role.STUDENT)
        self.client = Client()
        self.client.force_login(carol)
        self.data, self.came = data, 0
        self.url = begin(self.client, len(data), provider=str(self.acme.pk))["Location"]

    @precondition(lambda self: self.came < len(self.data))
    @rule(length=st.integers(0, 64))
    def go_on(self, length):
        piece = self.data[self.came : self.came + length]
        answer = patch(self.client, self.url, piece, self.came)
        self.came += len(piece)
        assert (answer.status_code, answer["Upload-Offset"]) == (204, str(self.came))

    @rule(offset=st.integers(0, 70), length=st.integers(1, 64))
    def send_elsewhere(self, offset, length):
        """A piece repeated, or from where nothing belongs yet."""
        if offset == self.came < len(self.data):
            return
        answer = patch(self.client, self.url, b"!" * length, offset)
        assert answer.status_code == 409

    @precondition(lambda self: self.came < len(self.data))
    @rule(more=st.integers(1, 9))
    def send_too_much(self, more):
        answer = patch(self.client, self.url, self.data[self.came :] + b"!" * more, self.came)
        assert answer.status_code == 413

    @rule()
    def ask(self):
        assert self.client.head(self.url, **TUS)["Upload-Offset"] == str(self.came)

    @invariant()
    def nothing_is_half(self):
        with provider_scope(self.acme):
            row = Upload.objects.get()
            assert row.offset == self.came
            if self.came < len(self.data):
                assert row.state == State.RECEIVING and not Blob.objects.exists()
                parts = UploadPart.objects.order_by("offset")
                assert b"".join(part.file.read() for part in parts) == self.data[: self.came]
            else:
                assert row.state == State.READY and not UploadPart.objects.exists()
                assert row.file.read() == self.data

    def teardown(self):
        if hasattr(self, "rows"):
            self.rows.__exit__(None, None, None)


def test_m08_what_is_sent_in_pieces_arrives_whole_or_not_at_all():
    run_state_machine_as_test(Uploading, settings=settings(stateful_step_count=12))
