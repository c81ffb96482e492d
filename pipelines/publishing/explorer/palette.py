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
MARKS = (
    (COLOURS["blue"], "M0.9,0A0.9,0.9,0,1,1,-0.9,0A0.9,0.9,0,1,1,0.9,0Z"),
    (COLOURS["orange"], "M-0.8,-0.8L0.8,-0.8L0.8,0.8L-0.8,0.8Z"),
    (COLOURS["green"], "M0,-1L1,0.8L-1,0.8Z"),
    (COLOURS["purple"], "M0,-1.1L0.9,0L0,1.1L-0.9,0Z"),
    (
        COLOURS["red"],
        "M-0.35,-1L0.35,-1L0.35,-0.35L1,-0.35L1,0.35L0.35,0.35L0.35,1L-0.35,1L-0.35,0.35L-1,0.35L-1,-0.35L-0.35,-0.35Z",
    ),
    (COLOURS["text"], "M0,1L1,-0.8L-1,-0.8Z"),
    (COLOURS["dark"], "M-1.1,-0.4L1.1,-0.4L1.1,0.4L-1.1,0.4Z"),
    (COLOURS["quiet"], "M1,0L-0.8,1L-0.8,-1Z"),
)
"""Colour and outline, in a square from -1 to 1, of each trust of a comparison: whoever sees no colours sees the outline."""
BANDS = (1.75, 2.25, 2.75, 3.25)
"""Scores at which a heat map changes its colour: fixed on the scale of 1 to 5, so that editions look alike."""


def band(value: float) -> int:
    """Return the band of a score, 1 to 5."""
    return 1 + sum(value >= limit for limit in BANDS)
