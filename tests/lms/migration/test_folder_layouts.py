"""Which files become lessons, in which order, and what the course says of itself."""

import pytest

from lms.migration.bundle import Module
from tests.lms.migration.folders import noted, png, read


def outline(bundle):
    """Modules as (title, [lesson titles]), lessons as titles."""
    return [
        (child.title, [lesson.title for lesson in child.lessons])
        if isinstance(child, Module)
        else child.title
        for child in bundle.children
    ]


WORKBENCH = {
    "config.yaml": (
        "carpentry: incubator\ntitle: Knots\nlicense: CC-BY 4.0\nsource: https://example.org/knots\n"
        "lang: en\nepisodes:\n- second.md\n- first.md\nlearners:\n"
    ),
    "index.md": "---\nsite: x\n---\nKnots hold.\n\n::: prereq\n\n## Before\n\nTwo hands.\n\n:::\n",
    "episodes/first.md": (
        "---\ntitle: First\nteaching: 10\nexercises: 5\n---\nSee [s](second.md).\n"
    ),
    "episodes/second.md": (
        "---\ntitle: Second *knot*\n---\nSee [bend](../learners/reference.md#bend).\n"
    ),
    "episodes/draft.md": "---\ntitle: Draft\n---\nNot yet.\n",
    "learners/reference.md": "---\ntitle: Glossary\n---\n[bend]{#bend}\n:   Joins ropes.\n",
    "learners/setup.md": "---\ntitle: Setup\n---\nBring rope.\n",
    "instructors/notes.md": "---\ntitle: Notes\n---\nAnswers.\n",
    "profiles/learner-profiles.md": "---\ntitle: FIXME\n---\nPlaceholder.\n",
}


def test_a_workbench_lesson_follows_its_configuration(tmp_path):
    bundle, report = read(tmp_path, WORKBENCH)
    assert outline(bundle) == ["Second knot", "First", ("For learners", ["Setup", "Glossary"])]
    assert bundle.lessons[1].minutes == 15
    assert [lesson.required for lesson in bundle.lessons] == [True, True, False, False]
    assert noted(report.file("episodes/draft.md").left_out, "does not list it")
    assert noted(report.file("instructors/notes.md").left_out, "instructors")
    assert noted(report.file("profiles/learner-profiles.md").left_out, "FIXME")


def test_a_workbench_lesson_names_source_licence_and_requirements(tmp_path):
    bundle, _report = read(tmp_path, WORKBENCH)
    assert (bundle.title, bundle.description) == ("Knots", "<p>Knots hold.</p>")
    assert bundle.requirements == ["Two hands."]
    assert (bundle.source_url, bundle.source_authors) == (
        "https://example.org/knots", "The Carpentries Incubator",
    )  # fmt: skip
    assert (bundle.licence_name, bundle.licence_url) == (
        "CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/",
    )  # fmt: skip


def test_links_into_a_glossary_reach_the_term(tmp_path):
    bundle, report = read(tmp_path, WORKBENCH)
    assert 'data-fragment="bend" data-lesson="learners/reference.md"' in str(bundle.lessons[0].body)
    assert not report.file("episodes/second.md").approximated


JEKYLL = {
    "_config.yml": 'title: "Knots"\nkind: rope\nrepository: example/knots\n',
    "LICENSE.md": "Attribution 4.0: https://creativecommons.org/licenses/by/4.0/legalcode\n",
    "index.md": "---\nlayout: lesson\n---\nHello {{ site.kind }}.\n\n{% include links.md %}\n",
    "_includes/links.md": "[ropes]: https://ropes.example.org\n",
    "_episodes/01-one.md": (
        '---\ntitle: "One"\nteaching: 3\nexercises: 0\nquestions:\n- "Why `x`?"\n'
        "objectives:\n- Tie it.\nkeypoints:\n- It holds.\n---\n"
        "![Rope]({{ page.root }}/fig/rope.png)\n"
        "[Two]({{ page.root }}{% link _episodes/02-two.md %}) and [again](../02-two/) [r][ropes]\n"
        '\n{% include figure.html src="../fig/rope.png" alt="A rope" caption="Thick" %}\n'
        "\n{% unknown thing %}\n\n{% raw %}{{ kept }}{% endraw %}\n"
    ),
    "_episodes/02-two.md": "---\ntitle: Two\n---\nText\n",
    "_extras/guide.md": "---\ntitle: Guide\n---\nFor teachers.\n",
    "_extras/discuss.md": "---\ntitle: Discussion\n---\nTalk.\n",
    "setup.md": "---\ntitle: Setup\n---\nRope.\n",
    "reference.md": "---\ntitle: Reference\n---\nWords.\n",
    "fig/rope.png": png(),
}


