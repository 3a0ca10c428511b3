"""The certificate on paper."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from PIL import Image
from pypdf import PdfReader

from lms.certificates import document, pictures
from lms.certificates.content import Content
from lms.tenants.models import CertificateDesign

PLAIN = Content(
    code="7K3M-9QXT-2HVB-4WZD",
    url="http://localhost:8000/verify/7K3M-9QXT-2HVB-4WZD/",
    language="en",
    student="Carol Wanjiru",
    course="Night Sky",
    summary="Look up.",
    instructors=("Dr Alice Okafor",),
    provider="Acme Academy",
    primary_colour="#1d3f72",
    accent_colour="#ffffff",
    logo=None,
    signatory="Dr Alice Okafor",
    signature=None,
    completed_on=date(2026, 11, 21),
    minutes=750,
    grade=Decimal("92.50"),
    minimum_grade=Decimal("50.00"),
)
LONGEST = replace(
    PLAIN,
    student="W" * 150,
    course="W" * 255,
    summary="W" * 300,
    provider="W" * 120,
    signatory="W" * 150,
    minutes=100_000,
)


def read(content: Content) -> PdfReader:
    return PdfReader(BytesIO(document.pdf(content)), strict=True)


def words(content: Content) -> str:
    return " ".join(read(content).pages[0].extract_text().split())


def test_it_says_who_what_when_how_long_and_how_well():
    said = words(PLAIN)
    for fact in ["Carol Wanjiru", "Night Sky", "Acme Academy", "21 November 2026", "12.5 hours",
                 "92.5 %", "Dr Alice Okafor", "7K3M-9QXT-2HVB-4WZD"]:  # fmt: skip
        assert fact in said


def test_making_one_leaves_the_checks_of_uploaded_pictures_strict():
    words(PLAIN)
    whole = BytesIO()
    Image.new("RGB", (400, 400), "teal").save(whole, "jpeg")
    with pytest.raises(OSError, match="truncated"):
        Image.open(BytesIO(whole.getvalue()[:-200])).load()


def test_it_names_its_title_and_language_for_screen_readers():
    made = read(PLAIN)
    assert made.trailer["/Root"]["/Lang"] == "en"
    assert made.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert made.metadata.title == "Certificate of completion: Carol Wanjiru, Night Sky"


def test_the_longest_words_allowed_fit_on_one_page():
    made = read(LONGEST)
    assert len(made.pages) == 1
    assert made.pages[0].extract_text().count("W") >= 150 + 255 + 300 + 120 + 150


def test_a_title_of_255_emoji_fits_on_one_page():
    assert len(read(replace(PLAIN, course="🎓🚀😀" * 85)).pages) == 1


def test_an_arabic_course_has_an_arabic_page_from_right_to_left():
    content = replace(PLAIN, language="ar", student="محمد بن عبد الله", course="علم الفلك")
    assert '<html lang="ar" dir="rtl">' in document.html(content)
    assert "نوفمبر" in document.html(content)


def test_a_right_to_left_name_on_an_english_page_keeps_its_direction():
    page = document.html(replace(PLAIN, student="فاطمة الزهراء"))
    assert '<p class="student" dir="rtl">فاطمة الزهراء</p>' in page


def test_a_language_the_interface_lacks_gives_an_english_page():
    page = document.html(replace(PLAIN, language="fr"))
    assert '<html lang="en"' in page
    assert "21 November 2026" in page


def test_html_in_a_name_is_text():
    assert "<script>" not in document.html(replace(PLAIN, student="<script>alert(1)</script>"))


def test_drawing_it_twice_gives_the_same_bytes():
    emoji = replace(PLAIN, course="Bees 🐝")
    assert document.pdf(PLAIN) == document.pdf(PLAIN)
    assert document.pdf(emoji) == document.pdf(emoji)


def test_nothing_is_read_from_disk_or_network(tmp_path, monkeypatch):
    secret = tmp_path / "secret.svg"
    secret.write_text('<svg xmlns="http://www.w3.org/2000/svg"><text y="9">secret</text></svg>')
    page = f'<img src="{secret.as_uri()}"><img src="http://127.0.0.1:1/x"><p>shown</p>'
    monkeypatch.setattr(document, "html", lambda content: page)
    said = words(PLAIN)
    assert "shown" in said
    assert "secret" not in said


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(45, "45 minutes"), (60, "1 hour"), (89, "1.5 hours"), (120, "2 hours"), (750, "12.5 hours")],
)
def test_lengths_are_said_in_words(minutes, said):
    assert document.hours(minutes) == said


def test_content_survives_the_database():
    assert Content.from_json(PLAIN.to_json()) == PLAIN


def test_a_picture_that_was_tampered_with_is_not_printed(db, private_files):
    picture = keep_square()
    kept = next((private_files / "certificates/pictures").iterdir())
    kept.write_bytes(b"something else")
    with pytest.raises(pictures.PictureLost):
        document.pdf(replace(PLAIN, logo=picture))


def test_the_same_logo_is_kept_once(db, private_files):
    assert keep_square() == keep_square()
    assert len(list((private_files / "certificates/pictures").iterdir())) == 1


def keep_square():
    from django.core.files.base import ContentFile
    from PIL import Image as Raster

    from lms.files.models import Image

    out = BytesIO()
    Raster.new("RGB", (40, 40), "navy").save(out, "PNG")
    image = Image(title="logo")
    image.file = ContentFile(out.getvalue(), "logo.png")
    return pictures.keep(image)


@pytest.mark.parametrize("design", CertificateDesign.values)
@pytest.mark.parametrize("content", [PLAIN, LONGEST], ids=["plain", "longest"])
def test_every_design_is_one_page_that_says_the_same(design, content):
    content = replace(content, design=design, signatory_title="Head of school")
    found = read(content)
    assert len(found.pages) == 1
    text = " ".join(found.pages[0].extract_text().split())
    assert "7K3M-9QXT-2HVB-4WZD" in text
    assert "Head of school" in text
