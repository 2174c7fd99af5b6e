"""The stages of a study: what each reads, makes and writes."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geo.audit import AuditRow
from nightpanel.asked import Asked
from nightpanel.calibration import calibrated, step_files
from nightpanel.compute import Compute
from nightpanel.crosswalk_files import crosswalk_files
from nightpanel.design_tables import design_files, design_tables
from nightpanel.digests import FileDigests, digest_among, input_files
from nightpanel.inputs import required, study_catalog, study_units, unit_files
from nightpanel.made_by import stage_files
from nightpanel.manifest import stage_settings
from nightpanel.outputs import output_path, read_output, write_csv, write_table
from nightpanel.progress import progress_bar, progress_bars
from nightpanel.result_tables import result_tables, tables_as_paper, write_result_tables
from nightpanel.store import UNPACKED, Store
from nightpanel.study import Study
from nightpanel.yearbook_files import yearbook_files

if TYPE_CHECKING:
    from nightpanel.run_lights import Lights
    from nightpanel.study_panel import PanelSection
    from tiles.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Setting:
    """What all stages of a run share."""

    study: Study
    """The study."""
    asked: Asked
    """Its designs and tables, checked."""
    out: Path
    """The output folder."""
    store: Store
    """Where results are kept."""
    digests: FileDigests
    """Digests of files."""
    compute: Compute
    """Where it computes."""
    threads: int | None
    """Threads of this process; all cores if None."""
    workers: int | None
    """Processes that fit; all cores if None."""
    quiet: bool
    """No progress bars."""

    def digests_of(self, files: Sequence[Path]) -> dict[str, str]:
        """SHA-256 of the files that inputs consist of, by absolute path."""
        found = self.digests.of(input_files(files))
        return {str(path): digest for path, digest in found.items()}


@dataclass(frozen=True, slots=True)
class Made:
    """What a stage made."""

    value: Any
    """The stage's result."""
    audit: tuple[AuditRow, ...]
    """Its audit rows."""
    write: Callable[..., Mapping[str, str]]
    """Writes its files into the folder ``folder``; gives their SHA-256 by name."""
    about: Mapping[str, Any] = field(default_factory=dict)
    """What the manifest says of it beside settings, inputs and times."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a run."""

    settings: Any
    """What of the study decides its files, as JSON knows it."""
    inputs: dict[str, str]
    """SHA-256 of what it reads, by path."""
    make: Callable[[], Made]
    """Computes it."""


def light_stage(setting: Setting) -> Stage:
    """Light and inequality."""
    study = setting.study
    lights, units = required(study.lights, "lights"), required(study.units, "units")
    boundaries = unit_files(units)
    if not all(file.exists() for file in boundaries):
        study_units(study)  # which says what is wrong
    catalog = study_catalog(study, unpack_to=setting.store.folder / UNPACKED)
    mapped = [file for file in crosswalk_files(units.crosswalk) if file.exists()]
    # Units are compared with the polygons of cities under the crosswalk.
    boundary = setting.digests_of([*boundaries, *(mapped if units.cities is not None else [])])
    files = [file for tile in catalog.tiles for file in tile.source.files] + mapped
    inputs = boundary | setting.digests_of([*files, *step_files(lights)])
    inputs |= _of_servers(catalog)
    for tile in catalog.tiles:
        tile.source.require_unchanged()  # since its header was read
    make = partial(_make_light, setting, catalog, boundary=boundary, inputs=inputs)
    return Stage(stage_settings(study)["lights"], inputs, make)


def _of_servers(catalog: "Catalog") -> dict[str, str]:
    """What stands for the digests of files that are on servers, by their addresses."""
    remote = [tile for tile in catalog.tiles if not tile.source.files]
    if not remote:
        return {}
    from tiles.addresses import tile_digest

    return {tile.where: tile_digest(tile, str) for tile in remote}


def _make_light(
    setting: Setting, catalog: "Catalog", *, boundary: Mapping[str, str], inputs: Mapping[str, str]
) -> Made:
    # What only a run with something to do needs is loaded here.
    from geo.compiled import load
    from nightpanel.kept import kept_units
    from nightpanel.light_files import write_light_files
    from nightpanel.run_lights import Kept, lights
    from tiles.addresses import tile_digest
    from tiles.unpack import packed_keys

    study, store = setting.study, setting.store
    section, polygons = required(study.lights, "lights"), required(study.units, "units")
    of_file = partial(digest_among, inputs)
    with (
        ThreadPoolExecutor(1) as pool,
        progress_bars("tiles", "blocks", quiet=setting.quiet) as report,
    ):
        pool.submit(load)  # while the store is read
        units, units_key = kept_units(study, files=boundary, store=store)
        made, done = calibrated(catalog, section, digest_of_file=of_file)
        digests = {tile.key: tile_digest(tile, of_file) for tile in made.tiles}
        result = lights(
            units,
            made,
            crosswalk=polygons.crosswalk,
            cell_area=section.cell_area,
            bootstrap_draws=section.bootstrap_draws,
            allow_constant=section.allow_constant,
            threads=setting.threads,
            scheduler=setting.compute.scheduler(),
            kept=Kept(store, units_key, digests),
            progress=report,
        )
    write = partial(
        write_light_files,
        units=result.units,
        unit_years=result.unit_years,
        city_years=result.city_years,
        store=store,
        units_key=units_key,
        threads=setting.threads,
    )
    looked_for = {"coverage": list(result.coverage_keys), "polygons": [units_key]}
    looked_for |= {UNPACKED: packed_keys(file for t in catalog.tiles for file in t.source.files)}
    about = _light_addresses(result) | looked_for | {"boundary": dict(boundary)}
    about |= {"calibration": done} if done else {}
    return Made(result, (*result.audit, *_damaged(store)), write, about)


