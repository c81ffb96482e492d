"""The characters that have an effect on a terminal, as in a regular expression between square brackets."""

TERMINAL_CONTROLS = "\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Beyond the first 32, the characters that a terminal obeys or that change the order of others."""
