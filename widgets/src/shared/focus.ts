/**
 * Keep the focus in the widget when the element that has it goes: removed or hidden, it would leave the focus to the page, and
 * the next key would reach the notebook. A focus that the user takes elsewhere stays there.
 */
export function guardFocus(root: HTMLElement, signal: AbortSignal): void {
  let inside = false;
  let moving = false; // between the blur of one element and the focus of the next, nothing has it
  const back = (): void => {
    const now = document.activeElement;
    const lost = now === null || now === document.body || (root.contains(now) && now.closest("[hidden]") !== null);
    if (inside && lost && root.isConnected) root.focus({ preventScroll: true });
  };
  root.addEventListener("focusin", () => (inside = true), { signal });
  root.addEventListener("blur", () => (moving = true), { signal, capture: true });
  root.addEventListener(
    "focusout",
    (event) => {
      const left = event.target as Element;
      // whether it was left or taken out of the page shows only when the change is done
      queueMicrotask(() => {
        moving = false;
        if (left.isConnected && left.closest("[hidden]") === null) inside = root.contains(document.activeElement);
        else back();
      });
    },
    { signal },
  );
  const observer = new MutationObserver(() => {
    if (!moving) back();
  });
  observer.observe(root, { childList: true, subtree: true, attributes: true, attributeFilter: ["hidden"] });
  signal.addEventListener("abort", () => observer.disconnect());
}
