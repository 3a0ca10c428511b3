"""A school signs up by itself and finds everything it needs for its first course."""

import pytest
from django.core import mail
from django.urls import reverse
from wagtail.models import Collection, Site

from home.models import ProviderPage
from lms.courses.models import CoursePage, LessonPage
from lms.tenants.models import Membership, Provider, Role
from lms.tenants.scope import provider_scope
from lms.tenants.states import State
from tests.cast import person
from tests.lms.courses.authoring import edit_url, send
from tests.lms.learning import reader

pytestmark = pytest.mark.django_db
NEW = "/teach/new/"


@pytest.fixture(autouse=True)
def marketplace():
    from home.actions import set_up_marketplace

    return set_up_marketplace()


@pytest.fixture
def eve():
    return person("eve")


@pytest.fixture
def operator():
    return person("olga", is_superuser=True, is_staff=True)


@pytest.fixture
def sign_up(django_capture_on_commit_callbacks):
    def sign_up(user, name="Night School", slug="night"):
        with django_capture_on_commit_callbacks(execute=True):
            return reader(user).post(NEW, {"name": name, "slug": slug})

    return sign_up


def test_a_school_is_open_at_once_with_all_it_needs(eve, sign_up):
    answer = sign_up(eve)
    assert answer.url == reverse("wagtailadmin_home")
    provider = Provider.objects.get(slug="night")
    assert provider.status == State.OPEN
    assert Site.objects.get(hostname="night.localhost").root_page == provider.page.page_ptr
    assert Collection.objects.filter(name="Night School").exists()
    with provider_scope(provider):
        assert Membership.objects.get(user=eve).role == Role.ADMIN
    home = reader(eve).get("/", headers={"Host": "night.localhost"})
    assert "Night School" in home.content.decode()


def test_the_desk_shows_the_sample_and_the_next_step(eve, sign_up):
    sign_up(eve)
    desk = reader(eve).get("/cms/").content.decode()
    assert "A sample course to make your own" in desk
    assert "To your first course" in desk


def test_the_sample_can_be_edited_and_published(eve, sign_up):
    sign_up(eve)
    sample = CoursePage.objects.get(provider__slug="night")
    assert not sample.live
    assert LessonPage.objects.descendant_of(sample).count() == 2
    send(eve, edit_url(sample), title="Stars by eye", action_publish="1")
    shown = reader(eve).get("/courses/").content.decode()
    assert "Stars by eye" in shown


def test_the_sample_speaks_the_owners_language(sign_up):
    amal = person("amal", language="ar")
    sign_up(amal)
    sample = CoursePage.objects.get(provider__slug="night")
    assert sample.language == "ar"


def test_the_owner_is_told_that_the_school_is_open(eve, sign_up):
    sign_up(eve)
    (message,) = mail.outbox
    assert message.to == ["eve@example.org"]
    assert "Night School is open" in message.subject
    assert "http://night.localhost" in message.body


def test_an_empty_address_is_made_from_the_name(eve, sign_up):
    sign_up(eve, name="École de la Nuit", slug="")
    assert Provider.objects.get().slug == "ecole-de-la-nuit"


@pytest.mark.parametrize(
    ("slug", "why"),
    [
        ("courses", "reserved"),
        ("www", "reserved"),
        ("xn--nght-0ra", "Use lower-case"),  # a look-alike in another script
        ("a b", "Use lower-case"),
        ("-night", "Use lower-case"),
        ("x" * 64, "63"),
    ],
)
def test_an_address_that_can_not_be_had_is_explained_and_nothing_typed_is_lost(
    eve, sign_up, slug, why
):
    answer = sign_up(eve, slug=slug)
    text = answer.content.decode()
    assert answer.status_code == 400
    assert why in text
    assert 'value="Night School"' in text
    assert not Provider.objects.exists()


def test_an_address_is_given_once(eve, sign_up):
    sign_up(eve)
    answer = sign_up(person("mallory"), name="Other", slug="Night")
    assert "This address is taken" in answer.content.decode()
    assert Provider.objects.count() == 1


def test_a_name_without_latin_letters_asks_for_an_address(eve, sign_up):
    answer = sign_up(eve, name="مدرسة الليل", slug="")
    assert "Latin letters" in answer.content.decode()


