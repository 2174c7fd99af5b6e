"""Measurements whose figures the documents quote; see README.md."""
