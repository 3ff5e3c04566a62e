"""Queues, agreement, when to stop and who settles what, from the shell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli._app import HERE, AsJson, Folder, app, open_workspace
from workbench.cli._show import say, speaking
from workbench.errors import EmptyError

if TYPE_CHECKING:
    from workbench.label import Queue

__all__ = ["queues"]

queues = typer.Typer(name="queue", help="Draw, fill and read queues of sessions.", no_args_is_help=True)
app.add_typer(queues)

Name = Annotated[str, typer.Argument(help="The queue's name.")]
Where = Annotated[str | None, typer.Option(help='A condition on sessions, such as "errors > 2".')]
Reviewer = Annotated[str, typer.Option(help="Who reads.", envvar="USER")]


@queues.command()
def draw(
    name: Name,
    n: Annotated[int, typer.Option("-n", help="How many sessions.", min=1)] = 40,
    seed: Annotated[int, typer.Option(help="Another seed draws others.")] = 0,
    where: Where = None,
    by: Annotated[str | None, typer.Option(help="A column whose values are the strata.")] = None,
    informed: Annotated[bool, typer.Option(help="Where most is to be learnt; rates are weighted back.")] = False,
    reviewer: Annotated[list[str] | None, typer.Option(help="Only these may read it.")] = None,
    reviews: Annotated[int, typer.Option(help="How many reviewers read each item.", min=1)] = 1,
    shown_first: Annotated[
        float,
        typer.Option(
            help="Chance with which suggestions are shown before the verdict, to measure whether they sway.",
            min=0,
            max=1,
        ),
    ] = 0.0,
    align: Annotated[bool, typer.Option(help="To align a grader, not to build a dataset.")] = False,
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Draw sessions to read, once: the same name gives the same queue for ever.

    Example:  workbench queue draw "first read" -n 40 --where "agent_version = '1.5.0'" -w support-agent
    """
    from workbench.label import Protocol

    with speaking(as_json=as_json):
        protocol = Protocol(
            purpose="align" if align else "dataset",
            reviewers=tuple(reviewer or ()),
            reviews=reviews,
            filter=where,
            shown_first=shown_first,
        )
        drawn = open_workspace(workspace).queue(name, n=n, seed=seed, by=by, informed=informed, protocol=protocol)
        _tell(drawn, as_json=as_json)


