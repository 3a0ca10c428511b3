"""Bad input: one clear line each, and the rest of the course is still read."""

import os

import pytest

from lms.files.svg import SvgError, sanitised
from lms.migration.assets import Limits
from lms.migration.folder import FolderError
from lms.migration.reader import read_course
from tests.lms.migration.folders import SVG, noted, png, read, write

GOOD = {"01-good.md": "# Good\n\nText\n"}


def problems(report):
    """What is wrong, where; without the two lines about source and licence."""
    return [
        (note.place, note.what) for note in report.problems if note.what[:3] != "no "
    ]  # fmt: skip


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(FolderError, match="can't be opened"):
        read_course(tmp_path / "no")


def test_a_file_in_place_of_a_folder(tmp_path):
    file = write(tmp_path, {"a.md": "x"}) / "a.md"
    with pytest.raises(FolderError, match="is not a folder"):
        read_course(file)


def test_a_folder_without_markdown(tmp_path):
    with pytest.raises(FolderError, match="no Markdown lessons"):
        read(tmp_path, {"a.txt": "x"})


def test_only_unreadable_lessons(tmp_path):
    with pytest.raises(FolderError, match=r"01-a\.md:1: text is not UTF-8"):
        read(tmp_path, {"01-a.md": b"caf\xe9"})


def test_text_that_is_not_utf8_is_refused_with_its_line(tmp_path):
    bundle, report = read(tmp_path, {**GOOD, "02-bad.md": b"# A\n\ncaf\xe9\n"})
    assert problems(report) == [("02-bad.md:3", "text is not UTF-8")]
    assert [lesson.title for lesson in bundle.lessons] == ["Good"]


def test_a_byte_order_mark_is_no_part_of_the_title(tmp_path):
    bundle, _report = read(tmp_path, {"01-a.md": b"\xef\xbb\xbf# Title\n\nx\n"})
    assert bundle.lessons[0].title == "Title"


def test_utf16_is_read(tmp_path):
    bundle, _report = read(tmp_path, {"01-a.md": "# Título\n\nx\n".encode("utf-16")})
    assert bundle.lessons[0].title == "Título"


def test_windows_line_ends_change_nothing(tmp_path):
    bundle, _report = read(tmp_path, {"01-a.md": b"---\r\ntitle: T\r\n---\r\n## H\r\n\r\nx\r\n"})
    assert (bundle.lessons[0].title, len(bundle.lessons[0].body)) == ("T", 2)


def test_binary_data_is_no_lesson(tmp_path):
    _bundle, report = read(tmp_path, {**GOOD, "02-bad.md": b"# A\x00\x00"})
    assert problems(report) == [("02-bad.md", "file holds binary data")]


def test_an_empty_file(tmp_path):
    bundle, report = read(tmp_path, {**GOOD, "02-empty.md": ""})
    assert problems(report) == [("02-empty.md", "file is empty")]
    assert len(bundle.lessons) == 1


def test_broken_front_matter_names_the_line_and_the_text_stays(tmp_path):
    bundle, report = read(tmp_path, {"01-a.md": "---\ntitle: a\nfoo: [1\n---\n# Title\n\nx\n"})
    assert problems(report) == [("01-a.md:4", "broken YAML")]
    assert bundle.lessons[0].title == "Title"


def test_front_matter_that_grows_without_bound(tmp_path):
    bomb = "a: &a [x,x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)},*{chr(97 + i)},*{chr(97 + i)}]\n"
        for i in range(20)
    )
    bundle, _report = read(tmp_path, {"01-a.md": f"---\n{bomb}title: [[x]]\n---\n# T\n\nx\n"})
    assert bundle.lessons[0].title == "T"


def test_a_symbolic_link_out_of_the_folder_is_refused(tmp_path):
    secret = write(tmp_path / "outside", {"secret.md": "# Secret\n", "s.png": png()})
    root = write(tmp_path / "course", {"01-a.md": "# A\n\n![x](s.png)\n"})
    (root / "02-secret.md").symlink_to(secret / "secret.md")
    (root / "s.png").symlink_to(secret / "s.png")
    (root / "03-folder").symlink_to(secret)
    bundle, report = read_course(root)
    assert [lesson.title for lesson in bundle.lessons] == ["A"]
    assert not bundle.assets
    assert [place for place, what in problems(report) if "symbolic link" in what] == [
        "02-secret.md", "03-folder", "s.png",
    ]  # fmt: skip
    assert noted(report.file("01-a.md").left_out, "a symbolic link that leads out")


def test_a_symbolic_link_inside_the_folder_is_followed(tmp_path):
    root = write(tmp_path, {"01-a.md": "# A\n\n![x](b.png)\n", "a.png": png()})
    (root / "b.png").symlink_to("a.png")
    assert "b.png" in read_course(root)[0].assets


def test_a_folder_that_links_to_itself_ends(tmp_path):
    root = write(tmp_path, GOOD)
    (root / "again").symlink_to(root)
    assert len(read_course(root)[0].lessons) == 1


def test_path_traversal_reads_nothing(tmp_path):
    write(tmp_path, {"secret.txt": "s"})
    bundle, report = read(
        tmp_path / "course", {"01-a.md": "[s](../secret.txt) ![p](../../etc/passwd)\n"}
    )
    assert not bundle.assets
    assert len(report.file("01-a.md").left_out) == 2


