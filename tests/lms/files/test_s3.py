"""Files in an object store (moto, on this machine): the same steps, with nothing left over."""

import os
import re

import pytest
from django.core.files.base import ContentFile

from lms.common import clock
from lms.files import actions, playing
from lms.files.models import Playable
from lms.files.states import State
from lms.tenants.models import Role
from lms.tenants.scope import provider_scope
from tests.cast import house, member, person
from tests.lms.files.recordings import film, streams
from tests.lms.files.uploading import TUS, begin, known, names, patch
from tests.lms.homework.making import a_class, hand_in, homework, settled
from tests.lms.learning import body_of, reader

pytestmark = pytest.mark.django_db


def test_pieces_become_one_object_and_are_read_in_parts(
    client, bucket, fields, django_capture_on_commit_callbacks
):
    known()
    acme, carol = house("acme"), person("carol")
    member(carol, acme, Role.STUDENT)
    client.force_login(carol)
    data = os.urandom(300_000).hex().encode()
    url = begin(client, len(data), provider=str(acme.pk))["Location"]
    assert patch(client, url, data[:250_000], 0).status_code == 204
    assert len(names(bucket)) == 1
    assert patch(client, url, data[:9], 0).status_code == 409
    with django_capture_on_commit_callbacks(execute=True):
        assert patch(client, url, data[250_000:], 250_000).status_code == 204
    with provider_scope(acme):
        row = fields.objects.select_related("blob").get()
    assert row.state == State.READY
    assert names(bucket) == [row.file.name]
    answer = client.get(row.url, headers={"Range": "bytes=299000-299999"})
    assert b"".join(answer.streaming_content) == data[299_000:300_000]
    with django_capture_on_commit_callbacks(execute=True):
        assert client.delete(url, **TUS).status_code == 204
    assert names(bucket) == []


def test_what_nobody_goes_on_with_leaves_nothing(
    client, bucket, fields, django_capture_on_commit_callbacks
):
    known()
    acme, carol = house("acme"), person("carol")
    member(carol, acme, Role.STUDENT)
    client.force_login(carol)
    url = begin(client, 100, provider=str(acme.pk))["Location"]
    patch(client, url, b"x" * 50, 0)
    with clock.later(hours=25), django_capture_on_commit_callbacks(execute=True):
        assert actions.sweep(acme, at=clock.now()) == 1
    assert names(bucket) == []


def test_a_film_is_prepared_and_played_from_there(bucket, fields, tmp_path):
    school = a_class()
    row = homework(school, kind="video")
    hand_in(school, row, file=ContentFile(film(), "film.webm"))
    with settled(school):
        playing.prepare(Playable.objects.get())
        made = Playable.objects.get()
    assert made.is_done, made.failure
    stored = names(bucket)
    assert [one for one in stored if one.endswith("/film.mp4")]
    carol = reader(school.carol)
    html = carol.get(f"{school.url}{row.pk}/").content.decode()
    whole = re.search(r'<source src="([^"]+as=film.mp4)"', html)[1]
    answer = carol.get(carol.get(whole)["Location"])
    assert {one["codec_name"] for one in streams(body_of(answer), tmp_path)} == {"h264", "aac"}
