"""Figures for a paper: what an output folder holds, drawn for print.

One module draws one figure; `style` and ``paper.mplstyle`` say how all of them look, `catalogue`
which there are, `write` puts them into a folder.
"""