def _damaged(store: Store) -> list[AuditRow]:
    """A row for each kind of entry of which some were damaged and have been made anew."""
    return [
        AuditRow("light", "damaged_entry", str(store.folder / kind), "made anew", len(keys))
        for kind, keys in store.damaged.items()
    ]


def _light_addresses(result: "Lights") -> dict[str, Any]:
    """Where the numbers come from, for `nightpanel.explain`."""
    return {
        "tiles": [
            {
                "product": tile.product,
                "year": tile.year,
                "path": tile.where,
                "sha256": tile.digest,
                "grid": tile.grid_id,
                "coverage": tile.coverage,
                "sums": tile.sums,
            }
            for tile in result.tiles
        ],
        "grids": {
            grid.grid_id: {
                "crs": grid.crs_wkt,
                "transform": list(grid.transform),
                "rows": grid.shape[0],
                "columns": grid.shape[1],
            }
            for grid in result.grids
        },
    }


def panel_stage(setting: Setting) -> Stage:
    """The city-year table joined with the yearbooks, or these alone."""
    study = setting.study
    section = required(study.panel, "panel")
    with_light = study.lights is not None
    files = [*yearbook_files(section), *scale_files(section)]
    inputs = setting.digests_of([file for file in files if file.exists()])
    if with_light:
        output_path(setting.out, "cities.parquet")
        inputs |= _of_run(setting, "cities.parquet")

    def make() -> Made:
        from nightpanel.run_panel import panel  # pandera is loaded when there is a panel to check

        light = read_output(setting.out, "cities.parquet") if with_light else None
        joined = panel(light, section, years=study.study.years)

        def write(*, folder: Path) -> dict[str, str]:
            write_table(joined.panel, folder / "panel.parquet", units=joined.units)
            write_table(joined.unmatched, folder / "unmatched.parquet")
            write_table(joined.matches, folder / "matches.parquet")
            write_table(joined.dropped, folder / "dropped.parquet")
            if len(joined.reconciliation):
                write_table(joined.reconciliation, folder / "reconciliation.parquet")
            for name, table in joined.tables.items():
                write_csv(table, folder / "tables" / f"{name}.csv")
            return stage_files("panel", folder)

        return Made(joined, joined.audit, write, {"units": dict(joined.units)})

    return Stage(stage_settings(study)["panel"], inputs, make)


def scale_files(section: "PanelSection") -> list[Path]:
    """Files of the scales on which composites are scored."""
    scales = (getattr(index, "scale", None) for index in section.indices.values())
    return [scale for scale in scales if scale is not None]


def estimates_stage(setting: Setting) -> Stage:
    """The estimates of all designs."""
    output_path(setting.out, "panel.parquet")
    beside = [file for file in design_files(setting.asked.designs) if file.exists()]
    inputs = _of_run(setting, "panel.parquet") | setting.digests_of(beside)

    def make() -> Made:
        # The estimators take seconds to load.
        import nightpanel
        from nightpanel.kept_fits import KeptFits
        from nightpanel.run_estimates import about_estimates, write_estimates

        table = read_output(setting.out, "panel.parquet")
        named = design_tables(setting.asked.designs)
        with progress_bar("fits", quiet=setting.quiet) as report:
            result = nightpanel.estimate(
                table,
                setting.asked.designs,
                workers=setting.workers,
                executor=setting.compute.executor(),
                progress=report,
                kept=KeptFits(setting.store),
                tables=named,
            )
        tables = result_tables(setting.asked, result, table, beside=named)
        as_paper = tables_as_paper(setting.asked, result, table, beside=named)

        def write(*, folder: Path) -> dict[str, str]:
            write_estimates(result, folder)
            write_result_tables(tables | as_paper, folder)
            return stage_files("estimates", folder)

        about = about_estimates(result, tables, setting.asked.designs)
        return Made(result, result.audit, write, about)

    return Stage(stage_settings(setting.study)["estimates"], inputs, make)


def _of_run(setting: Setting, name: str) -> dict[str, str]:
    """Digest of a file of the output folder, by its name there."""
    path = setting.out / name
    return {name: setting.digests.of([path])[path]}
