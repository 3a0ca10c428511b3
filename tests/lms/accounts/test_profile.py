import io
from datetime import UTC, datetime

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from PIL import Image

from lms.accounts import actions, pictures
from lms.accounts.middleware import PersonalSettingsMiddleware
from lms.accounts.models import User
from tests.lms.accounts.steps import visible

pytestmark = pytest.mark.django_db


def save(client, **changes):
    fields = {
        "name": "Carol Ng",
        "headline": "",
        "biography": "",
        "language": "en",
        "time_zone": "UTC",
        **changes,
    }
    return client.post("/account/profile/", fields)


def picture(size=(900, 600), kind="JPEG", **options) -> SimpleUploadedFile:
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, kind, **options)
    return SimpleUploadedFile(f"me.{kind.lower()}", file.getvalue())


@pytest.fixture(autouse=True)
def own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def test_visitors_are_asked_to_sign_in(client):
    for path in ("/account/profile/", "/account/security/"):
        assert client.get(path).url == f"/account/login/?next={path}"


def test_what_people_say_about_themselves_is_kept(as_carol, carol):
    save(
        as_carol,
        name="  Carol   Ngũgĩ ",
        headline="Diver",
        biography="I dive.",
        time_zone="Asia/Kathmandu",
        language="ar",
    )

    carol.refresh_from_db()
    assert carol.name == "Carol Ngũgĩ"
    assert (carol.headline, carol.biography) == ("Diver", "I dive.")
    assert (carol.time_zone, carol.language) == ("Asia/Kathmandu", "ar")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 151),
        ("headline", "x" * 121),
        ("biography", "x" * 2001),
        ("time_zone", "Mars/Olympus"),
        ("language", "tlh"),
    ],
)
def test_bad_values_are_refused_beside_their_field(as_carol, carol, field, value):
    answer = save(as_carol, **{field: value})

    assert field in answer.context["form"].errors
    before = carol.name
    carol.refresh_from_db()
    assert carol.name == before


def test_a_refused_name_does_not_show_in_the_header(as_carol):
    assert "x" * 151 not in visible(save(as_carol, name="x" * 151)).split("<main")[0]


def test_nobody_becomes_an_operator_by_the_profile_form(as_carol, carol):
    save(as_carol, is_superuser="on", is_staff="on", email="x@example.org")

    carol.refresh_from_db()
    assert not carol.is_superuser
    assert not carol.is_staff
    assert carol.email == "carol@example.org"


def test_markup_in_a_biography_is_shown_as_text(as_carol):
    save(as_carol, biography="<script>alert(1)</script>")

    assert "<script>alert" not in visible(as_carol.get("/account/profile/"))


def test_the_time_zone_offers_the_difference_to_utc(as_carol):
    assert "Kathmandu (UTC+05:45)" in visible(as_carol.get("/account/profile/"))


def test_an_old_name_of_a_time_zone_survives_saving(as_carol, carol):
    User.objects.update(time_zone="US/Pacific")
    save(as_carol, time_zone="US/Pacific", headline="Diver")

    carol.refresh_from_db()
    assert (carol.time_zone, carol.headline) == ("US/Pacific", "Diver")


# --- The picture ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_picture_becomes_small_and_square(as_carol, carol, kind):
    save(as_carol, picture=picture(kind=kind))

    carol.refresh_from_db()
    with Image.open(carol.picture) as stored:
        assert (stored.size, stored.format) == ((512, 512), "WEBP")


def test_a_small_picture_is_not_blown_up(as_carol, carol):
    save(as_carol, picture=picture((120, 80)))

    carol.refresh_from_db()
    assert Image.open(carol.picture).size == (80, 80)


def test_where_and_with_what_it_was_taken_is_dropped(as_carol, carol):
    exif = Image.Exif()
    exif[0x010F] = "Camera of Carol"
    exif.get_ifd(0x8825)[1] = "N"
    save(as_carol, picture=picture(exif=exif))

    carol.refresh_from_db()
    with Image.open(carol.picture) as stored:
        assert not stored.getexif()
    assert b"Camera" not in carol.picture.open().read()


def test_a_picture_taken_sideways_stands_upright(as_carol, carol):
    file = io.BytesIO()
    image = Image.new("RGB", (100, 100), "red")
    image.paste("blue", (0, 0, 50, 100))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90° clockwise
    image.save(file, "JPEG", exif=exif, quality=95)
    save(as_carol, picture=SimpleUploadedFile("me.jpg", file.getvalue()))

    carol.refresh_from_db()
    red, _green, blue = Image.open(carol.picture).convert("RGB").getpixel((50, 10))
    assert blue > red


