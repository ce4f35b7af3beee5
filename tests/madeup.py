"""Made-up records for tests: a folder of CSV files, compiled by the package's own pipeline without the shipped records."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import pyoxigraph as ox
import pytest

from aistandards import pipeline
from aistandards.settings import resource
from aistandards.tables import tables

Row = Mapping[str, str]
# the columns of each table, read from ontology/tables.json, so that a made-up row names only what it needs
HEADERS = {table.url.replace("*", "made-up"): [column.name for column in table.columns] for table in tables()}
STANDARD = {"level": "national", "nature": "recommended", "scope": "core", "part": "CA", "layer": "model"}
STANDARD |= {"basis": "curated", "judged_by": "a test", "judged_on": "2026-01-01", "source": "made up"}


def standard(number: str, **cells: str) -> dict[str, str]:
    """A row of a standards table: a classified core national standard unless the cells say otherwise."""
    return {**STANDARD, "number": number, "title_zh": f"关于 {number} 的标准", **cells}


def project(identifier: str, **cells: str) -> dict[str, str]:
    """A row of a projects table: a classified core national project in drafting unless the cells say otherwise."""
    row = {**STANDARD, "id": identifier, "plan_number": identifier, "title_zh": f"项目 {identifier}"}
    return {**row, "action": "new", "stage": "drafting", **cells}


def write(folder: Path, files: Mapping[str, Iterable[Row]]) -> Path:
    """Write tables by file name; every column of the table is there, empty where a row does not name it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in files.items():
        with (folder / name).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, HEADERS[name], restval="")
            writer.writeheader()
            writer.writerows(rows)
    return folder


