"""Secrets and personal data become tokens; everything else stays as it is."""

from __future__ import annotations

import json
import pickle
import stat
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.redact import Redactor, key_of

KEY = b"the workspace's own"


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("Mail me at jane.doe+test@mail.example.co.uk.", "jane.doe+test@mail.example.co.uk", "mail"),
        ("call +1 (415) 555-2671 today", "+1 (415) 555-2671", "phone"),
        ("call 415-555-2671 today", "415-555-2671", "phone"),
        ("or +49 30 901820", "+49 30 901820", "phone"),
        ("card 4111 1111 1111 1111, please", "4111 1111 1111 1111", "card"),
        ("to DE89 3704 0044 0532 0130 00 by Monday", "DE89 3704 0044 0532 0130 00", "bank account"),
        ("my number is 536-22-8726", "536-22-8726", "social security"),
        ("from 93.184.216.34 again", "93.184.216.34", "ip address"),
        ("from 2001:db8:0:0:0:0:2:1 again", "2001:db8:0:0:0:0:2:1", "ip address"),
        ("the key AKIA" + "IOSFODNN7EXAMPLE works", "AKIA" + "IOSFODNN7EXAMPLE", "secret"),
        ("with ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a set", "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a", "secret"),
        ("with sk-" + "proj-abcdEFGH1234567890abcdEFGH set", "sk-" + "proj-abcdEFGH1234567890abcdEFGH", "secret"),
        ("Authorization: Bearer dBjftJeZ4CVPmB92K27uhbUJU1p1r_wW", "dBjftJeZ4CVPmB92K27uhbUJU1p1r_wW", "secret"),
        ("my password is hunter22", "hunter22", "secret"),
        ("postgres://app:pa55w0rd@db.internal/x", "pa55w0rd", "secret"),
    ],
)  # fmt: skip
def test_what_must_not_leave_is_found_and_the_rest_stays(text: str, value: str, kind: str) -> None:
    redactor = Redactor(KEY)
    made = redactor.text(text)
    assert made == text.replace(value, redactor.token(kind, value))
    assert redactor.replaced.counts == {kind: 1}


@pytest.mark.parametrize(
    "text",
    [
        "Order W6266132, parcel 4111-88213, customer cust-18183, subscription SUB-82704",
        "581cc9bd41c1a2237db760b25b89328a call_d812854560 2025-09-11T10:00:00Z 2025-09-11",
        "It costs 1,299.00 and weighs 12.5 kg; version 1.4.0; 10:30:15",
        "The API keyboard and the secretary passed the test",
        '{"order_id": "4155552671", "total": 4111111111111111, "at": 1757290037018676592}',
        "",
    ],
)
def test_ids_dates_and_amounts_are_no_personal_data(text: str) -> None:
    redactor = Redactor(KEY)
    assert redactor.text(text) == text
    assert redactor.replaced.sentence == "Nothing was found that had to be replaced."


def test_the_same_value_is_the_same_token_everywhere_and_another_in_another_workspace() -> None:
    here, there = Redactor(KEY), Redactor(b"somebody else's")
    one, other = here.text("ana@example.org"), here.text('{"said": "to ANA@example.org"}')
    assert one in other
    assert here.text("bo@example.org") != one != there.text("ana@example.org")


def test_json_stays_json_and_a_value_under_a_secret_name_goes_whatever_it_looks_like() -> None:
    text = json.dumps(
        {"api_key": "plain", "note": "\nana@example.org", "deep": [{"password": "x"}], "token_count": "7"}
    )
    made = json.loads(Redactor(KEY).text(text))
    assert made["api_key"].startswith("[secret:")
    assert made["note"].startswith("\n[mail:")
    assert made["deep"][0]["password"].startswith("[secret:")
    assert made["token_count"] == "7"


@given(
    st.text(alphabet='abc@.+-0123456789 []:{}"\\\nsk_é', max_size=60)
    | st.sampled_from(["ana@x.org 415-555-2671", '["a@b.io"]'])
)
def test_what_was_redacted_once_is_not_redacted_again(text: str) -> None:
    redactor = Redactor(KEY)
    once = redactor.text(text)
    assert redactor.text(once) == once


def test_a_table_of_spans_is_cleaned_in_its_texts_only() -> None:
    frame = pl.DataFrame(
        {"trace_id": ["t"], "input": ["ana@example.org"], "output": [None], "agent_version": ["ana@example.org"]}
    )
    made = Redactor(KEY).frame(frame)
    assert made["input"][0].startswith("[mail:")
    assert made.drop("input").equals(frame.drop("input"))


def test_it_travels_to_other_processes_and_their_counts_come_home() -> None:
    here = Redactor(KEY)
    away = pickle.loads(pickle.dumps(here))
    away.text("ana@example.org")
    here.add(away.take())
    assert here.replaced.counts == {"mail": 1}
    assert away.replaced.counts == {}
    assert here.replaced.to_frame().rows() == [("mail", 1)]
    assert "mail 1" in here.replaced._repr_html_()


def test_the_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    assert key_of(tmp_path) == key_of(tmp_path)
    assert len(key_of(tmp_path)) == 32
    assert stat.S_IMODE((tmp_path / "redaction.key").stat().st_mode) == 0o600


def test_ids_names_and_tags_are_cleaned_with_the_tokens_of_the_text() -> None:
    redactor = Redactor(KEY)
    spans = pl.DataFrame({
        "trace_id": ["ana@example.org", "0af7651916cd43dd8448eb211c80319c"], "session_id": ["chat/ana@example.org", None],
        "name": ["mail to ana@example.org", "x"], "tags": [["vip", "ana@example.org"], None], "input": ["ana@example.org", ""],
        "agent_version": ["1.2.3.4", None],
    })  # fmt: skip
    clean = redactor.frame(spans)
    token = clean["input"][0]
    assert token.startswith("[mail:")
    assert clean["trace_id"].to_list() == [token, "0af7651916cd43dd8448eb211c80319c"]
    assert clean["session_id"].to_list() == [f"chat/{token}", None]
    assert clean["name"].to_list() == [f"mail to {token}", "x"]
    assert clean["tags"].to_list() == [["vip", token], None]
    assert clean["agent_version"].to_list() == ["1.2.3.4", None]
    assert redactor.frame(pl.DataFrame({"target_id": ["ana@example.org/7"]}), ("target_id",)).item() == f"{token}/7"
    assert redactor.counts == {"mail": 6}


def test_a_page_keeps_its_shape() -> None:
    redactor = Redactor(KEY)
    page = '<style>a{width:4111111111111111px}</style><a href="#ana@example.org" title="ana@example.org">&lt;ana@example.org&gt;</a><path d="M+14155552671"/>'
    clean = redactor.html(page)
    assert "ana@" not in clean
    assert "<style>a{width:4111111111111111px}</style>" in clean
    assert 'd="M+14155552671"' in clean
    assert clean.count(redactor.text("ana@example.org")) == 3


def test_what_a_team_knows_is_found_too() -> None:
    redactor = Redactor(KEY, own=(("customer", r"(?i)(?<!\w)(?:ana lima|contoso)(?!\w)"), ("order", r"ORD-\d{6}")))
    clean = redactor.text('{"said": "Ana Lima of Contoso asks for ORD-123456, analima too"}')
    assert "Lima" not in clean
    assert "ORD-" not in clean
    assert "analima" in clean
    assert redactor.counts == {"customer": 2, "order": 1}
    assert redactor.text("ANA LIMA") == redactor.text("ana lima")
    assert pickle.loads(pickle.dumps(redactor)).text("Ana Lima") == redactor.text("Ana Lima")
