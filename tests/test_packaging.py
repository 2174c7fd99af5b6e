"""The packages are found in the right place, the wheel holds them alone, conda is in step."""

import ast
import importlib
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

from nightpanel.viewer.page_files import PAGE, VENDOR

ROOT = Path(__file__).resolve().parents[1]
SHOWN = ROOT / "nightpanel" / "html_report"
PACKAGES = ("geo", "tiles", "panels", "estimation", "nightpanel")


@pytest.mark.parametrize("name", PACKAGES)
def test_package_is_imported_from_this_checkout(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__file__ is not None
    assert Path(module.__file__).resolve() == ROOT / name / "__init__.py"
    assert (ROOT / name / "py.typed").exists()


def test_wheel_holds_exactly_the_packages(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(words, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = [Path(name) for name in zipfile.ZipFile(wheel).namelist()]
    tops = {name.parts[0] for name in names if not name.parts[0].endswith(".dist-info")}
    assert tops == set(PACKAGES)
    held = {name.as_posix() for name in names}
    for data in (
        "tiles/products.toml",
        "panels/sector_groups.csv",
        "panels/figure1_economies.csv",
        "panels/table1_published.csv",
        "panels/tables/headers.csv",
        "panels/tables/units.csv",
        "panels/cities/municipalities.csv",
        "panels/cities/pseudo_cities.csv",
        "panels/cities/cities.csv",
        "panels/cities/city_changes.csv",
        "panels/cities/provinces.csv",
        "panels/cities/traditional.csv",
        "nightpanel/demo_study.toml",
        "nightpanel/paper_figures/paper.mplstyle",
        "nightpanel/methods/references.bib",
        *(f"nightpanel/html_report/assets/{path.name}" for path in (SHOWN / "assets").iterdir()),
        *(
            f"nightpanel/html_report/templates/{path.name}"
            for path in (SHOWN / "templates").iterdir()
        ),
        *(f"nightpanel/viewer/page/{path.name}" for path in PAGE.iterdir()),
        *(f"nightpanel/viewer/vendor/{path.name}" for path in VENDOR.glob("*")),
        *(f"{package}/py.typed" for package in PACKAGES),
    ):
        assert data in held


# There, the plain name is that of the library in C.
CONDA_NAMES = {"xxhash": "python-xxhash>=3.5"}


def test_conda_environment_has_the_same_dependencies() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    conda = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    listed = [one for one in conda["dependencies"] if isinstance(one, str) and one != "pip"]
    (by_pip,) = [one["pip"] for one in conda["dependencies"] if isinstance(one, dict)]
    python = f"python{project['requires-python']}"
    wanted = [CONDA_NAMES.get(one.split(">=")[0], one) for one in project["dependencies"]]
    assert sorted([*listed, *by_pip]) == sorted([python, *wanted, "--editable ."])
    assert {one.split(">=")[0] for one in by_pip} == {"--editable .", "xgboost", "xgboost-cpu"}


def test_constraints_pin_every_dependency_and_name_no_address() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "://" not in text
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in text.split()}
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    assert {one.split(">=")[0] for one in wanted} <= pinned


def test_every_import_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {one.split(">=")[0].replace("-", "_") for one in project["dependencies"]}
    called = {
        "scikit_learn": "sklearn",
        "python_dateutil": "dateutil",
        "xgboost_cpu": "xgboost",
        "python_docx": "docx",
        "pillow": "PIL",
    }
    known = {called.get(name, name) for name in declared} | set(PACKAGES)
    imported = {
        name.split(".")[0]
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in _names(node)
    }
    assert imported - known - set(sys.stdlib_module_names) == set()


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return []
