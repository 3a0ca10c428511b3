"""Courses: pages authors write, and the flat listing the catalogue reads."""

from .categories import Category
from .listing import CourseListing, ListingCategory
from .pages import CoursePage, Entry, LessonPage, Level, ModulePage, Pacing, Visibility
from .teachers import TeacherApproval

__all__ = [
    "Category",
    "CourseListing",
    "CoursePage",
    "Entry",
    "LessonPage",
    "Level",
    "ListingCategory",
    "ModulePage",
    "Pacing",
    "TeacherApproval",
    "Visibility",
]
