"""Charts: complete without a network, right on every page, readable in grey and aloud, and never obeying a trace."""

import re
import subprocess
import sys
from xml.etree import ElementTree as ET

import altair as alt
import numpy as np
import polars as pl
import pytest

from workbench import charts
from workbench.charts import _theme as theme
from workbench.errors import EmptyError, UnknownNameError
from workbench.experiment import Experiment, compare, history

HOSTILE = '<script>alert(1)</script>"\u202e'


def arm(seed, shift, *, name="mode", trials=3):
    rng = np.random.default_rng(seed)
    rates = np.random.default_rng(0).beta(2, 1, 80)
    return pl.DataFrame(
        [
            {
                "case": f"c{n:03d}",
                "trial": t,
                "grader": g,
                "passed": bool(rng.random() < rates[n] + shift),
                name: f"segment {n % 4}",
                "cost": 0.01 * (1 + shift) + 0.001 * rng.random(),
            }
            for n in range(80)
            for t in range(trials)
            for g in ("right", "polite")
        ]
    )


@pytest.fixture(scope="module")
def comparison():
    return compare(arm(1, -0.2), arm(2, 0.1), by=["mode"], margin=0.02)


def runs():
    part = {"partial": "20 of 80 cases were tried."}
    three = [Experiment(name, arm(seed, shift), metadata=about) for name, seed, shift, about in
             (("v1", 1, -0.2, {}), ("v2", 2, 0.0, part), (HOSTILE, 3, 0.1, {}))]  # fmt: skip
    return history(three)


MODES = pl.DataFrame(
    {
        "name": ["refund to the wrong order", "loop", "stale retrieval"],
        "size": [40, 20, 5],
        "share": [0.2, 0.1, 0.025],
        "low": [0.15, 0.07, 0.01],
        "high": [0.26, 0.15, 0.06],
        "lift": [4.0, float("inf"), None],
        "lift_low": [2.5, 3.0, None],
        "lift_high": [6.0, float("inf"), None],
    }
)
PLACES = pl.DataFrame(
    {
        "x": np.arange(60.0),
        "y": np.arange(60.0) % 7,
        "mode": [None if n % 6 == 0 else f"mode {n % 12}" for n in range(60)],
    }
)


@pytest.fixture(params=["difference", "flips", "pass_k", "modes", "map", "history", "cost"])
def chart(request, comparison):
    draw = getattr(charts, request.param)
    return draw({"modes": MODES, "map": PLACES, "history": runs()}.get(request.param, comparison))


def test_every_chart_is_one_picture_with_a_text_alternative(chart):
    root = ET.fromstring(charts.to_svg(chart))
    assert root.get("role") == "img"
    assert len(root.get("aria-label")) > 40
    assert chart.to_dict()["description"] == root.get("aria-label")


def test_every_chart_is_complete_without_a_network_or_a_script(chart):
    shown = charts.to_html(chart)
    addresses = set(re.findall(r'https?://[^"\s]+', shown))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "<script" not in shown
    assert "<image" not in shown


def test_text_and_axes_take_the_colours_of_the_page(chart):
    shown = charts.to_html(chart)
    ET.fromstring(shown)
    assert "var(--jp-content-font-color1,light-dark(" in shown
    for midtone in (theme.TEXT, theme.AXIS, theme.GRID):
        assert f'"{midtone}"' not in shown
    assert "background" not in ET.fromstring(shown).get("style")
    assert 'fill="white"' not in shown


def test_the_text_alternative_holds_the_numbers(comparison):
    assert comparison.sentence in charts.difference(comparison).to_dict()["description"]
    assert "mode: segment 0" in charts.difference(comparison).to_dict()["description"]
    assert "refund to the wrong order 20.0% (15.0% to 26.0%)" in charts.modes(MODES).to_dict()["description"]
    assert "pass^3" in charts.pass_k(comparison).to_dict()["description"]


def test_every_verdict_and_kind_has_a_shape_of_its_own():
    for meaning in (theme.VERDICTS, theme.KINDS):
        shapes = [shape for _, shape in meaning.values()]
        assert len(set(shapes)) == len(shapes)
    assert len(set(theme.SHAPES)) == len(theme.SHAPES) == len(theme.SERIES)


