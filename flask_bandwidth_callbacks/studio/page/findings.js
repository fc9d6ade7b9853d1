// What exploration found: every way through the line is walked when the user asks for it.
import { get, listen } from "./connection.js";
import { button, byId, element, setText } from "./elements.js";
import { counted } from "./long_list.js";

const start = byId("explore");
const shown = byId("findings");

start.addEventListener("click", async () => {
  start.disabled = true;
  setText(start, "Exploring…");
  const report = await get("findings");
  start.disabled = false;
  setText(start, "Explore");
  if (report !== null) show(report);
});

listen("exploring", ({ calls, states }) => {
  if (start.disabled) setText(start, `${counted(calls)} calls, ${counted(states)} states`);
});

function show(report) {
  const { findings } = report;
  const faults = findings.filter((finding) => !finding.is_note);
  shown.replaceChildren(
    element(
      "div",
      { class: "bar" },
      element("h3", {}, "Findings"),
      element("span", { class: "count" }, `${counted(report.calls)} calls, ${counted(faults.length)} faults`),
      button("Close", () => {
        shown.hidden = true;
        start.focus();
      }),
    ),
    findings.length === 0 ? element("p", { class: "empty" }, "Every way is fine.") : null,
    element("ul", { class: "plain" }, ...findings.map(row)),
    ...report.left.map((sentence) => element("p", { class: "hint" }, sentence)),
  );
  shown.hidden = false;
}

function row(finding) {
  const steps = finding.steps.length > 0 ? finding.steps.join(", ") : "the beginning of the call";
  return element(
    "li",
    { class: finding.is_note ? "finding note" : "finding" },
    element("strong", {}, finding.kind),
    " ",
    element("span", {}, finding.message),
    element("p", { class: "hint" }, [steps, finding.handler].filter(Boolean).join(" · ")),
  );
}
