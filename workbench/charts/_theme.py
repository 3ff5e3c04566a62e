"""How charts look: right on light and on dark, in colour, in grey, and to a screen reader."""

from __future__ import annotations

from typing import Any, Final

__all__ = [
    "AXIS",
    "BASELINE",
    "CANDIDATE",
    "CROSS",
    "DOT",
    "FILLED",
    "FONT",
    "GRID",
    "KINDS",
    "ON_FILLED",
    "QUIET",
    "SERIES",
    "SHAPES",
    "TEXT",
    "VERDICTS",
    "config",
]

# Mid-tones: at least 4 to 1 against white and against a dark page, where no page can say what it is.
TEXT: Final = "#757575"
AXIS: Final = "#8a8a8a"
GRID: Final = "#8b8b8b"
QUIET: Final = "#868686"  # marks that only give others something to stand against
FONT: Final = (
    "Arial, 'Liberation Sans', Helvetica, sans-serif"  # of one width: the text is measured here and drawn elsewhere
)

# Okabe and Ito's colours, the blue made lighter so that it stands out on dark pages too, in an order whose neighbours differ in lightness too; the shapes say it once more.
SERIES: Final = ("#1f82c6", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#7a6fd0", "#a6761d")
CROSS: Final = "M-1,-.6L-.6,-1L0,-.4L.6,-1L1,-.6L.4,0L1,.6L.6,1L0,.4L-.6,1L-1,.6L-.4,0Z"
DOT: Final = "M-.45,0A.45,.45,0,1,1,.45,0A.45,.45,0,1,1,-.45,0Z"
SHAPES: Final = (
    "circle",
    "square",
    "triangle-up",
    "diamond",
    "cross",
    "triangle-down",
    "triangle-right",
    "triangle-left",
)
BASELINE: Final = "#8f8f8f"
CANDIDATE: Final = "#1f82c6"
VERDICTS: Final[dict[str, tuple[str, str]]] = {  # colour and shape
    "better": ("#1f82c6", "triangle-up"),
    "not worse": ("#009e73", "square"),
    "cannot tell": (QUIET, "circle"),
    "worse": ("#d55e00", "triangle-down"),
    "too few cases": (QUIET, "cross"),
}
FILLED: Final = "#707070"  # white numbers stand on it, so it stays as it is on every page
ON_FILLED: Final = "#ffffff"
KINDS: Final[dict[str, tuple[str, str]]] = {
    "fixed": ("#1f82c6", "triangle-up"),
    "regressed": ("#d55e00", "triangle-down"),
    "noise": (FILLED, "diamond"),
    "same": (FILLED, "circle"),
}


def config() -> dict[str, Any]:
    """The theme, as Vega-Lite's configuration."""
    label = {"labelColor": TEXT, "labelFont": FONT, "labelFontSize": 12}
    title = {"titleColor": TEXT, "titleFont": FONT, "titleFontSize": 12, "titleFontWeight": "normal"}
    return {
        "background": "transparent",
        "aria": False,  # the picture is one thing with one text alternative
        "font": FONT,
        "view": {"stroke": None},
        "axis": {
            **label,
            **title,
            "domainColor": AXIS,
            "tickColor": AXIS,
            "gridColor": GRID,
            "gridOpacity": 0.25,
            "labelLimit": 260,
            "titlePadding": 8,
        },
        "legend": {**label, **title, "symbolStrokeWidth": 2, "orient": "top", "title": None, "labelLimit": 220},
        "header": {**label, **title},
        "title": {"color": TEXT, "font": FONT, "fontSize": 13, "anchor": "start", "fontWeight": "normal"},
        "text": {"color": TEXT, "font": FONT, "fontSize": 12},
        "rule": {"color": AXIS},
        "point": {"size": 80, "filled": True, "opacity": 1},
        "range": {"category": list(SERIES), "symbol": list(SHAPES)},
    }
