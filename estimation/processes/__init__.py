"""Panels with a known effect: the data-generating processes of the simulation protocol.

They were written down before the estimators they judge, and are not changed to suit any of them.
"""
