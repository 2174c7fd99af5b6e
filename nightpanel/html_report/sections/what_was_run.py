"""What was run: stages, inputs with their digests, designs, versions; and what is not there."""

from pathlib import Path

import pandas as pd

from nightpanel.html_report.folders import known_folders, without_folders
from nightpanel.html_report.section import DataTable, Piece, Section, Text, data_table
from nightpanel.html_report.words import listed, plural, years_shown
from nightpanel.output_folder import PARTS, OutputFolder

SHORT = 12
"""Characters of a digest of code; the manifest has all."""


def section(folder: OutputFolder) -> Section:
    """What was run, from the manifest.

    Parameters
    ----------
    folder : OutputFolder
    """
    parts: list[Piece] = [Text(_in_words(folder))]
    if folder.stages:
        parts += [_stages(folder), _inputs(folder)]
    if folder.designs:
        parts.append(_designs(folder))
    if folder.notes:
        folders = known_folders(folder)
        notes = tuple(without_folders(note, folders) for note in folder.notes)
        parts.append(Text(notes, points=True, title="Notes of the estimates"))
    if folder.stages:
        parts.append(_versions(folder))
    missing = f"Not in this folder: {'; '.join(folder.missing)}." if folder.missing else ""
    return Section("run", "What was run", tuple(parts), missing)


def _in_words(folder: OutputFolder) -> tuple[str, ...]:
    lines = []
    if folder.units is not None and len(folder.units):
        units = folder.units
        products = listed(sorted(units["product"].unique()))
        lines.append(
            f"Light of {plural(units['unit_id'].nunique(), 'unit')} in "
            f"{plural(units['city_id'].nunique(), 'city', 'cities')}, "
            f"{years_shown(units['year'].tolist())}, of {products}."
        )
    if folder.panel is not None and len(folder.panel) and {"city_id", "year"} <= set(folder.panel):
        panel = folder.panel
        lines.append(
            f"A panel of {plural(len(panel), 'city-year')} of "
            f"{plural(panel['city_id'].nunique(), 'city', 'cities')}, "
            f"{years_shown(panel['year'].tolist())}."
        )
    if folder.estimates is not None:
        found = folder.estimates
        lines.append(
            f"{plural(found['design'].nunique(), 'design')} with "
            f"{plural(len(found), 'row')} of estimates."
        )
    return tuple(lines)


def _stages(folder: OutputFolder) -> DataTable:
    rows = [
        {
            "stage": name,
            "seconds": f"{float(record['seconds']):.1f}",
            "inputs": len(record["inputs"]),
            "files": len(record["files"]),
            "code": str(record.get("code", ""))[:SHORT],
        }
        for name in PARTS
        if (record := folder.stages.get(name)) is not None
    ]
    names = {"code": "code (first of its SHA-256)"}
    return data_table(pd.DataFrame(rows), "Stages that ran, and how long they took", names=names)


def _inputs(folder: OutputFolder) -> DataTable:
    """Files by name alone: whose folders they were in is nobody's business."""
    rows = [
        {"stage": stage, "file": Path(path).name, "SHA-256": digest}
        for stage in PARTS
        if stage in folder.stages
        for path, digest in folder.stages[stage]["inputs"].items()
    ]
    table = pd.DataFrame(rows, columns=["stage", "file", "SHA-256"])
    return data_table(table, "Inputs with their digests", rows=500)


def _designs(folder: OutputFolder) -> DataTable:
    rows = [
        {
            "design": design["name"],
            "outcome": design["outcome"],
            "treatment": design["treatment"],
            "controls": listed(design["controls"], most=12) or "none",
            "variants": listed(design["variants"], most=12),
            "learner": design["learner"] or "each variant's own",
            "variations": len(design.get("vary") or ()),
        }
        for design in folder.designs
    ]
    return data_table(pd.DataFrame(rows), "Designs of the study, before their variations")


def _versions(folder: OutputFolder) -> DataTable:
    found = {stage: folder.stages[stage]["versions"] for stage in PARTS if stage in folder.stages}
    table = pd.DataFrame(found).fillna("")
    table.insert(0, "package", table.index)
    return data_table(table, "Versions by stage")