@queues.command()
def fill(
    name: Name,
    session: Annotated[list[str] | None, typer.Argument(help="Sessions to add by hand.")] = None,
    where: Where = None,
    feedback: Annotated[bool, typer.Option(help="Those with negative feedback.")] = False,
    because: Annotated[str | None, typer.Option(help="One line that is shown beside each.")] = None,
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Add sessions by hand, from feedback, or by a condition (the queue's own by default): evidence, and in no rate.

    Example:  workbench queue fill "first read" conv-1a2b --because "a customer called" -w support-agent
    """
    with speaking(as_json=as_json):
        ws = open_workspace(workspace)
        if session:
            filled = ws.fill(ws.held_queue(name), session, how="hand", because=because)
        else:
            filled = ws.fill(ws.held_queue(name), how="feedback" if feedback else "rule", where=where, because=because)
        rows = filled.to_frame()
        values = {"added": filled.added, "notes": list(filled.notes), "items": rows.to_dicts()}
        say(repr(filled), values, as_json=as_json, frame=rows.select("session_id", "because"))


@queues.command()
def show(name: Name, workspace: Folder = HERE, as_json: AsJson = False) -> None:
    """Show a queue: what is read in which order, and why each.

    Example:  workbench queue show "first read" -w support-agent
    """
    with speaking(as_json=as_json):
        _tell(open_workspace(workspace).held_queue(name), as_json=as_json)


@queues.command("next")
def next_item(name: Name, reviewer: Reviewer, workspace: Folder = HERE, as_json: AsJson = False) -> None:
    """Reserve the next session for a reviewer, and say why this one.

    Example:  workbench queue next "first read" --reviewer ana -w support-agent
    """
    with speaking(as_json=as_json):
        ws = open_workspace(workspace)
        item = ws.next_item(ws.held_queue(name), reviewer=reviewer)
        sentence = (
            f"Nothing is left in {name!r} for {reviewer}."
            if item is None
            else f"{item['session_id']}: {item['because']}. Held until {item['expires_at']:%H:%M} UTC."
        )
        say(sentence, {"item": item}, as_json=as_json)


@queues.command("open")
def open_queue(
    name: Name,
    reviewer: Reviewer,
    expert: Annotated[bool, typer.Option(help="An expert, who is asked what only experts are.")] = False,
    host: Annotated[str, typer.Option(help="Where to listen; 0.0.0.0: reached from other machines too.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help="By default any free one.", min=1, max=65535)] = None,
    browser: Annotated[bool, typer.Option(help="Open it in a browser here.")] = True,
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Open a queue as a page of its own: for who reads without a notebook. With --json in the background.

    Example:  workbench queue open "first read" --reviewer ana -w support-agent
    """
    with speaking(as_json=as_json):
        ws = open_workspace(workspace)
        role = "expert" if expert else "general"
        page = ws.open_page(name, reviewer=reviewer, role=role, host=host, port=port, lasting=as_json)
        end = f"kill {page.pid}" if as_json else "Ctrl+C"
        say(f"{page.sentence} ({end} ends it; what is said is on disk at once).", {"address": page.address, "pid": page.pid}, as_json=as_json)  # fmt: skip
        if as_json:
            return
        if browser:
            typer.launch(page.address)
        with page:
            try:
                page.wait()
            except KeyboardInterrupt:
                say("Closed.", {}, as_json=False)


@app.command()
def agreement(workspace: Folder = HERE, as_json: AsJson = False) -> None:
    """Say how far the reviewers agree beyond chance, and whether suggestions that are shown first sway them.

    Example:  workbench agreement -w support-agent
    """
    with speaking(as_json=as_json):
        ws = open_workspace(workspace)
        found = ws.agreement()
        try:
            anchoring = ws.anchoring()
        except EmptyError:
            anchoring = None
        swayed = None if anchoring is None else anchoring.sentence
        sentence = (
            found.sentence if anchoring is None or anchoring.difference is None else f"{found.sentence} {anchoring!r}"
        )
        say(sentence, {"rows": found.frame.to_dicts(), "anchoring": swayed}, as_json=as_json, frame=found.frame)


@app.command()
def stopping(
    by: Annotated[str | None, typer.Option(help="A column of the sessions: the same for each segment.")] = None,
    more: Annotated[int, typer.Option(help="How many more reads to look ahead.", min=1)] = 30,
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Say when to stop: how much is of kinds not seen yet, and what more reading would show.

    Example:  workbench stopping --more 30 -w support-agent
    """
    with speaking(as_json=as_json):
        found = open_workspace(workspace).stopping(by=by, more=more)
        rows = found.to_frame()
        say(found.sentence, {"rows": rows.to_dicts()}, as_json=as_json, frame=rows)


@app.command()
def adjudicate(
    session: Annotated[str | None, typer.Argument(help="The session that is settled.")] = None,
    verdict: Annotated[str | None, typer.Option(help="pass or fail.")] = None,
    note: Annotated[str | None, typer.Option(help="Why.")] = None,
    reviewer: Annotated[str | None, typer.Option(help="Who settles it.", envvar="USER")] = None,
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """List the sessions on which reviewers disagree, or settle one of them.

    Example:  workbench adjudicate conv-1a2b --verdict fail --note "the order was another one" --reviewer eve -w support-agent
    """
    from workbench.errors import InputError
    from workbench.label import contested

    with speaking(as_json=as_json):
        ws = open_workspace(workspace)
        if session is None:
            rows = contested(ws.labels())
            say(f"{rows.height:,} sessions are contested.", {"rows": rows.to_dicts()}, as_json=as_json, frame=rows)
            return
        if verdict not in ("pass", "fail") or reviewer is None:
            msg = "who settles a session says pass or fail, with a name: --verdict fail --reviewer eve"
            raise InputError(msg)
        said = {"session_id": session, "verdict": verdict} | ({} if note is None else {"note": note})
        saved = ws.save_label(said, reviewer=reviewer, role="adjudicator", method="command")
        left = contested(ws.labels()).height
        say(f"Settled: {session} is {verdict}, says {reviewer}; {left:,} are still contested.", {"label": saved, "contested": left}, as_json=as_json)  # fmt: skip


def _tell(drawn: Queue, *, as_json: bool) -> None:
    values = {"queue_id": drawn.queue_id, "notes": list(drawn.notes), "items": drawn.items.to_dicts()}
    shown = drawn.items.select("position", "session_id", "because")
    say(" ".join([drawn.sentence, *drawn.notes]), values, as_json=as_json, frame=shown)
