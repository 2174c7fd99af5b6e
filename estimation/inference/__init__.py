"""Inference on the final regression of residuals on residuals, with the nuisances held fixed.

Everything here takes arrays: the outcome's residual ``u``, the terms' residuals ``V``, the
instruments' residuals ``W`` (or None) and the ``clusters``. Nothing is fitted again.
"""
