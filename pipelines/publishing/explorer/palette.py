"""The colours of the explorer, in the NHS identity: named once, for the style sheet and for the charts."""

COLOURS = {
    "blue": "#005eb8",
    "dark": "#003087",
    "text": "#212b32",
    "quiet": "#425563",
    "line": "#aeb7bd",
    "pale": "#f0f4f5",
    "white": "#ffffff",
    "green": "#006747",
    "red": "#b3231a",
    "purple": "#5b2d86",
    "orange": "#b35c00",
    "focus": "#ffeb3b",
    "warning": "#fff4d3",
    "band-1": "#e8edee",
    "band-2": "#c7dff4",
    "band-3": "#8fc1ec",
    "band-4": "#1d6fb8",
    "band-5": "#003087",
}
COHORTS = {
    "exemplar": COLOURS["dark"],
    "fast follower": COLOURS["green"],
    "aspirant": COLOURS["purple"],
    "no known programme": COLOURS["quiet"],
}
BANDS = (1.75, 2.25, 2.75, 3.25)
"""Scores at which a heat map changes its colour: fixed on the scale of 1 to 5, so that editions look alike."""


def band(value: float) -> int:
    """Return the band of a score, 1 to 5."""
    return 1 + sum(value >= limit for limit in BANDS)
