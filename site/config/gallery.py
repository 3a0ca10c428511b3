"""Every component with sample data on one page; for work on the design, in development only."""

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_by_name

CODE = '''from decimal import Decimal


def average(grades: list[Decimal]) -> Decimal:
    """The mean of the grades; zero when there are none."""
    if not grades:
        return Decimal(0)
    return sum(grades) / len(grades)  # exact: no floats


print(f"Average: {average([Decimal('7.5'), Decimal(9)]):.1f}")
'''

COURSES = [
    {
        "url": "#",
        "title": "Drawing birds from life",
        "summary": "Gesture, structure and feather: how to see a bird before it flies away.",
        "instructor": "Maya Lindqvist",
        "provider": "Atelier Norr",
        "price": "€49.00",
        "level": "Beginner",
        "categories": ["Drawing", "Nature"],
        "seed": 2,
        "rating": 4.8,
        "rating_count": 212,
    },
    {
        "url": "#",
        "title": "SQL that answers questions: from a first SELECT to window functions",
        "summary": "Ask a database what you want to know, and know that the answer is right. "
        "Thirty short lessons on one real data set.",
        "instructor": "Samuel Okafor",
        "provider": "Field Notes School",
        "price": "",
        "level": "Intermediate",
        "categories": ["Data"],
        "seed": 3,
        "lessons": 31,
    },
    {
        "url": "#",
        "title": "كتابة القصة القصيرة",
        "summary": "من الفكرة الأولى إلى المسودة الأخيرة في ثمانية أسابيع.",
        "instructor": "ليلى حداد",
        "provider": "دار القلم",
        "price": "€120.00",
        "level": "All levels",
        "categories": ["Writing"],
        "seed": 5,
        "flag": "Class full",
        "rating": 4.2,
        "rating_count": 9,
    },
    {
        "url": "#",
        "title": "Statistics without fear",
        "summary": "Means, models and honest doubt.",
        "instructor": "Ines Duarte",
        "provider": "Field Notes School",
        "price": "€79.00",
        "level": "Beginner",
        "categories": ["Data", "Science"],
        "seed": 1,
        "lessons": 18,
    },
]

MODULES = [
    {
        "title": "1. Looking",
        "detail": "3 lessons · 24 min",
        "open": True,
        "lessons": [
            {"title": "Why birds?", "url": "#", "state": "done", "minutes": 6},
            {
                "title": "Gesture in thirty seconds",
                "url": "#",
                "state": "current",
                "kind": "video",
                "minutes": 12,
            },
            {"title": "Sound sketches", "url": "#", "state": "open", "kind": "audio", "minutes": 6},
        ],
    },
    {
        "title": "2. Structure: the skeleton under the feathers",
        "detail": "2 lessons · 31 min",
        "lessons": [
            {"title": "Egg, hinge, wedge", "url": "#", "state": "preview", "minutes": 15},
            {"title": "The wing is a hand", "url": "", "state": "locked", "minutes": 16},
        ],
    },
]


class SampleForm(forms.Form):
    """One field of each kind the pages use."""

    name = forms.CharField(help_text="As it should stand on your certificates.")
    email = forms.EmailField(label="E-mail")
    level = forms.ChoiceField(choices=[("b", "Beginner"), ("i", "Intermediate")])
    about = forms.CharField(label="About you", widget=forms.Textarea, required=False)
    pace = forms.ChoiceField(
        choices=[("self", "At my own pace"), ("live", "With a class")], widget=forms.RadioSelect
    )
    picture = forms.FileField(required=False)
    terms = forms.BooleanField(label="I agree to the terms")


def _context() -> dict[str, object]:
    form = SampleForm({"name": "Carol Mbeki", "email": "carol@", "level": "b", "pace": "self"})
    lexer = get_lexer_by_name("python")
    return {
        "courses": COURSES,
        "modules": MODULES,
        "form": form,
        "page": Paginator(range(90), 10).page(3),
        "code": highlight(CODE, lexer, HtmlFormatter(nowrap=True)),
        "crumbs": [{"title": "Courses", "url": "#"}, {"title": "Drawing", "url": "#"}],
        "tabs": [
            {"title": "In progress", "url": "#", "current": True, "icon": "book-open", "count": 3},
            {"title": "Completed", "url": "#", "icon": "circle-check", "count": 12},
            {"title": "Certificates", "url": "#", "icon": "award"},
        ],
        "steps": [
            {"title": "Describe the course", "state": "done"},
            {"title": "Write lessons", "state": "current", "detail": "4 of 12 ready"},
            {"title": "Publish"},
        ],
        "options": [
            {"text": "The tail", "correct": False, "feedback": "It steers; look further up."},
            {"text": "The wing", "correct": True, "feedback": "Yes: the primaries are fingers."},
            {"text": "The beak", "correct": False, "feedback": ""},
        ],
        "neighbours": {
            "previous": {"title": "Why birds?", "url": "#"},
            "next": {"title": "Sound sketches", "url": "#"},
        },
    }


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """The style gallery."""
    return render(request, "gallery.html", _context())
