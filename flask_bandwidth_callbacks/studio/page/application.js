// What the studio calls, and whether it can.
import { listen } from "./connection.js";
import { byId, element } from "./elements.js";
import { notice } from "./notices.js";

const STATES = {
  ready: "ready",
  broken: "cannot be loaded. It is loaded again when its code changes.",
  gone: "does not reply.",
};

const line = byId("application");
const error = element("pre", { class: "code traceback", tabindex: "0", role: "group", "aria-label": "Error" });
error.id = "application-error";

listen("problem", ({ text }) => notice(text));
listen("reset", ({ note }) => {
  if (note) notice(note);
});

listen("application", (application) => {
  const target = [...new Set([application.name, application.url])].filter(Boolean).join(" at ");
  line.dataset.state = application.state;
  line.replaceChildren(element("strong", {}, target || "The application"), ` ${STATES[application.state]}`);
  document.title = application.name ? `${application.name} · Studio` : "Studio";
  error.remove();
  if (application.error) {
    error.textContent = application.error;
    byId("notices").after(error);
  }
});
