"""Storage counts against the plan, whatever way a file comes in: refused before it is kept."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import connection
from wagtail.models import Collection

from lms.common import clock
from lms.files import actions
from lms.files.models import Document, Image, Media, Upload
from lms.tenants.limits import LimitReached, meter, reading
from lms.tenants.models import Limit, Role, Tier
from lms.tenants.scope import provider_scope
from tests.cast import house, member, person
from tests.lms.files.uploading import begin, known, picture, sent
from tests.lms.learning import WAV


def small_house(storage):
    tier = Tier.objects.create(code="small", name="Small", position=9, storage=storage)
    own = Collection.get_first_root_node().add_child(name="Acme")
    return house("acme", tier=tier, collection=own)


@pytest.fixture
def acme(db):
    return small_house(1000)


@pytest.fixture
def carol(acme):
    user = person("carol")
    member(user, acme, Role.STUDENT)
    return user


def stored(model, acme, data, name, **more):
    inside = acme.collection.get_children().first() or acme.collection
    row = model(title=name, file=ContentFile(data, name=name), collection=inside, **more)
    row.full_clean(exclude=["width", "height", "tags"])
    row.save()
    return row


def used(acme):
    return reading(acme, Limit.STORAGE).used


def test_everything_a_house_stores_is_counted(acme, carol, django_capture_on_commit_callbacks):
    acme.collection.add_child(name="Below")
    drawn = picture()
    image = stored(Image, acme, drawn, "a.png")
    paper = stored(Document, acme, b"x" * 50, "a.txt")
    stored(Media, acme, WAV, "a.wav", type="audio", duration=1)
    assert used(acme) == len(drawn) + 50 + len(WAV)
    Document.objects.create(title="Elsewhere", file=ContentFile(b"y" * 70, name="b.txt"))
    with django_capture_on_commit_callbacks(execute=True):
        first, _second = (sent(carol, acme, b"z" * 30, f"{n}.txt") for n in "ab")
    assert used(acme) == len(drawn) + 50 + len(WAV) + 30, "the same content counts once"
    with provider_scope(acme):
        actions.begin_upload(
            owner=carol, provider=acme, purpose="tests", name="c.txt", size=40, at=clock.now()
        )
        actions.discard_upload(first, actor=carol)
    assert used(acme) == len(drawn) + 50 + len(WAV) + 30 + 40
    image.delete()
    paper.file = ContentFile(b"x" * 10, name="shorter.txt")
    paper.save()
    assert used(acme) == 10 + len(WAV) + 30 + 40
    assert meter(acme)[Limit.STORAGE].allowed == 1000


def test_what_has_no_room_is_refused_and_not_kept(acme, carol, client):
    stored(Document, acme, b"x" * 900, "a.txt")
    for model, data, name, more in (
        (Document, b"x" * 101, "b.txt", {}),
        (Image, picture() + bytes(101), "b.png", {}),
        (Media, WAV + bytes(100), "b.wav", {"type": "audio", "duration": 1}),
    ):
        with pytest.raises(ValidationError, match="no room left"):
            stored(model, acme, data, name, **more)
        row = model(title="b", file=ContentFile(data, name=name), collection=acme.collection)
        with pytest.raises(LimitReached):
            row.save()
        assert not model.objects.filter(title="b").exists()
    known()
    client.force_login(carol)
    refused = begin(client, 101, provider=str(acme.pk))
    assert refused.status_code == 409
    assert refused.json()["error"]["code"] == "LIMIT_REACHED"
    assert begin(client, 100, provider=str(acme.pk)).status_code == 201
    assert begin(client, 1, provider=str(acme.pk)).status_code == 409, "begun is taken"
    bigger = Document.objects.get(title="a.txt")
    bigger.file = ContentFile(b"x" * 899, name="shorter.txt")
    bigger.save()


@pytest.mark.django_db(transaction=True)
def test_those_who_race_for_the_last_room_do_not_all_get_it():
    acme, carol = small_house(350), person("carol")
    member(carol, acme, Role.STUDENT)
    known()
    start, refused = threading.Barrier(6), []

    def run(number):
        try:
            start.wait()
            if number % 2:
                Document(
                    title=str(number),
                    file=ContentFile(b"x" * 100, name="a.txt"),
                    collection=acme.collection,
                ).save()
            else:
                actions.begin_upload(
                    owner=carol, provider=acme, purpose="tests", name="a.txt", size=100,
                    at=clock.now(),
                )  # fmt: skip
        except LimitReached:
            refused.append(number)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (used(acme), len(refused)) == (300, 3)
    with provider_scope(acme):
        assert Upload.objects.count() + Document.objects.count() == 3
