"""Sessions of different agents, told apart by their tools, and groupings of few sessions."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.cluster import Views, cluster, facet_text
from workbench.cluster._agents import agents
from workbench.cluster._hdbscan import density_groups

BOOK = ["find_flight", "book", "cancel"]
PHONE = ["read_line", "refuel", "reset"]


def test_tools_that_never_meet_are_of_two_agents_and_a_shared_one_changes_nothing() -> None:
    tools = {f"a{i}": [*BOOK, *BOOK, "transfer"] for i in range(30)} | {f"b{i}": [*PHONE, *PHONE, "transfer"] for i in range(20)}  # fmt: skip
    found = agents(tools)
    assert {found[f"a{i}"] for i in range(30)} == {1}
    assert {found[f"b{i}"] for i in range(20)} == {2}


def test_requests_that_meet_in_sessions_are_of_one_agent() -> None:
    tools = {f"a{i}": BOOK for i in range(30)} | {f"b{i}": PHONE for i in range(30)} | {f"c{i}": [*BOOK, *PHONE] for i in range(6)}  # fmt: skip
    assert agents(tools) == {}


def test_tools_around_one_that_every_session_lives_on_are_of_one_agent() -> None:
    tools = {f"a{i}": ["search"] * 4 + ["book"] for i in range(30)} | {f"b{i}": ["search"] * 4 + ["reset"] for i in range(30)}  # fmt: skip
    assert agents(tools) == {}


def test_the_agent_is_a_token_of_the_failure_facet_only_where_there_are_several() -> None:
    def one(session: str, name: str) -> list[dict[str, object]]:
        return [
            {"session_id": session, "number": 1, "turn": 1, "kind": "user", "text": "Please do it."},
            {"session_id": session, "number": 2, "turn": 1, "kind": "tool", "tool_name": name, "error": "timed out"},
        ]

    mixed = [row for i in range(12) for row in (*one(f"a{i}", "book"), *one(f"b{i}", "refuel"))]
    alone = [row for i in range(12) for row in one(f"a{i}", "book")]
    of = {row["session_id"]: row["tokens"] for row in facet_text(mixed, "failure").to_dicts()}
    assert of["a3"][-1] != of["b3"][-1]
    assert {of["a3"][-1], of["b3"][-1]} == {"agent: 1", "agent: 2"}
    assert not any(
        token.startswith("agent: ") for row in facet_text(alone, "failure")["tokens"].to_list() for token in row
    )


def test_a_sign_that_passing_sessions_show_as_often_groups_less_than_one_they_never_show() -> None:
    def texts(failing: bool) -> list[dict[str, object]]:
        rows: list[dict[str, object]] = []
        for i in range(120):
            common = "sign: spoke twice" if i % 2 else "sign: spoke once"
            rare = ("sign: lied" if i % 4 < 2 else "sign: stole") if failing else "no sign"
            noise = [f"path: {(i * k) % 7}{k}" for k in (3, 5, 11)]
            rows.append({"session_id": f"{failing}{i}", "text": "x", "tokens": [common, rare, *noise]})
        return rows

    modes = cluster(texts(failing=True), against=texts(failing=False))
    rare = ["lied" if i % 4 < 2 else "stole" for i in range(120)]
    members = modes.members.drop_nulls("mode")
    inside = members["session_id"].str.strip_prefix("True").cast(int).to_list()
    for mode in members["mode"].unique():
        said = {rare[i] for i, own in zip(inside, members["mode"], strict=True) if own == mode}
        assert len(said) == 1


@pytest.mark.slow
def test_where_failing_sessions_are_as_passing_ones_hardly_a_mode_is_called_more_common() -> None:
    common, found = 0, 0
    for world in range(8):
        random = np.random.default_rng(world)
        chance = np.tile([0.05, 0.1, 0.15, 0.2, 0.3], 5)
        failing, passing = (
            [
                {"session_id": f"{name}{i}", "text": "x", "tokens": [f"sign: {j}" for j in np.flatnonzero(random.random(25) < chance)]}
                for i in range(size)
            ]
            for name, size in (("f", 300), ("p", 600))
        )  # fmt: skip
        modes = cluster(failing, against=passing, views=Views(0, 0, 1))
        common += int((modes.frame["lift_low"] > 1).sum())
        found += modes.frame.height
    assert common <= 0.1 * found


def test_of_few_points_the_grouping_that_holds_when_they_are_shaken_is_kept() -> None:
    random = np.random.default_rng(1)
    middles = np.array([[0.0, 0.0], [6.0, 0.0], [0.0, 6.0]])
    points = np.vstack([middle + random.normal(size=(25, 2)) for middle in middles])
    first, second = (density_groups(points, min_size=5, consensus=True) for _ in range(2))
    assert np.array_equal(first.labels, second.labels)
    assert int(first.labels.max()) + 1 == len(middles)
