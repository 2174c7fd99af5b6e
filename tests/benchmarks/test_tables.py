"""Differences, targets and tables, on figures small enough to see through."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.accuracy import mean_difference, share_difference
from benchmarks.bench import run_group
from benchmarks.document import filled
from benchmarks.measure import Measured, Request
from benchmarks.plan import FULL, Line
from benchmarks.report import report
from benchmarks.results_file import Result, Results, load, save, with_groups
from benchmarks.scaling import scaling_report
from benchmarks.targets import targets


def measured(seconds: float, mib: float = 100.0) -> Measured:
    return Measured(
        seconds=seconds,
        cpu=seconds,
        process_seconds=seconds + 1,
        peak_mib=mib,
        threads=4,
        processes=1,
    )


def results(*lines: Result) -> Results:
    return Results(machine={"memory": "1 GiB"}, size=asdict(FULL), lines=lines)


def test_mean_difference_is_the_largest_and_takes_a_missing_mean_as_zero() -> None:
    reference = pd.DataFrame({"a": [1.0, 0.0, 4.0], "b": [2.0, 8.0, 5.0]}, index=list("xyz"))
    means = pd.DataFrame({"a": [1.5, 0.25], "b": [None, 8.0]}, index=list("xy"), dtype=float)
    # |1.5 - 1| = 0.5, |0.25 - 0| = 0.25, |0 - 2| = 2; relative 0.5, none, 1.
    assert mean_difference(means, reference) == {"absolute": 2.0, "relative": 1.0}


def test_share_difference_counts_cells_that_only_one_has() -> None:
    ours = pd.DataFrame({"unit": [0, 0, 1], "cell": [5, 6, 5], "share": [0.5, 1.0, 0.25]})
    same = pd.DataFrame({"unit": [1, 0, 0], "cell": [5, 6, 5], "share": [0.25, 1.0, 0.5]})
    assert share_difference(ours, same) == {"absolute": 0.0}
    more = pd.concat([same, pd.DataFrame({"unit": [1], "cell": [6], "share": [0.125]})])
    assert share_difference(ours, more) == {"absolute": 0.125}
    assert share_difference(more, ours) == {"absolute": 0.125}


def test_targets_take_the_fastest_way_of_a_peer() -> None:
    found = results(
        Result(
            "coverage",
            "nightpanel",
            (measured(1), measured(2), measured(9)),
            "",
            {"absolute": 2e-7},
        ),
        Result("coverage", "exactextract, by feature", (measured(90),)),
        Result("coverage", "exactextract, by raster", (measured(70),)),
    )
    faster, apart = targets(found)
    assert faster.figure(found) == 70 / 2
    assert not faster.met(35, faster.bound)
    assert faster.met(40, faster.bound)
    assert apart.figure(found) == 2e-7
    assert apart.met(2e-7, apart.bound)
    assert not apart.met(2e-6, apart.bound)


def test_every_target_of_a_full_run_is_there_once() -> None:
    groups = ["coverage", "global tile"]
    for kind in ("float", "integer"):
        groups += [f"one year, {kind}", f"29 years, {kind}"]
        groups.append(f"whole stage, 29 years and one more, {kind}")
    found = targets(results(*(Result(group, "nightpanel", ()) for group in groups)))
    texts = [one.text for one in found]
    assert len(set(texts)) == len(texts) == 2 + 2 * (2 + 4 + 4) + 2


def test_report_has_targets_ratios_and_years_in_turn() -> None:
    found = results(
        Result("one year, float", "nightpanel", (measured(1),)),
        Result("one year, float", "rasterize + bincount", (measured(2),), "", {"absolute": 0.5}),
        Result("one year, float", "exactextract, by raster", (measured(30),)),
        Result("29 years, float", "nightpanel", (measured(3),)),
        Result("29 years, float", "nightpanel, results kept", (measured(4, 2048),)),
        Result("29 years, float", "bare read", (measured(5),)),
        Result("29 years, float", "exactextract, all years in one call", (measured(100),)),
    )
    rows = [line.split(" | ") for line in report(found).splitlines() if line.startswith("|")]
    cells = {row[0].removeprefix("| "): row[1:] for row in rows}
    assert cells["one year, float: times faster than exactextract"][1:] == ["30", "met |"]
    assert cells["one year, float: times faster than rasterize + bincount"][1:] == [
        "2",
        "**missed** |",
    ]
    assert cells["29 years, float: share of the bare read"][1:] == ["0.8", "met |"]
    assert cells["29 years, float: peak memory, GiB"][1:] == ["2", "**missed** |"]
    in_turn = cells["exactextract, year by year (29 x one year)"]
    assert (in_turn[0], in_turn[-1]) == ("870", "290 |")
    assert cells["rasterize + bincount"][-2:] == ["2", "5.0e-01 absolute |"]


def test_scaling_report_fits_a_line() -> None:
    # 0.5 s + 2 s a year, and twice as fast on two workers.
    lines = [Result("years", str(n), (measured(0.5 + 2 * n),)) for n in (1, 2, 4)]
    lines += [Result("worker processes", str(n), (measured(8 / n),)) for n in (1, 2)]
    text = scaling_report(results(*lines))
    assert "The line: 0.5 s + 2 s for one of years." in text
    assert "| 2 | 4 | 4 | 4 | 100 | 2.00 |" in text


def test_results_come_back_from_their_file(tmp_path: Path) -> None:
    found = results(Result("g", "n", (measured(1), measured(2)), "note", {"absolute": 1.0}))
    save(found, tmp_path / "a" / "full.json")
    again = load(tmp_path / "a" / "full.json")
    assert again.lines == found.lines
    assert json.loads(json.dumps(again.size)) == json.loads(json.dumps(found.size))


def test_a_group_measured_again_takes_its_old_place() -> None:
    earlier = results(Result("a", "x", (measured(1),)), Result("b", "x", (measured(2),)))
    again = results(Result("a", "x", (measured(3),)), Result("c", "x", (measured(4),)))
    again = replace(again, machine=dict(again.machine) | {"load at the start": "9"})
    merged = with_groups(earlier, again)
    assert [(one.group, one.median()) for one in merged.lines] == [("a", 3), ("b", 2), ("c", 4)]
    assert with_groups(earlier, replace(again, machine={"memory": "2 GiB"})).lines == again.lines


def test_page_is_filled_between_its_marks() -> None:
    page = "before\n<!-- bench -->\nold\n<!-- end of bench -->\nafter\n"
    once = filled(page, "bench", "new\n")
    assert once == "before\n<!-- bench -->\n\nnew\n\n<!-- end of bench -->\nafter\n"
    assert filled(once, "bench", "new\n") == once
    with pytest.raises(ValueError, match="scaling"):
        filled(page, "scaling", "new\n")


def test_samples_are_drawn_out_to_all_units(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = [Request("p", "means", Path(str(number)), ()) for number in (100, 300)]
    # 1 s + 0.01 s for each unit: 401 s for 40,000.
    monkeypatch.setattr(
        "benchmarks.bench.measure",
        lambda one, **_: measured(1 + 0.01 * int(one.boundaries.name)),
    )
    line = Line("g", "peer", tuple(asked), 2, samples=(100, 300))
    (found,) = run_group([line], FULL, tmp_path)
    assert [run.seconds for run in found.runs] == pytest.approx([401, 401])
    assert found.median("process_seconds") == pytest.approx(402)
    assert found.note == "samples of 100 and 300 units, scaled"
