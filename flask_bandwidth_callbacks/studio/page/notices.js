// Sentences about what went wrong, at the top of the page until they are dismissed.
import { byId, button, element } from "./elements.js";

const SHOWN = 4;

const list = byId("notices");

/** Show a sentence. The same one is not shown twice. */
export function notice(sentence) {
  for (const shown of list.children) if (shown.dataset.sentence === sentence) return;
  const row = element("p", { class: "notice", "data-sentence": sentence }, element("span", {}, sentence));
  row.append(button("Dismiss", () => row.remove()));
  list.append(row);
  while (list.children.length > SHOWN) list.firstElementChild.remove();
}

/** Remove a sentence that is not true any more. */
export function withdraw(sentence) {
  for (const shown of [...list.children]) if (shown.dataset.sentence === sentence) shown.remove();
}
