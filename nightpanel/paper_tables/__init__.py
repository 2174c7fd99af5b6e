"""Result tables in the formats of papers: LaTeX with booktabs, HTML, Word, csv.

Libraries, and why. great_tables makes LaTeX and HTML of one description of a table: it escapes
every text for either itself, keeps a row that begins with a bracket from being read as an option,
lays spanners over columns with their rules, and tells screen readers which header a cell belongs
to. python-docx makes the Word table, which great_tables has no part of. maketables, which wraps
both, hands texts to LaTeX as they are (an ``&`` in a name breaks the table), has no place for the
header of the first column, numbers captions itself, and writes borders several times into one cell
of a Word file. pyfixest's ``etable`` knows fitted fixed-effects models alone; most rows here are of
other estimators.
"""
