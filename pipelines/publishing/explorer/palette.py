"""The colours of the explorer, in the NHS identity: named once, for the style sheet and for the charts, in light and in dark.

A name says what a colour is for: `white` is the ground of a table or chart, `pale` that of the page, `dark` the strongest blue.
"""

COLOURS = {
    "blue": "#005eb8",
    "dark": "#003087",
    "text": "#212b32",
    "quiet": "#425563",
    "line": "#aeb7bd",
    "grid": "#d8dde0",
    "pale": "#f0f4f5",
    "white": "#ffffff",
    "green": "#006747",
    "red": "#b3231a",
    "purple": "#5b2d86",
    "orange": "#b35c00",
    "focus": "#ffeb3b",
    "mark": "#ffed4f",
    "warning": "#fff4d3",
    "bar": "#005eb8",
    "bar-deep": "#003087",
    "on-bar": "#ffffff",
    "band-1": "#e8edee",
    "band-2": "#c7dff4",
    "band-3": "#8fc1ec",
    "band-4": "#1d6fb8",
    "band-5": "#003087",
}
DARK = {
    "blue": "#7dbdf5",
    "dark": "#b5daff",
    "text": "#e8edee",
    "quiet": "#b4c1c9",
    "line": "#5a6872",
    "grid": "#38434b",
    "pale": "#11161a",
    "white": "#1b2228",
    "green": "#5ccb9c",
    "red": "#ff938a",
    "purple": "#c9a9ee",
    "orange": "#f2a65e",
    "focus": "#ffeb3b",
    "mark": "#11161a",
    "warning": "#3a3012",
    "bar": "#00407e",
    "bar-deep": "#002a5c",
    "on-bar": "#ffffff",
    "band-1": "#28323a",
    "band-2": "#1c4266",
    "band-3": "#255f98",
    "band-4": "#6cb0ec",
    "band-5": "#b5daff",
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
"""Colour and outline, in a square from -1 to 1, of each trust of a comparison: the outline tells them apart without colour."""
BANDS = (1.75, 2.25, 2.75, 3.25)
"""Scores at which a heat map changes its colour: fixed on the scale of 1 to 5, so that editions look alike."""


def band(value: float) -> int:
    """Return the band of a score, 1 to 5."""
    return 1 + sum(value >= limit for limit in BANDS)


def style() -> str:
    """Return the colours as properties of a style sheet: the dark ones on a screen whose owner prefers them, never in print."""
    return f":root{{color-scheme:light;{_named(COLOURS)}}}\n@media screen and (prefers-color-scheme:dark){{:root{{color-scheme:dark;{_named(DARK)}}}}}\n"


def _named(colours: dict[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in colours.items())


def names() -> dict[str, str]:
    """Return the name of each colour of the charts: the first that has it."""
    return {value: name for name, value in reversed(COLOURS.items())}
