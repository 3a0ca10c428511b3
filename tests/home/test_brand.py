"""The screen of a school's brand: saving, previews, undo, what is refused, and where it shows."""

import json

import pytest
from django.core import mail as outbox
from django.core.exceptions import FieldError
from django.test import Client
from django.urls import reverse
from wagtail.models import Collection, ModelLogEntry, Site

from home import actions
from home.brand_forms import brand_panels
from home.models import ProviderPage
from home.rules import monogram, place_name
from home.templatetags.home_tags import legal
from lms.common.errors import Forbidden
from lms.common.mail import compose
from lms.events import SYSTEM
from lms.tenants import actions as tenants
from lms.tenants.models import LOOK, Provider, Role
from lms.tenants.selectors import sender_of
from tests.cast import member, person
from tests.lms.certificates.making import course, school
from tests.pictures import picture

pytestmark = pytest.mark.django_db

# On which neither white nor black text reads.
MIDDLING = "#e1306c"


@pytest.fixture
def acme():
    return school(tagline="Look up", primary_colour="#123456", contact_email="hello@acme.example")


@pytest.fixture
def desk(acme):
    """The browser of acme's admin."""
    return reader(acme)


def reader(provider) -> Client:
    from django.contrib.auth import get_user_model

    client = Client()
    client.force_login(get_user_model().objects.get(email=f"{provider.slug}-admin@example.org"))
    return client


def own_picture(provider, name="logo.png", data=None):
    collection = Collection.objects.get(name=provider.name)
    return picture(name, data, collection=collection)


def filled(provider, /, **changes) -> dict:
    """The form as a browser sends it."""
    form = brand_panels.get_form_class()(instance=provider)
    values = {name: form[name].value() or "" for name in form.fields}
    return {**values, **changes}


def fresh(provider) -> Provider:
    return Provider.objects.get(pk=provider.pk)


def save(desk, provider, /, **changes):
    return desk.post(reverse("brand"), filled(provider, **changes))


def test_what_is_saved_is_seen_at_once(acme, desk):
    visitor = Client(HTTP_HOST="acme.localhost")
    assert "Look up" in visitor.get("/").content.decode()
    answer = save(desk, acme, tagline="Look down", primary_colour="#0A4", body_font="book")
    assert answer.status_code == 302
    page = visitor.get("/").content.decode()
    assert "Look down" in page
    css = visitor.get("/brand.css").content.decode()
    assert "--brand: #00aa44" in css
    assert "Charter" in css


def test_nothing_but_the_brand_can_be_set(acme, desk):
    before = fresh(acme)
    save(desk, acme, tagline="New", tier="enterprise", status="closed", slug="globex", provider="x")
    after = fresh(acme)
    assert after.tagline == "New"
    assert (after.tier_id, after.status, after.slug) == (
        before.tier_id, before.status, before.slug)  # fmt: skip
    with pytest.raises(FieldError):
        tenants.change_brand(acme, {"status": "closed"}, actor=SYSTEM)


def test_instructors_may_not_change_it(acme):
    alice = person("alice")
    member(alice, acme, Role.INSTRUCTOR)
    with pytest.raises(Forbidden):
        tenants.change_brand(acme, {"tagline": "Mine"}, actor=alice)
    assert tenants.change_brand(acme, {"tagline": "Ours"}, actor=SYSTEM) == ["tagline"]


def test_a_colour_nobody_can_read_is_refused_with_a_better_one(acme, desk):
    answer = save(desk, acme, primary_colour=MIDDLING, tagline="Kept in the form")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "hard to read on this colour" in page
    assert "Kept in the form" in page
    assert fresh(acme).primary_colour == "#123456"
    (advice,) = answer.context["advice"]
    assert save(desk, acme, primary_colour=advice["suggestion"]).status_code == 302


def test_a_bad_colour_of_before_is_not_in_the_way(acme, desk):
    Provider.objects.filter(pk=acme.pk).update(primary_colour=MIDDLING)
    assert save(desk, fresh(acme), tagline="New").status_code == 302


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("primary_colour", "red; } body { display: none"),
        ("heading_font", "Comic Sans"),
        ("links", "javascript:alert(1)"),
        ("links", "http://acme.example"),
        ("reply_to", "a@b.example\nBcc: all@b.example"),
        ("certificate_design", "none"),
        ("name", " "),
        ("logo", "999999"),
        ("terms", None),
    ],
)
def test_bad_values_are_refused_and_nothing_else_is_lost(acme, desk, field, value):
    before = getattr(fresh(acme), field)
    value = "x" * 100_001 if value is None else value
    answer = save(desk, acme, **{field: value, "tagline": "Kept in the form"})
    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    assert "Kept in the form" in answer.content.decode()
    assert getattr(fresh(acme), field) == before


def test_a_picture_of_another_school_is_not_there(acme, desk):
    globex = school("globex")
    stranger = own_picture(globex)
    answer = save(desk, acme, logo=str(stranger.pk))
    assert "logo" in answer.context["form"].errors
    member(answer.wsgi_request.user, globex, Role.ADMIN)  # works for both now
    desk.post(reverse("brand"), {})
    answer = save(desk, acme, logo=str(stranger.pk))
    assert fresh(acme).logo is None


