"""A course's folder, read without ever leaving it."""

import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from .report import Report

MARKDOWN = {".md", ".markdown", ".mdown", ".mkd", ".rmd", ".qmd"}
# Never course content, at any depth.
IGNORED_FOLDERS = {"node_modules", "__pycache__", "_site", "_build", "renv", "venv", "vendor"}
MAX_FILES = 20_000
MAX_TEXT_BYTES = 5 * 1024 * 1024


class FolderError(Exception):
    """The folder can't be imported at all; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Source:
    """One text file, decoded, with lines ending in a single newline."""

    path: str
    text: str


class Folder:
    """The files under a root, by their path from it with forward slashes.

    Hidden files, files of build tools and symbolic links that lead out of the root are not among
    them. Raises FolderError when the root is no readable folder.
    """

    def __init__(self, root: Path, report: Report):
        self.report = report
        try:
            self.root = root.resolve(strict=True)
            if not self.root.is_dir():
                raise FolderError(f"{root} is not a folder; give the folder of the course.")
            next(self.root.iterdir(), None)
        except (OSError, ValueError, RuntimeError) as error:
            raise FolderError(
                f"{root} can't be opened ({_reason(error)}); check the path."
            ) from error
        self.files: dict[str, Path] = {}
        self.folders: set[str] = {""}
        self.refused: dict[str, str] = {}
        self._walk(self.root, "")
        self._without_knitted_sources()

    def _without_knitted_sources(self) -> None:
        """Of `x.Rmd` and the `x.md` that was made of it, the latter has the output as well."""
        for path in list(self.files):
            made = f"{path.rpartition('.')[0]}.md"
            if is_markdown(path) and path != made and made in self.files:
                del self.files[path]
                self.report.file(path).leave_out("page", f"{made} was made of it and has more")

    def _walk(self, folder: Path, prefix: str) -> None:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            self.report.problem(
                "folder can't be read", f"{_reason(error)}; check its permissions", prefix or "."
            )
            return
        for entry in entries:
            path = f"{prefix}{entry.name}"
            if entry.name.startswith(".") or entry.name in IGNORED_FOLDERS:
                continue
            if entry.is_symlink() and not self._inside(entry):
                self.refused[path] = "a symbolic link that leads out of the course's folder"
                self.report.problem(
                    "symbolic link out of the folder",
                    "left out; put a copy of the file in its place",
                    _printable(path),
                )
            elif not _is_text(path):
                self.report.problem(
                    "file name is not UTF-8", "left out; rename it", _printable(path)
                )
            elif entry.is_dir():
                # A link to a folder inside would walk in circles.
                if not entry.is_symlink():
                    self.folders.add(path)
                    self._walk(Path(entry.path), f"{path}/")
            elif entry.is_file():
                if len(self.files) >= MAX_FILES:
                    raise FolderError(
                        f"{self.root} holds over {MAX_FILES} files; give the course's own folder."
                    )
                self.files[path] = Path(entry.path)

    def _inside(self, entry: os.DirEntry) -> bool:
        try:
            return Path(entry.path).resolve(strict=True).is_relative_to(self.root)
        except (OSError, RuntimeError):
            return False

    def read(self, path: str) -> Source | None:
        """A text file's content; None, with a problem reported, when it can't be read as text."""
        file = self.files[path]
        try:
            if file.stat().st_size > MAX_TEXT_BYTES:
                self.report.problem("text file over 5 MB", "left out; split it into lessons", path)
                return None
            data = file.read_bytes()
        except OSError as error:
            self.report.problem("file can't be read", f"{_reason(error)}; left out", path)
            return None
        encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            self.report.problem(
                "text is not UTF-8", "left out; save the file as UTF-8 and import again", path, line
            )
            return None
        if encoding == "utf-16":
            self.report.file(path).approximate("UTF-16 text", "UTF-8")
        if "\x00" in text:
            self.report.problem("file holds binary data", "left out; it is no Markdown", path)
            return None
        return Source(path, re.sub(r"\r\n?", "\n", text))

    def markdown(self, under: str = "") -> list[str]:
        """Paths of the Markdown files directly in a folder, in natural order."""
        return sorted(
            (path for path in self.files if parent(path) == under and is_markdown(path)),
            key=natural_key,
        )

    def subfolders(self, under: str = "") -> list[str]:
        """Folders directly in a folder, in natural order."""
        return sorted(
            (path for path in self.folders if path and parent(path) == under), key=natural_key
        )

    def has_markdown(self, under: str) -> bool:
        """Whether any Markdown file stands at or below a folder."""
        prefix = f"{under}/" if under else ""
        return any(path.startswith(prefix) and is_markdown(path) for path in self.files)


def is_markdown(path: str) -> bool:
    """Whether a path names a Markdown file (R Markdown and Quarto too)."""
    return PurePosixPath(path).suffix.lower() in MARKDOWN


def parent(path: str) -> str:
    """The folder of a path; "" is the root."""
    return path.rpartition("/")[0]


def natural_key(path: str) -> list:
    """Sorts `2-b` before `10-a`, and names without a number after those with one."""
    name = path.rpartition("/")[2].lower()
    # `[0-9]`, not `\d`: int() would refuse some of what the latter takes for digits
    pieces = re.split(r"([0-9]+)", name)
    return [not name[:1].isdigit()] + [
        int(piece) if index % 2 else piece for index, piece in enumerate(pieces)
    ]


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _printable(path: str) -> str:
    return path.encode(errors="replace").decode()


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
