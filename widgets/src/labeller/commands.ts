import type { Action } from "../shared/keys";
import type { View } from "./view";

/** What each key does, in the order of the help card; a keymap of the user's own replaces the keys of single actions. */
export function commands(view: View, keymap: Record<string, string>): Action[] {
  return Object.entries(table(view)).map(([name, action]) => {
    const own = keymap[name];
    return own === undefined ? action : { ...action, keys: [own] };
  });
}

function table(view: View): Record<string, Action> {
  return {
    pass: { keys: ["p"], says: "pass", run: () => view.saying.say({ verdict: "pass" }) },
    fail: { keys: ["f"], says: "fail", run: () => view.saying.say({ verdict: "fail" }) },
    defer: { keys: ["d"], says: "defer: it comes again at the end", run: () => view.saying.say({ verdict: "defer" }) },
    skip: { keys: ["s"], says: "skip", run: () => view.saying.say({ verdict: "skip" }) },
    next: { keys: ["Enter"], says: "save and show the next session", run: () => view.saveAndNext() },
    note: { keys: ["n"], says: "write a note", run: () => view.panel.focusNote() },
    mode: { keys: ["m"], says: "failure mode: pick or coin one", run: () => view.panel.focusMode() },
    also: { keys: ["M"], says: "one more failure mode, of what went wrong after", run: () => view.panel.focusAlso() },
    first_failure: { keys: ["1"], says: "mark this step as the first failure", run: () => view.saying.mark("first_failure") },
    root_cause: { keys: ["2"], says: "mark this step as the root cause", run: () => view.saying.mark("root_cause") },
    expected: { keys: ["e"], says: "edit the output into the expected one", run: () => view.panel.openExpected() },
    question: { keys: ["q"], says: "answer the next open question; in one, a digit picks", run: () => view.panel.questions.focus() },
    flag: { keys: ["!"], says: "flag, to be looked at again", run: () => view.saying.flag() },
    undo: { keys: ["u", "Ctrl+z"], says: "undo the last thing said", run: () => view.saying.undo() },
    down: { keys: ["j", "ArrowDown"], says: "next step", repeats: true, run: () => view.walk.step(1) },
    up: { keys: ["k", "ArrowUp"], says: "previous step", repeats: true, run: () => view.walk.step(-1) },
    open: { keys: ["o"], says: "open or close the step", run: () => view.walk.toggle() },
    open_all: { keys: ["O"], says: "open or close all steps", run: () => view.transcript.toggleAll() },
    error: { keys: ["x"], says: "next error", repeats: true, run: () => view.walk.error(1) },
    error_back: { keys: ["X"], says: "previous error", repeats: true, run: () => view.walk.error(-1) },
    signal: { keys: ["i"], says: "next step where a signal fired", repeats: true, run: () => view.walk.signal() },
    tree: { keys: ["t"], says: "tree and timeline of the spans, or the steps", run: () => view.side.turn() },
    side: { keys: ["b"], says: "show or hide the side", run: () => view.side.hide() },
    top: { keys: ["Home"], says: "first step", run: () => view.walk.goto(0) },
    bottom: { keys: ["End"], says: "last step", run: () => view.walk.goto(Number.MAX_SAFE_INTEGER) },
    page: { keys: ["PageDown", " "], says: "scroll the conversation", repeats: true, run: () => view.transcript.scroll(1) },
    page_back: { keys: ["PageUp"], says: "", repeats: true, run: () => view.transcript.scroll(-1) },
    forward: { keys: ["]", "l", "ArrowRight"], says: "next session", run: () => view.move(1) },
    back: { keys: ["[", "h", "ArrowLeft"], says: "previous session", run: () => view.move(-1) },
    jump: { keys: ["g"], says: "go to a session by number or id", run: () => view.finder.open("jump") },
    search: { keys: ["/"], says: "search in this session", run: () => view.finder.open("search") },
    again: { keys: [","], says: "next place found", repeats: true, run: () => view.finder.next(1) },
    reveal: { keys: ["v"], says: "show suggestions before the verdict", run: () => view.reveal() },
    stopping: { keys: ["w"], says: "when to stop, by segment", run: () => view.segments() },
    codebook: { keys: ["c"], says: "the codebook: merge, split, rename, read again", run: () => view.codebook() },
    retry: { keys: ["r"], says: "try again to save", run: () => view.outbox.retry() },
    help: { keys: ["?"], says: "show or hide the keys", run: () => view.toggleHelp() },
    leave: { keys: ["Escape"], says: "close, or leave for the notebook", run: () => view.leave() },
  };
}

/** The key that an action has, to be shown on its button. */
export function keyOfAction(name: string, keymap: Record<string, string>): string {
  const defaults: Record<string, string> = {
    pass: "p", fail: "f", defer: "d", skip: "s", note: "n", mode: "m", also: "M", first_failure: "1", root_cause: "2", expected: "e", reveal: "v",
    next: "Enter", forward: "]", back: "[", retry: "r", help: "?", search: "/", undo: "u", jump: "g",
    question: "q", flag: "!", tree: "t", side: "b", stopping: "w", codebook: "c", signal: "i",
  };
  return keymap[name] ?? defaults[name] ?? "";
}