def test_an_older_jekyll_lesson_is_read_whole(tmp_path):
    bundle, report = read(tmp_path, JEKYLL)
    assert outline(bundle) == ["One", "Two", ("For learners", ["Setup", "Reference", "Discussion"])]
    assert bundle.description == "<p>Hello rope.</p>"
    assert bundle.source_url == "https://github.com/example/knots"
    assert noted(report.file("_extras/guide.md").left_out, "instructors")


def test_jekyll_front_matter_lists_become_boxes_around_the_lesson(tmp_path):
    bundle, _report = read(tmp_path, JEKYLL)
    body = bundle.lessons[0].body
    assert [b["value"]["kind"] for b in body if b["type"] == "callout"] == [
        "note", "objectives", "summary",
    ]  # fmt: skip
    assert body[-1]["value"]["body"][0]["value"] == "<ul><li>It holds.</li></ul>"


def test_liquid_is_replaced_or_reported_with_its_line(tmp_path):
    bundle, report = read(tmp_path, JEKYLL)
    text = str(bundle.lessons[0].body)
    images = [b["value"] for b in bundle.lessons[0].body if b["type"] == "image"]
    assert [image["image"]["alt_text"] for image in images] == ["Rope", "A rope"]
    assert images[1]["caption"] == "Thick"
    assert text.count('data-lesson="_episodes/02-two.md"') == 2
    assert 'href="https://ropes.example.org"' in text
    assert "{{ kept }}" in text
    assert [(n.what, n.line) for n in report.file("_episodes/01-one.md").left_out] == [
        ("Liquid tag “unknown”", 17)
    ]


def test_braces_in_other_courses_are_text(tmp_path):
    bundle, _report = read(tmp_path, {"1-a.md": "Write {{ name }} and {% if %}.\n"})
    assert bundle.lessons[0].body[0]["value"] == "<p>Write {{ name }} and {% if %}.</p>"


def test_numbered_folders_are_modules_in_order(tmp_path):
    bundle, _report = read(
        tmp_path,
        {
            "course/0-README.md": "---\nsummary: Short.\n---\n# The course\n\nAbout it.\n",
            "course/1-start.md": "# Start\n\nx\n",
            "course/2-core/0-README.md": "# Core parts\n\nShort words.\n",
            "course/2-core/10-last.md": "# Last\n\nx\n",
            "course/2-core/2-first.md": "# First\n\nx\n",
            "course/10-end.md": "# End\n\nx\n",
            "LICENSE": "MIT License\n\nCopyright (c) 2024 Ann Author\n",
        },
    )
    assert bundle.title == "The course"
    assert outline(bundle) == ["Start", ("Core parts", ["First", "Last"]), "End"]
    assert bundle.children[1].summary == "Short words."
    assert (bundle.licence_name, bundle.source_authors) == ("MIT", "Ann Author")


def test_a_module_page_that_says_more_is_a_lesson_of_the_module(tmp_path):
    bundle, _report = read(
        tmp_path,
        {"1-a/README.md": "# A\n\nText\n\n## More\n\nMuch.\n", "1-a/1-b.md": "# B\n\nx\n",
         "2-c.md": "# C\n\nx [a](1-a/)\n"},
    )  # fmt: skip
    assert outline(bundle) == [("A", ["A", "B"]), "C"]
    assert 'data-lesson="1-a/README.md"' in str(bundle.lessons[2].body)