def lightness(colour):
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    dark, light = sorted((lightness(one), lightness(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("page", ["#ffffff", "#111111"])
def test_midtones_can_be_read_on_light_and_on_dark(page):
    assert contrast(theme.TEXT, page) >= 4
    for colour in (theme.AXIS, theme.QUIET, theme.CANDIDATE, theme.BASELINE, *(c for c, _ in theme.VERDICTS.values())):
        assert min(contrast(colour, page), contrast(colour, "#212121")) >= 3
    assert all(contrast(colour, theme.ON_FILLED) >= 3 for colour, _ in theme.KINDS.values())


def test_names_from_traces_are_shown_and_never_obeyed():
    rows = MODES.with_columns(name=pl.lit(HOSTILE) + pl.col("name"))
    for shown in (charts.to_html(charts.modes(rows)), charts.to_svg(charts.modes(rows))):
        ET.fromstring(shown)
        assert "<script" not in shown
        assert "\u202e" not in shown
    hostile = compare(arm(1, 0, name="x"), arm(2, 0, name="x").with_columns(x=pl.lit("y")), by=["x"])
    ET.fromstring(charts.to_html(charts.difference(hostile)))


def test_ten_thousand_sessions_are_thinned_evenly_and_said_to_be():
    many = pl.concat([PLACES] * 200)
    drawn = charts.map(many)
    assert "Map of 12,000 sessions (1 in 3 drawn)" in drawn.to_dict()["description"]
    assert len(charts.to_svg(drawn)) < 1_500_000


def test_one_trial_a_case_has_flips_and_one_k():
    single = compare(arm(1, -0.2, trials=1), arm(2, 0.1, trials=1), grader="right")
    assert charts.to_svg(charts.flips(single)).count("<path") > 3
    charts.to_svg(charts.pass_k(single))


def test_scores_are_drawn_in_their_own_unit():
    rng = np.random.default_rng(0)
    rows = [{"case": str(n), "grader": "stars", "value": float(v)} for n, v in enumerate(rng.normal(3, 1, 30))]
    drawn = charts.to_svg(charts.difference(compare(rows, rows)))
    assert "score" in drawn
    assert "percentage points" not in drawn


def test_a_run_on_a_part_has_a_shape_of_its_own_and_is_told():
    drawn = charts.history(runs()).to_dict()
    assert "2 v2: " in drawn["description"]
    assert "part of the cases" in drawn["description"]
    assert "<script" not in charts.to_svg(charts.history(runs()))


def test_what_quality_costs_is_told_with_both_intervals(comparison):
    assert re.search(
        r"candidate: [\d.]+% \([\d.]+% to [\d.]+%\) at 0\.011\d* cost a trial",
        charts.cost(comparison).to_dict()["description"],
    )
    with pytest.raises(EmptyError, match="no 'seconds' of both arms to draw \\(known: cost\\)"):
        charts.cost(comparison, "seconds")


def test_nothing_to_draw_says_what_to_do():
    with pytest.raises(EmptyError, match="cluster or label some sessions first"):
        charts.modes(MODES.clear())
    with pytest.raises(EmptyError, match="no session has a place"):
        charts.map(PLACES.with_columns(x=pl.lit(None, dtype=pl.Float64)))
    with pytest.raises(UnknownNameError, match="no column named 'share'"):
        charts.modes(MODES.drop("share"))
    scores = [{"case": str(n), "grader": "stars", "value": n / 7} for n in range(20)]
    with pytest.raises(EmptyError, match="no flips to draw"):
        charts.flips(compare(scores, scores))
    with pytest.raises(EmptyError, match="no repeated tries"):
        charts.pass_k(compare(scores, scores))


def test_a_notebook_shows_any_altair_chart_offline_once_asked_and_as_before_when_asked_back():
    renderer, used = alt.renderers.active, alt.theme.active
    charts.enable()
    try:
        plain = alt.Chart(pl.DataFrame({"x": [1, 2]}), description="Two points").mark_point().encode(x="x")
        bundle = plain._repr_mimebundle_()
        assert set(bundle) == {"text/html", "image/svg+xml", "text/plain"}
        assert "var(--jp-" in bundle["text/html"]
        assert "var(--jp-" not in bundle["image/svg+xml"]
        assert bundle["text/plain"] == "Two points"
    finally:
        charts.disable()
    assert (alt.renderers.active, alt.theme.active) == (renderer, used)


def test_an_exported_notebook_holds_the_picture():
    import nbformat
    from nbconvert import HTMLExporter

    svg = charts.to_html(charts.modes(MODES))
    output = nbformat.v4.new_output("display_data", {"text/html": svg, "text/plain": "chart"})
    cell = nbformat.v4.new_code_cell("", outputs=[output])
    page, _ = HTMLExporter(embed_images=True).from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    assert 'role="img"' in page
    assert "refund to the wrong order" in page


def test_importing_the_room_imports_neither_altair_nor_scipy():
    code = "import sys, workbench.charts, workbench.experiment; print(sorted({'altair', 'scipy', 'statsmodels'} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