def compile_folder(folder: Path, shapes: bool = False) -> pipeline.Compiled:
    """Compile a folder in place of the shipped data, in memory; without the slow shapes unless asked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aistandards.pipeline.resource", lambda name: folder if name == "data" else resource(name))
        if not shapes:
            patch.setattr("aistandards.validation.run_shapes", lambda *_: [])
        compiled = pipeline.compile_records([])
    if not compiled.report.conforms:  # a build would stop here; counting by chance goes on
        pipeline.judge(compiled)
    return compiled


def store_of(folder: Path, files: Mapping[str, Iterable[Row]]) -> ox.Store:
    """Write tables and compile them into a store in memory."""
    return compile_folder(write(folder, files)).quads


# ---------------------------------------------------------------- many records by chance


def _printed(chance: random.Random, first: date, days: int) -> str:
    """A date known to the day, the month, the year, or not at all."""
    day = first + timedelta(days=chance.randrange(days))
    return chance.choices([str(day), str(day)[:7], str(day)[:4], ""], [10, 2, 2, 3])[0]


def _after(chance: random.Random, printed: str, days: int) -> str:
    if not printed:
        return ""
    first = date.fromisoformat((printed + "-01-01")[:10])
    return _printed(chance, first + timedelta(days=400 if len(printed) == 4 else 31), days)


def _chinese(chance: random.Random, digits: int) -> list[dict[str, str]]:
    """The editions of one number: one to three natures, parts and years, with whatever may be missing."""
    rows = []
    level, prefix = chance.choices(
        [("national", "GB"), ("industry", "YD"), ("local", "DB11"), ("group", "T/MADE")], [8, 4, 1, 1]
    )[0]
    split = chance.random() < 0.4
    for _ in range(chance.randint(1, 3)):
        nature = chance.choices(["recommended", "mandatory", "guidance"], [6, 1, 2])[0]
        suffix = {"recommended": "/T", "mandatory": "", "guidance": "/Z"}[nature] if level != "group" else ""
        part = chance.choice(["", ".1", ".2", ".10"]) if split else ""
        year = chance.randint(2022, 2027)
        issued = _printed(chance, date(year, 1, 1), 365)
        titles = [f"人工智能 第{digits % 23}号", f"人工智能　第 {digits % 23} 号！", f"智能系统 {digits}", ""]
        rows.append(
            {
                **STANDARD,
                "number": f"{prefix}{suffix} {digits}{part}-{year}",
                "title_zh": chance.choice(titles),
                "level": level,
                "nature": nature if level != "group" else "",
                "status": chance.choices(
                    ["", "in-force", "not-yet-in-force", "superseded", "withdrawn"], [8, 3, 2, 1, 1]
                )[0],
                "issued": issued,
                "implemented": _after(chance, issued, 300),
                "withdrawn": _after(chance, issued, 700) if chance.random() < 0.15 else "",
                "replaces": f"GB/T {digits}-{year - 9}" if chance.random() < 0.12 else "",
                "replaces_partly": f"GB/T {digits + 1}-2019" if chance.random() < 0.08 else "",
                "scope": chance.choices(["core", "related", ""], [8, 2, 1])[0],
                "part": chance.choice(["CA", "CB;GA", "EA", "F:energy;CC", "GB", "AA;AB", "D", "BA", "F:health", ""]),
                "basis": chance.choices(["curated", "official", "suggested", ""], [8, 2, 1, 1])[0],
                "plan_number": f"2026{digits - 40000:04d}-T-469" if chance.random() < 0.3 else "",
                "contested": chance.choice(["true", ""]),
            }
        )
    return list({row["number"]: row for row in rows}.values())


def _evidence(chance: random.Random, number: str, issued: str) -> list[dict[str, str]]:
    """Sources of a record; none of them shows it before the day, month or year in which it was issued is over."""
    found = []
    year = int(number.rpartition("-")[2])
    earliest = date(year, 12, 31) if len(issued) < 10 else date.fromisoformat(issued)
    for at in range(chance.randint(0, 3)):
        shown = str(earliest + timedelta(days=chance.randrange(700))) if chance.random() < 0.5 else ""
        found.append(
            {
                "record": number,
                "source": f"source {at} of {number}",
                "kind": chance.choice(
                    ["official", "register-copy", "secondary", "repository-text", "official;secondary"]
                ),
                "state_of": shown,
                "origin": chance.choice(["a.cn", "b.cn", "c.cn", ""]),
                "read": chance.choice(["yes", "yes", "no"]),
            }
        )
    return found


def by_chance(seed: int, numbers: int = 150) -> dict[str, Sequence[Row]]:
    """The tables of a folder with editions, parts, replacements, conflicts, projects and sources drawn by chance."""
    chance = random.Random(seed)
    rows = [row for at in range(numbers) for row in _chinese(chance, 40000 + 2 * at)]
    evidence = [e for row in rows for e in _evidence(chance, row["number"], row["issued"])]
    conflicts = []
    for row in rows:
        if row["issued"] and chance.random() < 0.15:
            given = {"record": row["number"], "field": "issued", "source": "made up"}
            rank = chance.choice(["normal", "deprecated"])
            conflicts.append({**given, "value": row["issued"], "rank": "preferred"})
            conflicts.append({**given, "value": _printed(chance, date(2024, 1, 1), 900) or "2024", "rank": rank})
    projects = [
        project(
            f"2026{2 * at:04d}-T-469",
            action=chance.choice(["new", "revision"]),
            stage=chance.choice(["drafting", "published", "stopped", "review"]),
            scope=chance.choice(["core", "related", ""]),
            level=chance.choice(["national", "industry"]),
            nature=chance.choice(["recommended", "guidance", ""]),
            part=chance.choice(["CA", "EB", "F:energy", "GA", ""]),
            basis=chance.choice(["curated", "suggested", ""]),
            result_number=chance.choice(["", "", chance.choice(rows)["number"]]),
        )
        for at in range(0, numbers, 3)
    ]
    return {
        "standards-made-up.csv": rows,
        "evidence.csv": evidence,
        "conflicts.csv": conflicts,
        "projects-made-up.csv": projects,
    }
