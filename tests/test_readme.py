"""What the README shows is what the commands print."""

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The demo as its command runs it: output folder and standard output."""
    out = tmp_path_factory.mktemp("demo") / "out"
    words = [str(Path(sys.executable).with_name("nightpanel")), "demo", "--out", str(out)]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return out, ended.stdout


def shown(name: str) -> str:
    """The block between the README's marks of this name."""
    match = re.search(rf"<!-- {name} -->\n```\n(.*?)```\n<!-- /{name} -->", README, re.DOTALL)
    assert match is not None
    return match[1]


def without_folder(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines() if not line.startswith("Outputs: ")]


def test_demo_prints_what_the_readme_shows(demo: tuple[Path, str]) -> None:
    out, printed = demo
    block = "\n".join(without_folder(shown("demo")))
    assert block.startswith("Table 2: ")
    assert f"\n{block}\n\nTable 3: " in "\n".join(without_folder(printed))
    titles = [line for line in printed.splitlines() if line.startswith("Table ")]
    assert [title.split(":")[0] for title in titles] == [
        "Table 1", "Table 2", "Table 3", "Table 4", "Table 5", "Table 5 tests", "Table 6",
        "Table 6 curves", "Table 6 projection",
    ]  # fmt: skip
    assert printed.rstrip().endswith(f"Outputs: {out}")


def test_demo_recovers_the_designed_ginis_and_keeps_its_truth(demo: tuple[Path, str]) -> None:
    out, printed = demo
    truth = pd.read_csv(out / "truth.csv").set_index(["quantity", "sample"])["value"]
    assert truth["average_effect", "all"] == pytest.approx(-0.10)
    assert truth["average_effect", "2011-2015"] > 0 > truth["average_effect", "2016-2021"]
    assert truth["moderation_per_100_points", "all"] == pytest.approx(-0.35)
    panel = pd.read_parquet(out / "panel.parquet")
    assert len(panel) == 440
    # Effects are linear in the index: 0.35 less for each 100 points of it.
    slope = -0.0035 * panel["digital_finance"].std(ddof=0)
    told = printed.split("uil x digital_finance (projection)", 1)[1].split("  truth", 1)[1]
    assert told.split()[:2] == [f"{slope:.3f}"] * 2
    estimates = pd.read_parquet(out / "estimates.parquet").set_index(["design", "variant"])
    assert set(estimates.index.get_level_values("variant")) == {
        "faithful", "first_difference", "within_dictionary", "two_way_fixed_effects",
    }  # fmt: skip


def test_study_file_of_the_readme_is_the_example() -> None:
    match = re.search(r"```toml\n(.*?)```", README, re.DOTALL)
    assert match is not None
    study = (ROOT / "examples" / "china_counties.toml").read_text(encoding="utf-8")
    assert match[1] in study


def test_every_file_the_readme_links_to_is_there() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
