import { fill, h } from "../shared/dom";
import { visible } from "../shared/text";
import { gist } from "../shared/loop";
import type { Review, Session } from "../shared/session";

/** What the reviewers said who disagree, side by side: for who settles it. */
export function drawReviews(el: HTMLElement, session: Session, visit: (span: string) => void): void {
  const reviews = session.reviews ?? [];
  if (reviews.length === 0) {
    fill(el);
    return;
  }
  const where = (span: string | null): Node | string => {
    const step = session.steps.find((each) => each.span === span && span !== null);
    if (span === null) return "–";
    if (step === undefined) return "a step that is not shown";
    const go = h("button", { type: "button", class: "wbw-link", title: gist(step, 200) }, `step ${step.number}`);
    go.addEventListener("click", () => visit(span));
    return go;
  };
  const rows: [string, (review: Review) => Node | string][] = [
    ["verdict", (review) => h("strong", { class: `wbw-said-${review.verdict ?? ""}` }, visible(review.verdict ?? "–"))],
    ["mode", (review) => visible(review.failure_mode ?? "–")],
    ["note", (review) => visible(review.note ?? "–")],
    ["first failure", (review) => where(review.first_failure)],
    ["root cause", (review) => where(review.root_cause)],
  ];
  const asked = [...new Set(reviews.flatMap((review) => review.answers.map(([name]) => name)))];
  for (const name of asked) rows.push([name, (review) => visible(review.answers.find(([each]) => each === name)?.[1] ?? "–")]);
  fill(
    el,
    h("div", { class: "wbw-heading" }, h("span", {}, "What they said")),
    h(
      "div",
      { class: "wbw-reviews", tabindex: 0, role: "group", "aria-label": "What the reviewers said" },
      h(
        "table",
        {},
        h("thead", {}, h("tr", {}, h("td", {}), ...reviews.map((review) => h("th", { scope: "col" }, visible(review.reviewer))))),
        h("tbody", {}, ...rows.map(([name, cell]) => h("tr", {}, h("th", { scope: "row" }, visible(name)), ...reviews.map((review) => h("td", {}, cell(review)))))),
      ),
    ),
  );
}