def test_folders_in_folders_follow_one_another(tmp_path):
    bundle, _report = read(
        tmp_path,
        {
            "README.md": "# Things\n\nAll.\n",
            "1-m/lessons/1-x/README.md": "# X\n\n[img](../../../2-n/1-z.md)\n",
            "1-m/lessons/1-x/assignment.md": "# Task\n\nx\n",
            "1-m/lessons/2-y/README.md": "# Y\n\nx\n",
            "2-n/1-z.md": "# Z\n\nx\n",
            "translations/de/README.md": "# Dinge\n",
            "CONTRIBUTING.md": "# How to\n",
        },
    )
    assert outline(bundle) == [("M", ["X", "Task", "Y"]), ("N", ["Z"])]


def test_course_yaml_says_everything_it_can(tmp_path):
    bundle, report = read(
        tmp_path,
        {
            "course.yaml": (
                "title: Bread\nslug: bread\nsummary: Bake.\ndescription: |\n  **Good** bread.\n"
                "categories: [Food]\nlevel: beginner\nlanguage: de\nprice: '49.00'\ncurrency: eur\n"
                "instructors: [a@example.org]\noutcomes: [Bake bread]\nrequirements: [An oven]\n"
                "schedule: {weeks: 3, frequency: weekly, days: [mon, Thursday], starts: 2026-09-01,"
                " session_minutes: 60}\nenrolment_limit: 12\ndownloadable: false\n"
                "visibility: portal\ncertificate: {enabled: true, minimum_grade: 60}\n"
                "cover: cover.png\n"
                "source: {title: Old, url: https://old.example.org, authors: [Ann]}"
                "\nlicence: {name: CC BY-SA 4.0}\n"
                "modules:\n- {title: Flour, lessons: [b, a]}\n- c.md\n"
            ),
            "cover.png": png(),
            "a.md": "---\nminutes: 5\npreview: true\nrequired: false\nsummary: S\n---\n# A\n\nx\n",
            "b.md": "# B\n\nx\n",
            "c.md": "# C\n\nx\n",
        },
    )
    assert outline(bundle) == [("Flour", ["B", "A"]), "C"]
    lesson = bundle.lessons[1]
    assert (lesson.minutes, lesson.free_preview, lesson.required, lesson.summary) == (
        5, True, False, "S",
    )  # fmt: skip
    assert (bundle.key, bundle.level, bundle.language, bundle.price, bundle.currency) == (
        "bread", "beginner", "de", "49.00", "EUR",
    )  # fmt: skip
    assert bundle.description == "<p><b>Good</b> bread.</p>"
    assert (bundle.schedule.days, bundle.schedule.starts_on) == (["mon", "thu"], "2026-09-01")
    assert (bundle.cover, bundle.source_authors) == ("cover.png", "Ann")
    assert bundle.licence_url == "https://creativecommons.org/licenses/by-sa/4.0/"
    assert not report.problems


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ("Attribution-ShareAlike 2.5 Generic\nCREATIVE COMMONS", "CC BY-SA 2.5"),
        ("https://creativecommons.org/licenses/by-nc/4.0/", "CC BY-NC 4.0"),
        ("Apache License\nVersion 2.0, January 2004", "Apache 2.0"),
    ],
)
def test_a_licence_file_is_recognised(tmp_path, text, licence):
    bundle, _report = read(tmp_path, {"LICENSE.txt": text, "1.md": "# A\n\nx\n"})
    assert bundle.licence_name == licence


def test_a_course_without_source_or_licence_says_so(tmp_path):
    _bundle, report = read(tmp_path, {"1-a.md": "# A\n\nx\n"})
    assert {problem.what for problem in report.problems} == {
        "no licence found", "no author or address of the source found",
    }  # fmt: skip


def test_the_caller_may_name_source_and_licence(tmp_path):
    named = {"source_url": "https://example.org", "licence": "CC BY 4.0"}
    bundle, report = read(tmp_path, {"1-a.md": "# A\n\nx\n"}, named=named)
    assert (bundle.source_url, bundle.licence_name) == ("https://example.org", "CC BY 4.0")
    assert not report.problems


def test_titles_fall_back_to_the_first_h1_and_the_file_name(tmp_path):
    bundle, _report = read(tmp_path, {"1-of-files.md": "Text\n", "2-x.md": "Hi\n\n# Named\n"})
    assert [lesson.title for lesson in bundle.lessons] == ["Of files", "Named"]


