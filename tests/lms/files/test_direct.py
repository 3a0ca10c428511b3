"""Large files straight from the browser to an object store (moto): the same upload."""

import hashlib
import hmac
import random
import urllib.error
import urllib.request
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from django.core.files.storage import storages
from django.utils.module_loading import import_string
from environ import Env

from config.settings import buckets
from lms.common import clock
from lms.files import actions, direct, tasks
from lms.files.models import Blob, Upload, UploadPart
from lms.files.rules import PARTS, SMALLEST_PART, part_size
from lms.files.states import Refusal, State
from lms.gateways.store import StoreFailed
from lms.tenants.models import Role, Tier
from lms.tenants.scope import provider_scope
from tests.cast import house, member, person
from tests.lms.files.uploading import TUS, begin, known, names, patch, sent

pytestmark = pytest.mark.django_db
MB = 1024 * 1024
DATA = random.Random(5).randbytes(3 * MB).hex().encode() * 2  # 12 MB of text: three parts


@pytest.fixture
def acme(fields):
    known()
    return house("acme")


@pytest.fixture
def carol(acme, client):
    user = person("carol")
    member(user, acme, Role.STUDENT)
    client.force_login(user)
    return user


@pytest.fixture
def url(acme, carol, client):
    """An upload of DATA that has begun."""
    answer = begin(client, len(DATA), direct=True, provider=str(acme.pk))
    assert (answer.status_code, answer["Upload-Direct"]) == (201, "1")
    return answer["Location"]


def put(address, data):
    """What a browser does; the status."""
    kind = {"Content-Type": "application/octet-stream"}  # else it says it were a form
    asked = urllib.request.Request(address, data, kind, method="PUT")
    try:
        with urllib.request.urlopen(asked) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code


def standing(client, url):
    answer = client.post(f"{url}parts/", **TUS)
    assert answer.status_code == 200, answer.content
    return answer.json()


def send_parts(client, url, data, numbers=None):
    found = standing(client, url)
    for number, address in found["urls"].items():
        if numbers is None or int(number) in numbers:
            start = (int(number) - 1) * found["part"]
            assert put(address, data[start : start + found["part"]]) == 200


def whole(client, url):
    return client.post(f"{url}whole/", **TUS)


def the_row(acme):
    with provider_scope(acme):
        return Upload.objects.select_related("blob").get()


def begun():
    return storages["private"].begun_parts("incoming")


def test_parts_go_to_the_store_and_become_the_upload(
    acme, carol, client, bucket, url, django_capture_on_commit_callbacks
):
    send_parts(client, url, DATA, {1, 3})
    # After a reload: the store says what is there.
    again = standing(client, url)
    assert again["there"] == [1, 3] and set(again["urls"]) == {"2"}
    told = client.get(url, **TUS).json()
    assert (told["state"], told["offset"]) == ("receiving", len(DATA) - SMALLEST_PART)
    early = whole(client, url)
    assert early.status_code == 409 and names(bucket) == []
    send_parts(client, url, DATA)
    with django_capture_on_commit_callbacks(execute=True):
        assert whole(client, url).status_code == 204
    row = the_row(acme)
    assert (row.state, row.blob.sha256) == (State.READY, hashlib.sha256(DATA).hexdigest())
    assert names(bucket) == [row.file.name] and begun() == []
    answer = client.head(url, **TUS)
    assert answer["Upload-Offset"] == str(len(DATA)) and "Upload-Direct" not in answer
    answer = client.get(row.url, headers={"Range": "bytes=6000000-6000009"})
    assert b"".join(answer.streaming_content) == DATA[6_000_000:6_000_010]
    assert whole(client, url).status_code == 409  # told twice


def test_a_part_of_another_size_has_to_come_again(client, url):
    address = standing(client, url)["urls"]["1"]
    put(address, DATA[:100])
    assert standing(client, url)["there"] == []


def test_a_direct_upload_takes_no_pieces_and_a_plain_one_no_parts(acme, carol, client, url):
    assert patch(client, url, b"x", 0).status_code == 409
    plain = begin(client, len(DATA), provider=str(acme.pk))
    assert "Upload-Direct" not in plain
    for what in ("parts", "whole"):
        assert client.post(f"{plain['Location']}{what}/", **TUS).status_code == 409


def test_nobody_else_gets_an_address(acme, client, url):
    dora = person("dora")
    member(dora, acme, Role.STUDENT)
    client.force_login(dora)
    for what in ("parts", "whole"):
        assert client.post(f"{url}{what}/", **TUS).status_code == 404
    client.logout()
    assert client.post(f"{url}parts/", **TUS).status_code == 401


def test_it_is_counted_and_limited_like_any_other(acme, carol, client):
    acme.tier = Tier.objects.create(code="small", name="Small", position=9, storage=20 * MB)
    acme.save()
    first = begin(client, 15 * MB, direct=True, provider=str(acme.pk))
    assert first.status_code == 201
    second = begin(client, 15 * MB, direct=True, provider=str(acme.pk))
    assert second.json()["error"]["code"] == "LIMIT_REACHED" and len(begun()) == 1
    too_large = begin(client, 4 * 1024 * MB, direct=True, provider=str(acme.pk))
    assert too_large.status_code == 413 and len(begun()) == 1


