"""A reader of tables that are written as LaTeX: structure and cells, by a grammar of its own."""

import re
from dataclasses import dataclass

MACROS = {
    r"\textbackslash{}": "\\", r"\textasciitilde{}": "~", r"\textasciicircum{}": "^",
    r"\textless{}": "<", r"\textgreater{}": ">",
}  # fmt: skip
SPECIAL = re.compile(
    r"\\textbackslash\{\}|\\textascii\w+\{\}|\\text(?:less|greater)\{\}|\\[&%$#_{}]"
)
GUARD = re.compile(r"^\{\}(?=\s*\[)")
"""An empty group before a bracket, which LaTeX would read as an option of the line before."""
MULTI = re.compile(r"\\multicolumn\{(\d+)\}\{c\}\{(.*)\}", flags=re.DOTALL)
SPACING = re.compile(r"\\addlinespace\[[^]]*\]|\\cmidrule\(lr\)\{\d+-\d+\}")


@dataclass(frozen=True)
class Read:
    """A table as LaTeX has it."""

    environments: tuple[str, ...]
    """In order of their beginning."""
    columns: int
    """Columns of the specification."""
    header: list[list[tuple[str, int]]]
    """Lines between toprule and midrule: cells with their spans."""
    rows: list[list[str]]
    """Lines between midrule and bottomrule."""
    caption: str
    notes: list[str]


def plain(tex: str) -> str:
    """A cell without LaTeX: what a reader of the paper sees."""

    def letter(found: re.Match[str]) -> str:
        return MACROS.get(found[0], found[0][1:])

    tex = GUARD.sub("", tex)
    bare = SPECIAL.sub("", tex)
    assert not set(bare) & set("\\&%$#_{}~^<>"), f"not escaped: {tex!r}"
    return SPECIAL.sub(letter, tex)


def read_latex(text: str) -> Read:
    """Read a table; a breach of structure is an AssertionError."""
    body = "\n".join(line for line in text.splitlines() if not line.startswith("% "))
    environments = _balanced(body)
    _braces(body)
    begin = re.search(r"\\begin\{(tabular\*\}\{\\linewidth|tabular|longtable)\}\{(.*)\}\n", body)
    assert begin is not None
    specification = re.sub(r"@\{\\extracolsep\{\\fill\}\}", "", begin[2])
    assert set(specification) <= set("lcr"), specification
    rules = [found[0] for found in re.finditer(r"\\(top|mid|bottom)rule", body)]
    assert rules == [r"\toprule", r"\midrule", r"\bottomrule"]
    assert r"\hline" not in body
    top, middle = body.index(r"\toprule"), body.index(r"\midrule")
    bottom = body.index(r"\bottomrule")
    head = _lines(body[top + len(r"\toprule") : middle])
    rows = _lines(body[middle + len(r"\midrule") : bottom])
    header = [[_spanned(cell) for cell in line] for line in head]
    count = len(specification)
    assert all(sum(width for _, width in line) == count for line in header)
    assert all(len(line) == count for line in rows)
    return Read(
        tuple(environments), count, header, [[plain(cell) for cell in line] for line in rows],
        _caption(body), _notes(body),
    )  # fmt: skip


def _balanced(body: str) -> list[str]:
    open_ones: list[str] = []
    begun: list[str] = []
    for kind, name in re.findall(r"\\(begin|end)\{([a-z]+\*?)\}", body):
        if kind == "begin":
            open_ones.append(name)
            begun.append(name)
        else:
            assert open_ones[-1:] == [name]
            open_ones.pop()
    assert not open_ones
    assert body.count(r"\begingroup") == body.count(r"\endgroup")
    return begun


def _braces(body: str) -> None:
    depth = 0
    for found in re.finditer(r"\\.|[{}]", body, flags=re.DOTALL):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        assert depth >= 0
    assert depth == 0


def _lines(part: str) -> list[list[str]]:
    """Rows of cells; a line that LaTeX would read otherwise is refused."""
    part = SPACING.sub("", part)
    rows = re.split(r"\\\\(?=\s)", part)
    assert rows.pop().strip() == ""
    for row in rows:
        assert not row.lstrip(" \n").startswith(("[", "*")), row
    return [[cell.strip(" \n") for cell in re.split(r"(?<!\\)&", row)] for row in rows]


def _spanned(cell: str) -> tuple[str, int]:
    found = MULTI.fullmatch(cell)
    return (plain(found[2]), int(found[1])) if found else (plain(cell), 1)


def _caption(body: str) -> str:
    found = re.search(r"\\caption\*\{\n\{\\large (.*?)\}(?: \\\\\n\{\\small (.*)\})?\n\}", body)
    assert found is not None
    return ": ".join(plain(one) for one in found.groups() if one)


def _notes(body: str) -> list[str]:
    found = re.search(
        r"\\begin\{minipage\}\{\\linewidth\}\n(.*)\n\\end\{minipage\}", body, re.DOTALL
    )
    if found is None:
        return []
    lines = re.split(r"\\\\(?:\n|$)", found[1])
    assert lines.pop() == ""
    assert not any(line.startswith(("[", "*")) for line in lines)
    return [plain(line) for line in lines]
