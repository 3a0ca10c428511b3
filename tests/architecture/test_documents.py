"""Generated pages are fresh."""

from pathlib import Path

from django.core.management import call_command

from tests.testapp.models import LOAN

PAGES = Path(__file__).parents[2] / "docs" / "states"


def test_the_state_diagrams_show_the_machines_of_the_code(tmp_path):
    call_command("state_diagrams", "--into", str(tmp_path), verbosity=0)
    (tmp_path / f"{LOAN.name}.md").unlink()
    fresh = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert {path.name: path.read_text() for path in PAGES.iterdir()} == fresh, (
        "run manage.py state_diagrams"
    )
