import pytest

from lms.common.states import IllegalMove, Machine, StaleMove, machines, move
from lms.tenants.scope import NoScope, provider_scope
from tests.cast import house
from tests.testapp.models import LEND, LOAN, LOSE, RETURN, Book, Loan


@pytest.fixture
def book(db):
    with provider_scope(house("acme")):
        yield Book.objects.create(title="Moby Dick")


def test_a_move_is_written_with_its_updates(book):
    move(book, LEND, pages=7)
    book.refresh_from_db()
    assert (book.state, book.pages) == (Loan.LENT, 7)


def test_a_move_the_table_forbids_is_refused_and_changes_nothing(book):
    with pytest.raises(IllegalMove):
        move(book, RETURN)
    book.refresh_from_db()
    assert book.state == Loan.SHELVED


def test_of_two_movers_the_second_is_refused(book):
    same = Book.objects.get(pk=book.pk)
    move(book, LEND)
    with pytest.raises(StaleMove):
        move(same, LEND)


def test_the_state_itself_is_no_update(book):
    with pytest.raises(ValueError, match="decided by the transition"):
        move(book, LEND, state=Loan.LOST)


def test_a_move_needs_a_scope(db):
    with provider_scope(house("globex")):
        book = Book.objects.create(title="Emma")
    with pytest.raises(NoScope):
        move(book, LEND)


@pytest.mark.parametrize(
    ("transitions", "problem"),
    [
        ({("a", "go"): "c"}, "undeclared"),
        ({("a", "go"): "a"}, "no way leads to"),
    ],
)
def test_a_table_with_loose_ends_is_refused(transitions, problem):
    with pytest.raises(ValueError, match=problem):
        Machine("broken", {"a": "One.", "b": "Two."}, initial="a", transitions=transitions)


def test_a_name_is_given_once():
    with pytest.raises(ValueError, match="Two machines"):
        Machine(LOAN.name, {"a": "One."}, initial="a", transitions={})


def test_the_diagram_shows_every_transition_and_meaning():
    page = LOAN.markdown()
    assert f"lent --> lost: {LOSE}" in page
    assert "| lost | Nobody has it any more. |" in page
    assert LOAN in machines()
