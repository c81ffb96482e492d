"""Columns of published tables, one module for each."""
