"""The page on instruments prints what the command prints."""

import re
from pathlib import Path

from docs.scripts.made_up_exposure import TRUTH, write_tables
from nightpanel.run_estimates import estimate_file

PAGE = Path(__file__).resolve().parents[2] / "docs" / "instruments.md"


def test_prints_of_the_page_are_those_of_the_command(tmp_path: Path) -> None:
    text = PAGE.read_text("utf-8")
    design = next(
        part for part in re.findall(r"```toml\n(.*?)```", text, re.DOTALL) if "[[" in part
    )
    write_tables(tmp_path)
    (tmp_path / "designs.toml").write_text(design, encoding="utf-8")
    result = estimate_file(
        panel=tmp_path / "panel.csv", designs=tmp_path / "designs.toml", out=tmp_path / "out"
    )
    for name in ("effects", "checks"):
        printed = (tmp_path / "out" / "tables" / f"{name}.txt").read_text("utf-8")
        body = printed.split("\nNote:")[0].rstrip("\n")
        assert f"```\n{body}\n```" in text, name
    rows = result.estimates.set_index("part")
    assert rows.loc["akm", "ci_low"] < TRUTH < rows.loc["akm", "ci_high"]
