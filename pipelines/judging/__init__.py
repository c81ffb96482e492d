"""Judging a file: checks of the file alone and comparisons with the files already held."""
