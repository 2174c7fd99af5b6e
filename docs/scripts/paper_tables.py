"""A table in the paper's layout, its LaTeX and the methods of a small run: fills docs/tables.md."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.document import filled
from nightpanel.methods.said import Paragraph
from nightpanel.methods.text import methods_text
from nightpanel.output_folder import read_output_folder
from nightpanel.paper_tables.write import write_paper_tables
from nightpanel.run_demo import STUDY, write_country
from nightpanel.run_study import run
from panels.synthetic import CountrySpec, synthetic_panel

PAGE = Path(__file__).resolve().parents[1] / "tables.md"
CITIES = 40
DESIGNS = """
[[designs]]
name = "no controls"
outcome = "gini"
treatment = "uil"
variants = ["faithful", "first_difference"]
learner = "ridge"
repetitions = 3
vary = [
    { name = "with controls", controls = ["log_gdp_per_capita", "log_loans_and_deposits"] },
]

[results]
layout = "both"
stars = true
labels = { uil = "UIL", log_gdp_per_capita = "GDP", log_loans_and_deposits = "DL" }

[[tables]]
title = "Table 2"
caption = "Benchmark regression results"
columns = ["no controls", "with controls"]
"""
TOLD = ("Light of units and inequality", "Designs", "Inference")


def main() -> None:
    """Run a small study of the made-up country, print, and fill the page."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_country(synthetic_panel(CountrySpec(n_cities=CITIES), 1), folder=folder, seed=1)
        study = folder / STUDY
        text = study.read_text(encoding="utf-8")
        head = text[: text.index("[[designs]]")].rsplit("\n# Few", 1)[0]
        study.write_text(f"{head}\n{DESIGNS}", encoding="utf-8")
        run(study, out=folder / "out")
        shown = read_output_folder(folder / "out")
        write_paper_tables(shown, folder / "made", formats=("tex",))
        parts = [
            *fenced("toml", DESIGNS[DESIGNS.index("[results]") :]),
            "",
            "gives `tables/table_2_paper.txt` beside the full `tables/table_2.txt`,",
            "",
            *fenced("", (folder / "out/tables/table_2_paper.txt").read_text("utf-8")),
            "",
            "`tables/table_2_paper.tex`,",
            "",
            *fenced("latex", (folder / "made/table_2_paper.tex").read_text("utf-8")),
            "",
            "and in `methods.md`, among other paragraphs:",
            *paragraphs(methods_text(shown).paragraphs),
        ]
    shown_text = "\n".join(parts)
    print(shown_text)
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(filled(page, "example", shown_text), encoding="utf-8")


def fenced(kind: str, text: str) -> list[str]:
    """A block of code of a page."""
    return [f"```{kind}", text.strip("\n"), "```"]


def paragraphs(told: Sequence[Paragraph]) -> list[str]:
    """Some paragraphs of the methods as a quotation."""
    lines = []
    for one in told:
        if one.heading in TOLD:
            lines += ["", f"> **{one.heading}.** {one.text}"]
    return lines


if __name__ == "__main__":
    main()