def test_absolute_links_of_the_course_s_own_site_find_their_page(tmp_path):
    bundle, _report = read(
        tmp_path,
        {
            "c/1-a.md": "[x](/en-US/c/core/) [y](/docs/none)\n",
            "c/2-core/1-z.md": "# Z\n\nx\n",
            "c/2-core/2-y.md": "# Y\n\nx\n",
        },
    )
    assert 'data-lesson="c/2-core"' in str(bundle.lessons[0].body)


def test_episodes_may_be_listed_without_their_extension(tmp_path):
    config = JEKYLL["_config.yml"] + "episode_order:\n- 02-two\n- 01-one\n"
    bundle, report = read(tmp_path, {**JEKYLL, "_config.yml": config})
    assert [lesson.title for lesson in bundle.lessons][:2] == ["Two", "One"]
    assert not noted(report.problems, "listed but not there")


def test_a_workbench_lesson_has_its_setup_page_listed_or_not(tmp_path):
    config = WORKBENCH["config.yaml"].replace("learners:", "learners:\n- reference.md")
    bundle, _report = read(tmp_path, {**WORKBENCH, "config.yaml": config})
    assert outline(bundle)[-1] == ("For learners", ["Setup", "Glossary"])


def test_pages_that_are_nothing_but_templates_are_no_lessons(tmp_path):
    files = {
        "_extras/about.md": "---\ntitle: About\n---\n{% include carpentries.html %}\n",
        "_extras/figures.md": "---\ntitle: Figures\n---\n<script>draw();</script>\n",
    }
    bundle, report = read(tmp_path, {**JEKYLL, **files})
    assert outline(bundle)[-1] == ("For learners", ["Setup", "Reference", "Discussion"])
    assert noted(report.file("_extras/about.md").left_out, "nothing but templates")
    assert noted(report.file("_extras/figures.md").left_out, "no text in it")


def test_liquid_reads_nested_settings_and_files_of_the_folder_s_own(tmp_path):
    files = {
        "_config.yml": "title: T\nremote: {name: Big Machine}\nsnippets: /lib\n",
        "_includes/lib/queue.snip": "```\n{{ site.remote.name }} queue\n```\n",
        "_episodes/01-one.md": (
            "---\ntitle: One\n---\nUse {{ site.remote.name }}.\n\n"
            "{% include {{ site.snippets }}/queue.snip %}\n\n{% include gone.snip %}\n"
        ),
    }
    bundle, report = read(tmp_path, {**JEKYLL, **files})
    text, code = bundle.lessons[0].body
    assert text["value"] == "<p>Use Big Machine.</p>"
    assert code["value"]["code"] == "Big Machine queue"
    assert [note.what for note in report.file("_episodes/01-one.md").left_out] == [
        "include of gone.snip"
    ]


def test_an_include_that_includes_itself_ends(tmp_path):
    files = {
        "_includes/a.md": "again {% include a.md %}\n",
        "_episodes/01-one.md": "---\ntitle: One\n---\n{% include a.md %}\n",
    }
    _bundle, report = read(tmp_path, {**JEKYLL, **files})
    assert noted(report.file("_episodes/01-one.md").left_out, "include of a.md")


def test_of_a_page_and_its_r_markdown_only_the_page_is_read(tmp_path):
    files = {
        "config.yaml": "carpentry: swc\ntitle: R\nepisodes:\n- 01-r.Rmd\n",
        "episodes/01-r.md": "---\ntitle: R\n---\nMade.\n",
        "episodes/01-r.Rmd": "---\ntitle: R\n---\nSource.\n",
        "learners/setup.md": "---\ntitle: Setup\n---\nInstall.\n",
    }
    bundle, report = read(tmp_path, files)
    assert [lesson.path for lesson in bundle.lessons] == ["episodes/01-r.md", "learners/setup.md"]
    assert noted(report.file("episodes/01-r.Rmd").left_out, "was made of it")


