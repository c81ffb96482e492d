"""Plausible mutations of publishers' files, and files that only look odd: what each must come to."""
