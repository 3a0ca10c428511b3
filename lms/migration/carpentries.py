"""How The Carpentries lay out a lesson: the Workbench, and Jekyll before it."""

from pathlib import PurePosixPath
from typing import Any

from django.utils.translation import gettext as _

from .folder import Folder
from .frontmatter import list_of
from .plans import Plan, PlannedModule, PlannedPage, is_about, own_page, page_of
from .report import Report

_NOT_FOR_STUDENTS = {"guide", "instructor-notes", "instructor_notes", "instructors-guide"}


def carpentries(
    folder: Folder, report: Report, config: dict[str, Any], config_path: str, episodes: str
) -> Plan:
    jekyll = config_path.startswith("_config") or bool(
        {"_extras", "_episodes", "_includes"} & folder.folders
    )
    found = Plan(
        index=own_page(folder, ""),
        config=config,
        config_path=config_path,
        bases=(episodes, "", "learners", "instructors", "profiles"),
        flat=True,
        jekyll=jekyll,
        shared=[name for name in ("links.md", "_includes/links.md", "episodes/links.md")
                if name in folder.files],
    )  # fmt: skip
    listed = list_of(config, "episodes", "episode_order")
    found.children += _section(folder, report, episodes, listed, config_path)
    learners = _section(folder, report, "learners", list_of(config, "learners"), config_path)
    learners += [
        page_of(path)
        for path in folder.markdown("")
        if PurePosixPath(path).stem.lower() in ("setup", "reference", "discuss")
    ]
    learners += _section(folder, report, "profiles", list_of(config, "profiles"), config_path)
    extras = folder.markdown("_extras")
    hidden = [path for path in extras if PurePosixPath(path).stem.lower() in _NOT_FOR_STUDENTS]
    learners += [page_of(path) for path in extras if path not in hidden]
    for path in [*folder.markdown("instructors"), *hidden]:
        report.file(path).leave_out("page for instructors", "students would read it")
    if learners:
        for page in learners:
            page.required = False
        learners.sort(key=lambda page: PurePosixPath(page.path).stem.lower() != "setup")
        found.children.append(
            PlannedModule("learners", _("For learners"), "for-learners", pages=learners)
        )
    _others(folder, report, found)
    return found


def _section(
    folder: Folder, report: Report, under: str, listed: list[str], config_path: str
) -> list[PlannedPage]:
    """The pages of one folder: those listed, or all in order."""
    present = [path for path in folder.markdown(under) if not path.endswith("/links.md")]
    if under not in folder.folders:
        present = []
    if not listed:
        return [page_of(path) for path in present]
    pages = []
    # Jekyll's `episode_order` names pages without their extension.
    known = {PurePosixPath(path).stem: path for path in present}
    known |= {PurePosixPath(path).name: path for path in present}
    for name in dict.fromkeys(listed):
        path = known.get(name) or known.get(PurePosixPath(name).stem)
        if path:
            pages.append(page_of(path))
        else:
            report.problem(
                f"{name} is listed but not there",
                f"add {under}/{name} or take it off the list",
                config_path,
            )
    # The Workbench shows the setup page on the lesson's own page, listed or not.
    pages += [page_of(path) for name, path in known.items() if name == "setup"]
    chosen = {page.path for page in pages}
    for path in present:
        if path not in chosen:
            report.file(path).leave_out("page", f"{config_path} does not list it")
    return pages


def _others(folder: Folder, report: Report, found: Plan) -> None:
    """Say which Markdown files at the top did not become pages."""
    used = {page.path for page in found.pages} | {found.index, *found.shared}
    for path in folder.markdown(""):
        if path not in used and not is_about(path):
            report.file(path).leave_out("page", "it is no episode and no learners' page")