def test_nobody_takes_addresses_in_bulk(eve, sign_up):
    for number in range(3):
        sign_up(eve, slug=f"night{number}")
    answer = sign_up(eve, slug="night3")
    assert answer.status_code == 409
    assert Provider.objects.count() == 3


def test_visitors_sign_in_first():
    from django.test import Client

    answer = Client(HTTP_HOST="localhost").get(NEW)
    assert answer.url == f"/account/login/?next={NEW}"


def test_a_providers_own_host_opens_no_schools(eve, sign_up):
    sign_up(eve)
    for path in ("/teach/", NEW, "/teach/schools/"):
        assert reader(eve).get(path, headers={"Host": "night.localhost"}).status_code == 404


def test_fields_nobody_offered_are_ignored(eve, django_capture_on_commit_callbacks):
    data = {"name": "Night", "slug": "night", "tier": "premium", "status": "open", "id": "1"}
    reader(eve).post(NEW, data)
    assert Provider.objects.get().tier_id == "enterprise"  # the tests' first tier


# --- Where operators look first


@pytest.fixture
def approval(settings):
    settings.FLEDGE_APPROVE_PROVIDERS = True


def test_a_school_waits_where_operators_look_first(approval, eve, operator, sign_up):
    answer = sign_up(eve)
    assert answer.url == "/teach/schools/"
    assert "We look at every new school" in reader(eve).get(answer.url).content.decode()
    assert Provider.objects.get().status == State.PENDING
    assert not ProviderPage.objects.exists()
    (asked,) = mail.outbox
    assert asked.to == ["olga@example.org"]


def test_an_operator_lets_it_in_and_the_owner_is_told(
    approval, eve, operator, sign_up, django_capture_on_commit_callbacks
):
    sign_up(eve)
    provider = Provider.objects.get()
    url = reverse("schools_admin:school", args=[provider.pk])
    with django_capture_on_commit_callbacks(execute=True):
        reader(operator).post(url, {"tier": "free", "move": "approve"})
    provider.refresh_from_db()
    assert (provider.status, provider.tier_id) == (State.OPEN, "free")
    assert CoursePage.objects.filter(provider=provider).exists()
    assert "is open" in mail.outbox[-1].subject
    assert mail.outbox[-1].to == ["eve@example.org"]


def test_a_school_given_up_before_it_opened_can_be_opened_after_all(
    approval, eve, operator, sign_up
):
    sign_up(eve)
    provider = Provider.objects.get()
    url = reverse("schools_admin:school", args=[provider.pk])
    for move in ("close", "reopen"):
        reader(operator).post(url, {"tier": "free", "move": move})
    assert ProviderPage.objects.filter(provider=provider).exists()


def test_a_suspended_school_is_not_seen_anywhere(eve, operator, sign_up):
    sign_up(eve)
    provider = Provider.objects.get()
    sample = CoursePage.objects.get()
    sample.save_revision().publish()
    url = reverse("schools_admin:school", args=[provider.pk])
    reader(operator).post(url, {"tier": "free", "move": "suspend"})
    for path in ("/night/", f"/night/{sample.slug}/"):
        assert reader(eve).get(path).status_code == 404


def test_a_state_that_can_not_follow_is_refused(eve, operator, sign_up):
    sign_up(eve)
    url = reverse("schools_admin:school", args=[Provider.objects.get().pk])
    reader(operator).post(url, {"tier": "free", "move": "approve"})
    assert Provider.objects.get().status == State.OPEN
    reader(operator).post(url, {"tier": "free", "move": "erase"})
    assert Provider.objects.get().status == State.OPEN


def test_schools_are_listed_for_operators_only(eve, operator, sign_up):
    sign_up(eve)
    index = reverse("schools_admin:index")
    assert "Night School" in reader(operator).get(index).content.decode()
    assert reader(eve).get(index).status_code == 404


@pytest.mark.parametrize("schools", [1, 12])
def test_the_operators_list_takes_the_same_queries_however_many(
    operator, schools, django_assert_max_num_queries
):
    from tests.cast import house

    for number in range(schools):
        house(f"house{number}")
    browser = reader(operator)
    index = reverse("schools_admin:index")
    browser.get(index)
    with django_assert_max_num_queries(12):
        browser.get(index)
