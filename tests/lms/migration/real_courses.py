"""The real courses, where they stand beside the checkout: data of others, never committed."""

import os
from pathlib import Path

import pytest

COURSES = Path(__file__).resolve().parents[3].parent / "shared" / "courses"


def real_course(name: str) -> Path:
    """The folder of a real course. Without it the test is skipped, on the build server it fails."""
    folder = COURSES / name
    if not folder.is_dir():
        message = f"the real course {name} is not at {folder}"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return folder