def test_the_last_change_can_be_undone_and_done_again(acme, desk):
    logo = own_picture(acme)
    save(desk, acme, tagline="New", logo=str(logo.pk))
    assert fresh(acme).logo == logo
    desk.post(reverse("brand"), {"restore": "1"})
    assert (fresh(acme).tagline, fresh(acme).logo) == ("Look up", None)
    desk.post(reverse("brand"), {"restore": "1"})
    assert (fresh(acme).tagline, fresh(acme).logo) == ("New", logo)
    logo.delete()
    save(desk, fresh(acme), tagline="Newer")
    desk.post(reverse("brand"), {"restore": "1"})
    assert (fresh(acme).tagline, fresh(acme).logo) == ("New", None)


def test_the_platforms_look_keeps_the_words(acme, desk):
    save(desk, acme, certificate_design="modern", heading_font="slab")
    desk.post(reverse("brand"), {"reset": "1"})
    after = fresh(acme)
    assert after.tagline == "Look up"
    assert not any(getattr(after, name) for name in LOOK if name != "certificate_design")
    assert Client(HTTP_HOST="acme.localhost").get("/brand.css").content == b""


def test_the_log_says_which_fields_changed(acme, desk):
    save(desk, acme, tagline="New", terms="Be kind.")
    entry = ModelLogEntry.objects.get(action="tenants.brand_changed")
    assert entry.data["fields"] == ["tagline", "terms"]
    assert entry.user.email == "acme-admin@example.org"


def test_saving_nothing_new_is_no_change(acme, desk):
    save(desk, acme)
    assert not ModelLogEntry.objects.filter(action="tenants.brand_changed").exists()


def test_a_new_name_reaches_page_and_site_and_keeps_drafts(acme, desk):
    page = ProviderPage.objects.get(provider=acme)
    page.headline = "Half-written"
    page.save_revision()
    save(desk, acme, name="Acme Academy")
    page.refresh_from_db()
    assert page.title == "Acme Academy"
    assert page.headline == ""
    draft = page.get_latest_revision_as_object()
    assert (draft.title, draft.headline) == ("Acme Academy", "Half-written")
    assert page.has_unpublished_changes
    assert Site.objects.get(root_page=page).site_name == "Acme Academy"


# --- Previews -------------------------------------------------------------------------------------


def preview(desk, provider, show, **changes) -> dict:
    answer = desk.post(reverse("brand_preview") + f"?show={show}", filled(provider, **changes))
    assert answer.status_code == 200, answer.content
    return json.loads(answer.content)


def test_a_preview_shows_what_is_not_saved(acme, desk):
    course(acme)
    logo = own_picture(acme)
    changes = {"name": "Brandnew", "tagline": "Not yet", "primary_colour": MIDDLING,
               "logo": str(logo.pk), "mail_sender": "Ada at Acme", "signatory": "Ada Lovelace",
               "certificate_design": "modern"}  # fmt: skip
    front = preview(desk, acme, "front", **changes)
    assert "Not yet" in front["html"]
    assert logo.get_rendition("max-440x96|format-webp|preserve-svg").url in front["html"]
    assert "data:text/css;base64," in front["html"]
    assert [each["field"] for each in front["advice"]] == ["primary_colour"]
    assert "Night Sky" in preview(desk, acme, "course", **changes)["html"]
    mail = preview(desk, acme, "mail", **changes)
    assert "background:#e1306c" in mail["html"]
    assert mail["head"][0][1].startswith("Ada at Acme via Fledge <")
    paper = preview(desk, acme, "certificate", **changes)["html"]
    assert "Ada Lovelace" in paper
    assert 'class="band"' in paper
    assert fresh(acme).name == acme.name
    assert fresh(acme).brand_before is None
    assert "Brandnew" not in Client(HTTP_HOST="acme.localhost").get("/").content.decode()


def test_a_preview_of_half_a_form_shows_the_rest_as_it_was(acme, desk):
    found = preview(desk, acme, "front", name="", links="nonsense", primary_colour="#12")
    assert "Look up" in found["html"]


def test_a_preview_has_no_other_way_in(acme, desk):
    assert desk.get(reverse("brand_preview")).status_code == 405
    assert desk.post(reverse("brand_preview") + "?show=secrets").status_code == 404
    carol = person("carol")
    member(carol, acme, Role.STUDENT)
    client = Client()
    client.force_login(carol)
    assert client.post(reverse("brand_preview")).status_code in (302, 403, 404)


# --- Where it shows -------------------------------------------------------------------------------


