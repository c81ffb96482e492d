"""Judging a file: what it must agree with, inside itself and beside the files that are held."""