def test_the_name_of_the_file_does_not_come_from_outside(as_carol, carol):
    upload = picture()
    upload.name = "../../evil.php"
    save(as_carol, picture=upload)

    carol.refresh_from_db()
    assert carol.picture.name.startswith("pictures/")
    assert carol.picture.name.endswith(".webp")
    assert "evil" not in carol.picture.name


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<?php evil(); ?>",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 50,
        b"\xff\xd8\xff\xe0" + b"junk" * 100,
    ],
)
def test_what_is_no_picture_is_refused(as_carol, carol, content):
    answer = save(as_carol, picture=SimpleUploadedFile("me.png", content))

    assert "picture" in answer.context["form"].errors
    carol.refresh_from_db()
    assert not carol.picture


def test_a_cut_off_picture_is_refused(as_carol):
    whole = picture((2000, 2000)).read()
    answer = save(as_carol, picture=SimpleUploadedFile("me.jpg", whole[: len(whole) // 2]))

    assert "picture" in answer.context["form"].errors


def test_a_picture_of_absurd_size_is_refused_unopened(as_carol):
    bomb = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(bomb, "PNG")

    answer = save(as_carol, picture=SimpleUploadedFile("me.png", bomb.getvalue()))

    assert "picture" in answer.context["form"].errors


def test_a_file_over_the_limit_is_refused(as_carol, monkeypatch):
    monkeypatch.setattr(pictures, "MAX_BYTES", 100)

    assert "picture" in save(as_carol, picture=picture()).context["form"].errors


def test_the_old_picture_goes_with_a_new_one(
    as_carol, carol, tmp_path, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        save(as_carol, picture=picture())
    with django_capture_on_commit_callbacks(execute=True):
        save(as_carol, picture=picture())

    assert len(list((tmp_path / "pictures").iterdir())) == 1


def test_a_picture_can_be_removed(as_carol, carol, tmp_path, django_capture_on_commit_callbacks):
    save(as_carol, picture=picture())
    with django_capture_on_commit_callbacks(execute=True):
        save(as_carol, remove_picture="on")

    carol.refresh_from_db()
    assert not carol.picture
    assert not list((tmp_path / "pictures").iterdir())


def test_saving_without_a_picture_keeps_the_old_one(as_carol, carol):
    save(as_carol, picture=picture())
    save(as_carol, headline="Diver")

    carol.refresh_from_db()
    assert carol.picture


# --- Language and time zone everywhere ------------------------------------------------------------


def test_pages_come_in_the_language_of_the_account(as_carol, carol):
    actions.update_profile(carol, actor=carol, language="ar")

    answer = as_carol.get("/account/profile/", headers={"accept-language": "en"})

    assert 'lang="ar" dir="rtl"' in visible(answer)
    assert answer["Content-Language"] == "ar"


def test_a_visitor_gets_the_language_of_the_browser(client):
    answer = client.get("/account/login/", headers={"accept-language": "ar"})

    assert 'lang="ar"' in visible(answer)


def test_the_next_visitor_does_not_inherit_a_language(as_carol, carol, client):
    actions.update_profile(carol, actor=carol, language="ar")
    as_carol.get("/account/profile/")

    assert 'lang="en"' in visible(Client().get("/account/login/"))


def test_choosing_a_language_at_the_foot_of_a_page_is_for_good(as_carol, carol):
    as_carol.post(reverse("set_language"), {"language": "ar", "next": "/account/profile/"})

    carol.refresh_from_db()
    assert carol.language == "ar"


def test_times_are_shown_in_the_time_zone_of_the_account(as_carol, carol):
    actions.update_profile(carol, actor=carol, time_zone="Asia/Kathmandu")
    UserSession.objects.update_or_create(
        session_key=as_carol.session.session_key,
        defaults={
            "user": carol,
            "ip": "10.0.0.9",
            "created_at": datetime(2026, 3, 1, 20, 0, tzinfo=UTC),
        },
    )

    assert "2 March 2026, 01:45" in visible(as_carol.get("/account/sessions/"))


def test_a_visitor_gets_no_session_from_the_middleware(rf):
    request = rf.get("/")
    request.session = SessionStore()
    PersonalSettingsMiddleware(lambda request: HttpResponse())(request)

    assert not request.session.accessed


def test_a_made_up_session_cookie_is_a_visitor(client):
    client.cookies[settings.SESSION_COOKIE_NAME] = "madeup"

    assert client.get("/account/login/").status_code == 200
