"""Somebody who works for several schools is in one at a time, sees which, and gets to the other."""

import pytest
from django.urls import reverse

from home.actions import open_provider, set_up_marketplace
from lms.events import SYSTEM
from lms.tenants.actions import add_member, move_provider
from lms.tenants.models import Role
from lms.tenants.states import SUSPEND
from tests.cast import person
from tests.lms.learning import reader

pytestmark = pytest.mark.django_db
HOME = "/cms/"


@pytest.fixture(autouse=True)
def marketplace():
    return set_up_marketplace()


@pytest.fixture
def schools(django_capture_on_commit_callbacks):
    """acme and globex; both manages the one and teaches at the other."""
    both = person("both")
    with django_capture_on_commit_callbacks(execute=True):
        acme = open_provider(name="Acme", slug="acme", owner=both, actor=SYSTEM)
        globex = open_provider(name="Globex", slug="globex", owner=person("mia"), actor=SYSTEM)
        add_member(provider=globex, user=both, role=Role.INSTRUCTOR, actor=SYSTEM, approved=True)
    return both, acme, globex


def explore(provider):
    return reverse("wagtailadmin_explore", args=[provider.page.pk])


def text(answer):
    return answer.content.decode()


def test_one_school_is_shown_at_a_time(schools):
    both, _acme, globex = schools
    desk = reader(both)
    page = text(desk.get(HOME))
    assert "school-acme" in page and "school-globex" not in page
    assert "You are working at" in page.split("</template>")[0]
    page = text(desk.get(f"{HOME}?house=globex"))
    assert "school-globex" in page and "school-acme" not in page
    assert "school-globex" in text(desk.get(HOME)), "the choice is kept"
    assert desk.get(explore(globex)).status_code == 200


def test_the_menu_has_every_school_and_marks_this_one(schools):
    both, _acme, _globex = schools
    page = text(reader(both).get(HOME))
    assert "/cms/?house=acme" in page and "/cms/?house=globex" in page


def test_with_one_school_there_is_its_name_and_nothing_to_switch(schools):
    _both, _acme, globex = schools
    mia = globex_admin(globex)
    page = text(reader(mia).get(HOME))
    assert "?house=" not in page
    assert "Globex" in page.split("</template>")[0]


def globex_admin(globex):
    from lms.tenants.selectors import first_admin

    return first_admin(globex)


def test_an_address_of_the_other_school_offers_to_switch_there_and_stay_there(schools):
    both, _acme, globex = schools
    desk = reader(both)
    answer = desk.get(f"{explore(globex)}?p=1")
    assert answer.status_code == 404
    page = text(answer)
    way = f"{explore(globex)}?p=1&amp;house=globex"
    assert f'href="{way}"' in page and "Switch to Globex" in page
    assert desk.get(way.replace("&amp;", "&")).status_code == 200


def test_what_was_sent_to_the_other_school_is_said_to_be_unsaved(schools):
    both, _acme, globex = schools
    url = reverse("wagtailadmin_pages:edit", args=[globex.page.pk])
    answer = reader(both).post(url, {"title": "Long work"})
    assert answer.status_code == 404 and "Nothing was saved" in text(answer)


def test_strangers_get_the_plain_answer(schools):
    _both, acme, globex = schools
    answer = reader(globex_admin(globex)).get(explore(acme))
    assert answer.status_code == 404 and "Acme" not in text(answer)


def test_programs_get_the_plain_answer(schools):
    both, _acme, globex = schools
    answer = reader(both).get(explore(globex), headers={"X-Requested-With": "XMLHttpRequest"})
    assert answer.status_code == 404 and "Switch" not in text(answer)


def test_a_screen_one_may_not_use_here_leads_to_where_one_may(schools):
    both, _acme, _globex = schools
    desk = reader(both)
    desk.get(f"{HOME}?house=globex")
    answer = desk.get(reverse("plan"))
    assert answer.status_code == 403 and "Switch to Acme" in text(answer)
    assert "Acme" in text(desk.get(f"{reverse('plan')}?house=acme"))


@pytest.mark.parametrize("asked", ["nobody", "", "acme' OR 1=1", "\x00", "a" * 5000])
def test_a_school_one_does_not_work_for_changes_nothing(schools, asked):
    both, _acme, _globex = schools
    page = text(reader(both).get(HOME, {"house": asked}))
    assert "school-acme" in page


def test_a_remembered_school_that_was_left_or_stopped_is_forgotten(schools):
    both, _acme, globex = schools
    desk = reader(both)
    desk.get(f"{HOME}?house=globex")
    move_provider(globex, SUSPEND, actor=SYSTEM)
    assert "school-acme" in text(desk.get(HOME))


def test_where_one_only_assists_is_no_desk(schools, django_capture_on_commit_callbacks):
    _both, acme, globex = schools
    mia = globex_admin(globex)
    with django_capture_on_commit_callbacks(execute=True):
        add_member(provider=acme, user=mia, role=Role.ASSISTANT, actor=SYSTEM)
    page = text(reader(mia).get(f"{HOME}?house=acme"))
    assert "school-globex" in page and "Acme" not in page


def test_a_school_s_own_host_is_that_school(schools):
    both, _acme, _globex = schools
    page = text(reader(both).get(f"{HOME}?house=acme", headers={"Host": "globex.localhost"}))
    assert "school-globex" in page and "school-acme" not in page