def test_small_files_and_switched_off_stores_come_to_us(acme, carol, client, settings, fields):
    small = begin(client, SMALLEST_PART - 1, direct=True, provider=str(acme.pk))
    assert small.status_code == 201 and "Upload-Direct" not in small
    private = settings.STORAGES["private"]
    off = {**private, "OPTIONS": {**private["OPTIONS"], "direct": False}}
    settings.STORAGES = {**settings.STORAGES, "private": off}
    large = begin(client, len(DATA), direct=True, provider=str(acme.pk))
    assert large.status_code == 201 and "Upload-Direct" not in large
    assert begun() == []


def test_a_store_that_fails_is_said_to_and_nothing_is_lost(acme, carol, client, url, monkeypatch):
    from lms.gateways.store.s3 import PrivateBucket

    def down(*told):
        raise StoreFailed("down")

    with monkeypatch.context() as broken:
        broken.setattr(PrivateBucket, "parts", down)
        assert client.post(f"{url}parts/", **TUS).status_code == 503
        broken.setattr(PrivateBucket, "begin_parts", down)
        answer = begin(client, len(DATA), direct=True, provider=str(acme.pk))
        assert answer.status_code == 201 and "Upload-Direct" not in answer
    assert len(standing(client, url)["urls"]) == 3


def test_what_is_refused_leaves_nothing(
    acme, carol, client, bucket, django_capture_on_commit_callbacks
):
    url = begin(client, len(DATA), "cat.png", direct=True, provider=str(acme.pk))["Location"]
    send_parts(client, url, DATA)
    with django_capture_on_commit_callbacks(execute=True):
        assert whole(client, url).status_code == 204
    assert the_row(acme).refusal == Refusal.NOT_WHAT_IT_SAYS
    assert names(bucket) == []


def test_a_large_one_is_left_to_the_worker(
    acme, carol, client, bucket, monkeypatch, django_capture_on_commit_callbacks
):
    asked = []
    monkeypatch.setattr(actions, "async_task", lambda *told: asked.append(told))
    data = DATA * 2
    url = begin(client, len(data), direct=True, provider=str(acme.pk))["Location"]
    send_parts(client, url, data)
    with django_capture_on_commit_callbacks(execute=True):
        assert whole(client, url).status_code == 204
    assert the_row(acme).state == State.CHECKING
    [(task, *told)] = asked
    with django_capture_on_commit_callbacks(execute=True):
        import_string(task)(*told)
    row = the_row(acme)
    assert row.state == State.READY and names(bucket) == [row.file.name]


