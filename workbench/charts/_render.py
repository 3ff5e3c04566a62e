"""From an Altair chart to SVG and HTML that need no network, no JavaScript, and no knowledge of the page's colours."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any, Final

from workbench.charts._text import shorten
from workbench.charts._theme import AXIS, GRID, QUIET, TEXT, config

if TYPE_CHECKING:
    import altair as alt

__all__ = ["disable", "enable", "to_html", "to_svg"]

_NAME: Final = "workbench"
_VERSION: Final = "6.4"  # Altair 6 writes Vega-Lite 6
_SPOKEN: Final = 2000  # characters of a text alternative
_PAGE: Final = {  # what the mid-tones become where the page can say what it is
    TEXT: "var(--jp-content-font-color1,light-dark(#1c1c1c,#e8e8e8))",
    AXIS: "var(--jp-border-color0,light-dark(#767676,#8f8f8f))",
    GRID: "var(--jp-border-color1,light-dark(#9a9a9a,#777777))",
    QUIET: "var(--jp-content-font-color3,light-dark(#767676,#8f8f8f))",
}
_PAINT: Final = re.compile(r'(fill|stroke)="(#[0-9a-f]{6})"')
_TAG: Final = re.compile(r"<[a-z][^>]*>")
_before: dict[str, Any] = {}


def to_svg(chart: alt.TopLevelMixin) -> str:
    """The chart as a standing SVG, in mid-tones that are readable on light and on dark.

    Parameters
    ----------
    chart
        An Altair chart; its `description` becomes the text alternative.

    Returns
    -------
    str
        One ``<svg>`` element with ``role="img"`` and an ``aria-label``.

    Examples
    --------
    >>> import altair as alt
    >>> chart = alt.Chart({"values": [{"x": 1}]}, description="One point").mark_point().encode(x="x:Q")
    >>> 'aria-label="One point"' in to_svg(chart)
    True
    """
    return _drawn(chart.to_dict())


def to_html(chart: alt.TopLevelMixin) -> str:
    """The chart as an SVG whose text and axes take the colours of the page: JupyterLab's, or the browser's scheme.

    Parameters
    ----------
    chart
        An Altair chart; its `description` becomes the text alternative.

    Returns
    -------
    str
        One ``<svg>`` element to stand in a page.
    """
    return _themed(to_svg(chart))


def _drawn(spec: dict[str, Any]) -> str:
    import vl_convert

    themed = {**spec, "config": {**config(), **_own(spec)}}
    svg = vl_convert.vegalite_to_svg(themed, vl_version=_VERSION)
    label = html.escape(shorten(spec.get("description") or "chart", _SPOKEN), quote=True)
    head = f'<svg role="img" aria-label="{label}" style="max-width:100%;height:auto;overflow:visible" '
    return svg.replace("<svg ", head, 1)


def _own(spec: dict[str, Any]) -> dict[str, Any]:
    """What the chart itself configures; Altair's default view size is not meant by anybody."""
    return {name: value for name, value in spec.get("config", {}).items() if name != "view"}


def _themed(svg: str) -> str:
    """The paint of marks that stand for the page's own colours moves to one style each; the head has a style already."""

    def tag(match: re.Match[str]) -> str:
        found = [(part, _PAGE[colour]) for part, colour in _PAINT.findall(match.group(0)) if colour in _PAGE]
        if not found:
            return match.group(0)
        bare = _PAINT.sub(lambda paint: paint.group(0) if paint.group(2) not in _PAGE else "", match.group(0))
        style = ";".join(f"{part}:{colour}" for part, colour in found)
        return re.sub(r"^<([a-z]+)", rf'<\1 style="{style}"', bare)

    return _TAG.sub(tag, svg)


def _renderer(spec: dict[str, Any], **_: Any) -> dict[str, Any]:
    svg = _drawn(spec)
    return {
        "text/html": _themed(svg),
        "image/svg+xml": svg,
        "text/plain": shorten(spec.get("description") or "chart", _SPOKEN),
    }


def enable() -> None:
    """Show every Altair chart of this session offline and in the page's colours: what ``%load_ext workbench`` does.

    `disable` takes it back.
    """
    import altair as alt

    _before.setdefault("theme", alt.theme.active)
    _before.setdefault("renderer", alt.renderers.active)

    def theme() -> alt.theme.ThemeConfig:
        return {"config": config()}  # pyright: ignore[reportReturnType]

    alt.theme.register(_NAME, enable=True)(theme)
    alt.renderers.register(_NAME, _renderer)
    alt.renderers.enable(_NAME)


def disable() -> None:
    """Put Altair back as it was before `enable`."""
    import altair as alt

    if _before:
        alt.theme.enable(_before.pop("theme"))
        alt.renderers.enable(_before.pop("renderer"))