NUMBERED = {
    "README.md": "# The repository\n\nHow to take part.\n",
    "TOC.md": "# Contents\n\n- [One](course/1-a/1-one.md)\n",
    "GLOSSARY.md": "# Glossary\n\nWords.\n",
    "pdf/README.md": "# How the PDF is made\n\nRun it.\n",
    "course/0-README.md": "# The course\n\nSee [A](./1-a/), [all](#all) and [two](1-a/3-two.md).\n",
    "course/1-a/0-README.md": "# Part A\n\nShort.\n",
    "course/1-a/1-one.md": "# One\n\nx\n",
    "course/1-a/2-two.md": "# Two\n\nBack to [A](../1-a/).\n",
    "course/2-b/1-three.md": "# Three\n\nx\n",
}


def test_the_numbered_folders_are_the_course_and_not_what_stands_around_them(tmp_path):
    bundle, report = read(tmp_path, NUMBERED)
    assert bundle.title == "The course"
    assert outline(bundle) == [("Part A", ["One", "Two"]), ("B", ["Three"]), "Glossary"]
    for path in ("README.md", "TOC.md", "pdf/README.md"):
        assert report.file(path).left_out


def test_links_lead_to_folders_and_to_pages_that_were_renumbered(tmp_path):
    bundle, report = read(tmp_path, NUMBERED)
    assert 'data-lesson="course/1-a"' in bundle.description
    assert 'data-lesson="course/1-a/2-two.md"' in bundle.description
    assert not report.file("course/0-README.md").left_out


def test_links_lead_to_what_a_page_became(tmp_path):
    files = {
        **NUMBERED,
        "course/3-empty.md": "# Nothing\n",
        "course/2-b/1-three.md": (
            "# Three\n\n[course](../0-README.md) [part](../1-a/0-README.md) [none](../3-empty.md)\n"
        ),
    }
    bundle, report = read(tmp_path, files)
    text = next(each for each in bundle.lessons if each.title == "Three").body[0]["value"]
    assert 'data-lesson=".">course</a>' in text
    assert 'data-lesson="course/1-a">part</a>' in text
    assert text.endswith(" none</p>")
    assert noted(report.file("course/2-b/1-three.md").left_out, "that page is no lesson")


def test_a_folder_in_a_module_is_found_by_its_numbered_readme(tmp_path):
    files = {
        "1-m/1-x/0-README.md": "# X\n\nText\n", "1-m/1-x/1-y.md": "# Y\n\nx\n",
        "2-n/1-z.md": "# Z\n\n[x](../1-m/1-x/)\n",
    }  # fmt: skip
    bundle, _report = read(tmp_path, files)
    assert 'data-lesson="1-m/1-x/0-README.md"' in str(bundle.lessons[-1].body)


def test_a_repository_s_package_file_names_the_source(tmp_path):
    package = '{"author": "Ann <a@example.org>", "repository": {"url": "git+https://git.example.org/a/b.git"}}'
    bundle, _report = read(tmp_path, {"package.json": package, "1.md": "# A\n\nx\n"})
    assert (bundle.source_url, bundle.source_authors) == ("https://git.example.org/a/b", "Ann")


@pytest.mark.parametrize(
    "remote",
    ["https://ann:secret@git.example.org/a/b.git", "git@git.example.org:a/b.git"],
)
def test_a_clone_knows_where_it_came_from_and_tells_no_password(tmp_path, remote):
    files = {".git/config": f'[remote "origin"]\n\turl = {remote}\n', "1.md": "# A\n\nx\n"}
    bundle, _report = read(tmp_path, files)
    assert bundle.source_url == "https://git.example.org/a/b"


@pytest.mark.parametrize(
    ("licence", "authors"),
    [
        ("MIT License\n\nCopyright (c) 2020-2024 Ann Author <a@example.org>\n", "Ann Author"),
        ("Apache License 2.0\n\n   Copyright [yyyy] [name of copyright owner]\n", ""),
        ("the copyright owner or entity authorized by\n", ""),
        ("mention that it is derived from work that is Copyright © Other\nPeople\n", ""),
    ],
)
def test_a_licence_names_its_authors_only_where_it_does(tmp_path, licence, authors):
    bundle, _report = read(tmp_path, {"LICENSE": licence, "1.md": "# A\n\nx\n"})
    assert bundle.source_authors == authors