def test_the_same_content_is_stored_once_whichever_way_it_came(
    acme, carol, client, bucket, url, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        sent(carol, acme, DATA, "first.txt")
        send_parts(client, url, DATA)
        whole(client, url)
    with provider_scope(acme):
        assert Blob.objects.count() == 1 and Upload.objects.count() == 2
    assert len(names(bucket)) == 1


def test_a_crash_after_the_store_has_joined_them_is_gone_on_from(acme, client, bucket, url):
    send_parts(client, url, DATA)
    row = the_row(acme)
    store = storages["private"]
    store.join_parts(row.whole_name, row.parts_id, store.parts(row.whole_name, row.parts_id))
    assert standing(client, url)["urls"] == {}
    assert whole(client, url).status_code == 204
    assert the_row(acme).state == State.READY


def test_a_crash_before_it_was_finished_is_gone_on_from(acme, client, bucket, url, monkeypatch):
    def killed(*told, **more):
        raise KeyboardInterrupt

    send_parts(client, url, DATA)
    with monkeypatch.context() as broken:
        broken.setattr(direct, "finish_upload", killed)
        with pytest.raises(KeyboardInterrupt):
            whole(client, url)
    row = the_row(acme)
    assert (row.state, row.parts_id, row.offset) == (State.RECEIVING, "", len(DATA))
    assert whole(client, url).status_code == 204
    row = the_row(acme)
    assert (row.state, row.blob.sha256) == (State.READY, hashlib.sha256(DATA).hexdigest())
    assert whole(client, url).status_code == 409  # told twice


def test_parts_the_store_has_tidied_up_come_again(acme, client, url):
    send_parts(client, url, DATA, {1})
    row = the_row(acme)
    storages["private"].abort_parts(row.whole_name, row.parts_id)
    assert whole(client, url).status_code == 409
    found = standing(client, url)
    assert found["there"] == [] and len(found["urls"]) == 3
    send_parts(client, url, DATA)
    assert whole(client, url).status_code == 204


@pytest.mark.parametrize("how", ["removed", "left", "its person goes"])
def test_what_is_not_gone_on_with_is_aborted(
    acme, carol, client, bucket, url, how, django_capture_on_commit_callbacks
):
    send_parts(client, url, DATA, {1})
    with django_capture_on_commit_callbacks(execute=True):
        if how == "removed":
            assert client.delete(url, **TUS).status_code == 204
        elif how == "left":
            with clock.later(hours=23):
                assert actions.sweep(acme, at=clock.now()) == 0
            with clock.later(hours=25):
                assert actions.sweep(acme, at=clock.now()) == 1
        else:
            with provider_scope(acme):
                carol.memberships.all().delete()
                Upload.objects.all().delete()
    assert begun() == [] and names(bucket) == []


def test_parts_without_an_upload_are_swept(acme, client, bucket, url, monkeypatch):
    store = storages["private"]
    store.begin_parts("incoming/nobody/0")
    # Its row may be about to be written. (In moto everything was begun in 2010.)
    young = [replace(each, at=clock.now()) for each in begun()]
    with monkeypatch.context() as real:
        real.setattr(type(store), "begun_parts", lambda *told: young)
        assert direct.sweep(at=clock.now()) == 0
    assert tasks.sweep() == 1
    row = the_row(acme)
    assert [each.parts_id for each in begun()] == [row.parts_id]
    send_parts(client, url, DATA)
    assert whole(client, url).status_code == 204


def test_reading_from_a_bucket_needs_no_copy_of_it(fields):
    from django.core.files.base import ContentFile

    store = storages["private"]
    store.save("a.bin", ContentFile(DATA))
    file = store.open("a.bin")
    with file:
        assert file.size == len(DATA)
        for start, length in ((0, 10), (7_000_000, 2_000_000), (100, 5), (len(DATA) - 3, 10)):
            file.seek(start)
            assert file.read(length) == DATA[start : start + length]
        file.seek(0)
        assert hashlib.file_digest(file, "sha256").digest() == hashlib.sha256(DATA).digest()
    with pytest.raises(FileNotFoundError):
        store.open("b.bin")


@pytest.mark.parametrize(
    ("told", "origin"),
    [
        ({}, "https://private.s3.amazonaws.com"),
        ({"S3_REGION": "us-east-1"}, "https://private.s3.amazonaws.com"),
        ({"S3_REGION": "eu-central-1"}, "https://private.s3.eu-central-1.amazonaws.com"),
        ({"S3_ENDPOINT": "http://127.0.0.1:9000"}, "http://127.0.0.1:9000"),
        (
            {"S3_ENDPOINT": "http://minio:9000", "S3_BROWSER_ENDPOINT": "https://files.school"},
            "https://files.school",
        ),
    ],
)
def test_pages_may_connect_to_where_parts_go(told, origin, monkeypatch):
    for name, value in ({"S3_PRIVATE_BUCKET": "private"} | told).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    chosen = buckets.storages(Env())["private"]
    assert buckets.origin_of(chosen) == origin
    store = import_string(chosen["BACKEND"])(**chosen["OPTIONS"])
    address = store.part_url("incoming/x/0", "id", 2, size=7, lasting=timedelta(minutes=5))
    assert address.startswith(f"{origin}/")
    monkeypatch.setenv("S3_DIRECT_UPLOADS", "0")
    assert buckets.origin_of(buckets.storages(Env())["private"]) == ""


def test_an_address_is_signed_for_one_part_of_one_size_and_ends(fields):
    """As in Amazon's “Authenticating Requests: Using Query Parameters (Signature Version 4)”."""
    store = storages["private"]
    address = store.part_url("incoming/x/0", "id", 2, size=7, lasting=timedelta(minutes=5))
    parts = urlsplit(address)
    told = dict(parse_qsl(parts.query))
    signature = told.pop("X-Amz-Signature")
    assert (told["partNumber"], told["X-Amz-Expires"]) == ("2", "300")
    assert told["X-Amz-SignedHeaders"] == "content-length;host"
    query = "&".join(f"{quote(key, '')}={quote(told[key], '')}" for key in sorted(told))
    headers = f"content-length:7\nhost:{parts.netloc}\n"
    request = ["PUT", parts.path, query, headers, told["X-Amz-SignedHeaders"], "UNSIGNED-PAYLOAD"]
    _key, day, region, service, end = told["X-Amz-Credential"].split("/")
    text = "\n".join(
        [
            "AWS4-HMAC-SHA256",
            told["X-Amz-Date"],
            f"{day}/{region}/{service}/{end}",
            hashlib.sha256("\n".join(request).encode()).hexdigest(),
        ]
    )
    key = b"AWS4test"
    for each in (day, region, service, end, text):
        key = hmac.digest(key, each.encode(), "sha256")
    assert key.hex() == signature


def test_parts_are_small_and_few():
    for size in (1, SMALLEST_PART, 2 * 1024 * MB, 12_345_678_901, 500 * 1024 * MB):
        part = part_size(size)
        assert part >= SMALLEST_PART and -(-size // part) <= PARTS
    assert part_size(2 * 1024 * MB) == SMALLEST_PART


def test_no_part_of_it_is_left_in_the_database(acme, client, url):
    send_parts(client, url, DATA)
    whole(client, url)
    with provider_scope(acme):
        assert not UploadPart.objects.exists()