def test_the_marketplace_shows_a_schools_look_only_on_its_pages(acme):
    logo = own_picture(acme)
    actions.change_brand(acme, {"logo": logo}, actor=SYSTEM)
    course(acme)
    visitor = Client()
    assert "brand.css?of=acme" in visitor.get("/acme/").content.decode()
    assert "brand.css?of=acme" in visitor.get("/acme/night-sky/").content.decode()
    assert "brand.css" not in visitor.get("/").content.decode()
    assert "#123456" in visitor.get("/brand.css?of=acme").content.decode()
    assert visitor.get("/brand.css?of=nobody").status_code == 404
    globex = school("globex", primary_colour="#654321")
    on_acme = Client(HTTP_HOST="acme.localhost")
    assert globex.primary_colour not in on_acme.get("/brand.css?of=globex").content.decode()


def test_a_page_asks_the_database_nothing_about_a_brand_it_knows(acme, django_assert_num_queries):
    from home.branding import brand_of

    actions.change_brand(acme, {"logo": own_picture(acme)}, actor=SYSTEM)
    brand_of(acme)
    with django_assert_num_queries(0):
        brand_of(acme)


def test_a_school_without_an_icon_gets_its_first_letter(acme):
    answer = Client(HTTP_HOST="acme.localhost").get("/favicon.ico")
    assert answer["Content-Type"] == "image/svg+xml"
    assert b">A</text>" in answer.content
    assert "&lt;" not in monogram("<x>", "#123456")
    assert ">عَ" not in monogram("علم", "")
    assert monogram("***", "").count("·") == 1


def test_mail_speaks_in_the_schools_name_from_our_address(acme, settings):
    settings.DEFAULT_FROM_EMAIL = "Fledge <hello@fledge.example>"
    values = {
        "logo": own_picture(acme),
        "mail_sender": "Acme, Ltd\r\nBcc: x",
        "mail_footer": "Road 1",
    }
    for name, value in values.items():
        setattr(acme, name, value)
    message = compose(
        "certificates/emails/issued.txt",
        {"content": {}, "url": "http://x.example/"},
        to="c@example.org",
        sender=sender_of(acme),
    )
    assert message.from_email == '"Acme, Ltd Bcc: x via Fledge" <hello@fledge.example>'
    assert message.reply_to == ["hello@acme.example"]
    html = message.alternatives[0][0]
    assert "background:#123456;color:#ffffff" in html
    assert '.png" alt="Acme"' in html
    assert "Road 1" in html
    assert "Road 1" in message.body
    assert "http://acme." in message.body


def test_mail_asked_for_on_a_schools_site_is_the_schools(acme):
    person("carol")
    visitor = Client(HTTP_HOST="acme.localhost")
    visitor.post(reverse("account_reset_password"), {"email": "carol@example.org"})
    (message,) = outbox.outbox
    assert "Acme via" in message.from_email
    assert message.reply_to == ["hello@acme.example"]


def test_legal_pages_are_the_schools_words_and_nothing_that_runs(acme):
    text = (
        "# Rules\n\nBe **kind**. <script>alert(1)</script> [x](javascript:alert(1)) ![](http://x/y)"
    )
    visitor = Client(HTTP_HOST="acme.localhost")
    assert visitor.get("/terms/").status_code == 404
    actions.change_brand(acme, {"terms": text}, actor=SYSTEM)
    page = visitor.get("/terms/").content.decode()
    assert "<h2>Rules</h2>" in page
    assert "<strong>kind</strong>" in page
    assert "<script>alert" not in page
    assert 'href="javascript' not in page
    assert "<img" not in legal(text)
    assert visitor.get("/privacy/").status_code == 404


def test_an_error_page_needs_no_database(acme, django_assert_num_queries, rf):
    from lms.common.views import server_error

    request = rf.get("/", HTTP_HOST="acme.localhost")
    request.provider = acme
    with django_assert_num_queries(0):
        page = server_error(request).content.decode()
    assert "Acme" in page
    assert "/brand.css" in page


def test_places_elsewhere_have_names(acme, desk):
    assert place_name("https://www.youtube.com/@acme") == "YouTube"
    save(desk, acme, links="https://www.youtube.com/@acme\nhttps://acme.example/blog")
    page = Client(HTTP_HOST="acme.localhost").get("/").content.decode()
    assert '<a href="https://www.youtube.com/@acme" rel="me noopener">YouTube</a>' in page


def test_a_drawing_with_a_script_comes_out_harmless_and_a_lie_is_refused(acme, desk):
    """Pictures come in by Wagtail's chooser, beside the form: a refusal costs nothing typed."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    url = reverse("wagtailimages_chooser:create")
    collection = Collection.objects.get(name=acme.name).pk
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>x</script></svg>'

    def upload(name, data, kind):
        file = SimpleUploadedFile(name, data, kind)
        fields = {"image-chooser-upload-title": name, "image-chooser-upload-file": file,
                  "image-chooser-upload-collection": collection}  # fmt: skip
        return json.loads(desk.post(url, fields).content)

    found = upload("logo.svg", svg, "image/svg+xml")
    assert found["step"] == "chosen"
    save(desk, acme, logo=str(found["result"]["id"]))
    logo = fresh(acme).logo
    assert b"script" not in logo.file.read()
    for name, data in (("a.png", svg), ("a.svg", b"GIF89a"), ("a.png", b""), ("a.html", b"<b>")):
        assert upload(name, data, "image/png")["step"] != "chosen", name
