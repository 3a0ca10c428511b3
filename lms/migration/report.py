"""The fidelity report: what an import carried over, approximated and left out, and why."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

# Lines named per note before "and N more": a report is read by people.
LINES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that did not come over as it was."""

    what: str
    why: str
    path: str
    line: int = 0

    @property
    def place(self) -> str:
        """`file:line`, as editors and terminals read it."""
        return f"{self.path}:{self.line}" if self.line else self.path


@dataclass
class FileReport:
    """What became of one source file."""

    path: str
    title: str = ""
    carried: Counter = field(default_factory=Counter)
    approximated: list[Note] = field(default_factory=list)
    left_out: list[Note] = field(default_factory=list)

    def carry(self, kind: str, count: int = 1) -> None:
        """Count something that came over as it was."""
        self.carried[kind] += count

    def approximate(self, what: str, instead: str, line: int = 0) -> None:
        """Something came over in another form."""
        self.approximated.append(Note(what, instead, self.path, line))

    def leave_out(self, what: str, why: str, line: int = 0) -> None:
        """Something did not come over."""
        self.left_out.append(Note(what, why, self.path, line))

    def as_dict(self) -> dict:
        """Plain data for `--json`."""
        return {
            "path": self.path,
            "title": self.title,
            "carried": dict(sorted(self.carried.items())),
            "approximated": [_plain(note, "instead") for note in self.approximated],
            "left_out": [_plain(note, "why") for note in self.left_out],
        }


@dataclass
class Report:
    """What became of a course: one entry per file, and what the write did."""

    course: str = ""
    source: str = ""
    licence: str = ""
    files: dict[str, FileReport] = field(default_factory=dict)
    problems: list[Note] = field(default_factory=list)
    outcome: Counter = field(default_factory=Counter)
    conflicts: list[Note] = field(default_factory=list)

    def file(self, path: str) -> FileReport:
        """The entry for a source file, made when it is first spoken of."""
        return self.files.setdefault(path, FileReport(path))

    def problem(self, what: str, advice: str, path: str, line: int = 0) -> None:
        """Bad input: what is wrong, and what to do about it."""
        note = Note(what, advice, path, line)
        if note not in self.problems:
            self.problems.append(note)

    def conflict(self, what: str, why: str, path: str) -> None:
        """An author's edit and a change of the source met."""
        self.conflicts.append(Note(what, why, path))

    @property
    def carried(self) -> Counter:
        """Everything carried over, by kind."""
        return sum((file.carried for file in self.files.values()), Counter())

    @property
    def approximated(self) -> list[Note]:
        """Everything approximated, in order of the files."""
        return [note for file in self.files.values() for note in file.approximated]

    @property
    def left_out(self) -> list[Note]:
        """Everything left out, in order of the files."""
        return [note for file in self.files.values() for note in file.left_out]

    def as_dict(self) -> dict:
        """Plain data for `--json`."""
        return {
            "course": self.course,
            "source": self.source,
            "licence": self.licence,
            "files": [file.as_dict() for file in self.files.values()],
            "problems": [_plain(note, "advice") for note in self.problems],
            "conflicts": [_plain(note, "why") for note in self.conflicts],
            "outcome": dict(sorted(self.outcome.items())),
            "totals": {
                "carried": dict(sorted(self.carried.items())),
                "approximated": len(self.approximated),
                "left_out": len(self.left_out),
            },
        }

    def lines(self) -> Iterator[str]:
        """The report for people, line by line."""
        yield f"Course: {self.course}"
        yield f"Source: {self.source or 'not named'}"
        yield f"Licence: {self.licence or 'not named'}"
        for file in self.files.values():
            if file.carried or file.approximated or file.left_out:
                yield ""
                yield f"{file.path}  {file.title}".rstrip()
                if file.carried:
                    yield f"  carried over: {_counts(file.carried)}"
                yield from _grouped("  approximated:", file.approximated, " → ")
                yield from _grouped("  left out:", file.left_out, ": ")
        for heading, notes in (("Problems", self.problems), ("Conflicts", self.conflicts)):
            if notes:
                yield ""
                yield f"{heading}:"
                yield from (f"  {note.place}: {note.what}: {note.why}" for note in notes)
        yield ""
        yield f"Carried over in all: {_counts(self.carried) or 'nothing'}"
        yield f"Approximated in all: {len(self.approximated)}"
        yield f"Left out in all: {len(self.left_out)}"
        if self.outcome:
            yield f"Written: {_counts(self.outcome)}"


def _plain(note: Note, meaning: str) -> dict:
    return {"what": note.what, meaning: note.why, "path": note.path, "line": note.line}


def _counts(counter: Counter) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in sorted(counter.items()) if count)


def _grouped(heading: str, notes: Iterable[Note], arrow: str) -> Iterator[str]:
    """Equal notes on one line, with the lines they speak of."""
    groups: dict[tuple[str, str], list[int]] = {}
    for note in notes:
        groups.setdefault((note.what, note.why), []).append(note.line)
    if groups:
        yield heading
    for (what, why), numbers in groups.items():
        times = f" ({len(numbers)}×)" if len(numbers) > 1 else ""
        shown = sorted({number for number in numbers if number})
        places = ", ".join(str(number) for number in shown[:LINES_SHOWN])
        more = f" and {len(shown) - LINES_SHOWN} more" if len(shown) > LINES_SHOWN else ""
        at = f" [line {places}{more}]" if places else ""
        yield f"    {what}{arrow}{why}{times}{at}"