def test_a_40_mb_image_is_left_out_and_its_description_stays(tmp_path):
    bundle, report = read(tmp_path, {"01-a.md": "![A cat](big.png)\n", "big.png": png()})
    assert bundle.assets
    with (tmp_path / "big.png").open("ab") as file:
        file.truncate(40 * 1024 * 1024)
    bundle, report = read_course(tmp_path)
    assert not bundle.assets
    assert bundle.lessons[0].body[0]["value"] == "<p>A cat</p>"
    assert ("01-a.md:1", "big.png: file is too large (40.0 MB of at most 20 MB)") in problems(
        report
    )


def test_limits_can_be_set(tmp_path):
    files = {"01-a.md": "[d](d.csv)\n", "d.csv": "1,2\n" * 100}
    bundle, _report = read(tmp_path, files, limits=Limits(document=10))
    assert not bundle.assets
    assert bundle.lessons[0].body[0]["value"] == "<p>d</p>"


def test_an_image_of_too_many_pixels_is_never_decoded(tmp_path):
    bundle, report = read(
        tmp_path, {"01-a.md": "![A](a.png)\n", "a.png": png(50, 50)}, limits=Limits(pixels=2000)
    )
    assert not bundle.assets
    assert "50 × 50 pixels" in str(problems(report))


@pytest.mark.parametrize("content", [b"no image at all", png()[:40], b""])
def test_a_broken_image(tmp_path, content):
    bundle, report = read(tmp_path, {"01-a.md": "![A](a.png)\n", "a.png": content})
    assert not bundle.assets
    assert problems(report)[0][0] == "01-a.md:1"


def test_a_recording_that_is_none(tmp_path):
    bundle, report = read(tmp_path, {"01-a.md": "![A](a.mp4)\n", "a.mp4": b"just text"})
    assert not bundle.assets
    assert "neither sound nor film" in str(problems(report))


def test_a_title_of_emoji(tmp_path):
    title = "🎓" * 255
    bundle, _report = read(tmp_path, {"01-a.md": f"---\ntitle: {title}\n---\nx\n"})
    assert bundle.lessons[0].title == title


def test_a_longer_title_is_cut_and_reported(tmp_path):
    bundle, report = read(tmp_path, {"01-a.md": f"# {'x' * 300}\n\ny\n"})
    assert len(bundle.lessons[0].title) == 255
    assert noted(report.file("01-a.md").approximated, "title over 255")


def test_equal_addresses_become_distinct(tmp_path):
    bundle, report = read(tmp_path, {"1-a.md": "# One\n\nx\n", "2-a.md": "# Two\n\nx\n"})
    assert [lesson.slug for lesson in bundle.lessons] == ["a", "a-2"]
    assert noted(report.file("2-a.md").approximated, "address “a”")


def test_a_listed_lesson_that_is_not_there(tmp_path):
    _bundle, report = read(tmp_path, {**GOOD, "course.yaml": "lessons: [01-good, 02-gone]\n"})
    assert problems(report) == [("course.yaml", "02-gone is listed but not there, or twice")]


def test_huge_nesting_ends_and_is_reported(tmp_path):
    bundle, report = read(
        tmp_path, {"01-a.md": "# T\n\n" + "> " * 500 + "deep\n\n" + "*a **b " * 500}
    )
    assert report.file("01-a.md").left_out or report.file("01-a.md").approximated
    assert bundle.lessons[0].body


def test_names_that_are_no_utf8_are_reported(tmp_path):
    write(tmp_path, GOOD)
    with open(os.fsencode(tmp_path) + b"/02-\xff.md", "wb") as file:
        file.write(b"# X\n")
    _bundle, report = read_course(tmp_path)
    assert noted(report.problems, "file name is not UTF-8")


def test_unknown_values_of_course_yaml_are_reported(tmp_path):
    bundle, report = read(
        tmp_path, {**GOOD, "course.yaml": "title: T\nlevel: wizard\ncover: no.png\n"}
    )
    assert bundle.level == "all"
    assert [what for _place, what in problems(report)] == [
        "level “wizard” is unknown", "cover no.png can't be used",
    ]  # fmt: skip


# --- Drawings
def test_a_drawing_keeps_its_shapes(tmp_path):
    data, dropped = sanitised(SVG)
    assert b"<rect" in data
    assert not dropped


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>", '<rect onload="x()"/>', '<image href="https://x.org/a.png"/>',
        '<use xmlns:l="http://www.w3.org/1999/xlink" l:href="javascript:x"/>',
        "<foreignObject><b/></foreignObject>", "<style>@import url(https://x.org)</style>",
        '<rect style="fill: url(https://x.org)"/>', '<a href="javascript:x"><rect/></a>',
    ],
)  # fmt: skip
def test_a_drawing_runs_and_loads_nothing(inside):
    data, _dropped = sanitised(
        f'<svg xmlns="http://www.w3.org/2000/svg"><g>{inside}</g></svg>'.encode()
    )
    for word in (b"script", b"onload", b"https://x.org", b"foreignObject"):
        assert word not in data


@pytest.mark.parametrize(
    "data",
    [b"<svg", b"<html/>", b'<!DOCTYPE s [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>'],
)  # fmt: skip
def test_what_is_no_drawing_is_refused(data):
    with pytest.raises(SvgError):
        sanitised(data)


def test_what_a_drawing_lost_is_reported(tmp_path):
    svg = SVG.replace(b"<rect", b"<script/><rect", 1)
    _bundle, report = read(tmp_path, {"01-a.md": "![A](a.svg)\n", "a.svg": svg})
    assert noted(report.file("a.svg").left_out, "<script>")
