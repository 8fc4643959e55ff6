// How the connection stands, in words.
import type { Sync } from "./sync";
import { t, tn } from "./text";

export interface Said {
  kind: "ok" | "info" | "warn";
  /** For the bar at the top, with little room. */
  short: string;
  title: string;
  mend: string;
}

export function line({ line: now, waiting, running }: Sync): Said {
  const unsent = waiting > 0 ? tn("%(n)s unsent", "%(n)s unsent", waiting) : "";
  const said = (kind: Said["kind"], short: string, title: string, mend = ""): Said => ({
    kind,
    short: unsent || short,
    title: unsent ? `${title} ${t("On this phone: %(unsent)s.", { unsent })}` : title,
    mend,
  });
  if (running && now === "unknown") return said("info", t("Syncing …"), t("Syncing …"));
  switch (now) {
    case "ok":
      return said("ok", t("In step"), t("In step with the server."));
    case "captive":
      return said(
        "warn",
        t("Network asks for sign-in"),
        t("This network wants a sign-in of its own first."),
        t("Open any web page in the browser and sign in there. What you do here is kept and sent afterwards."),
      );
    case "sign_in":
      return said(
        "warn",
        t("Sign in again"),
        t("This phone has to be signed in again."),
        t("On a computer, open “My phones” and scan the code shown there. What you do here is kept meanwhile."),
      );
    case "disabled":
      return said(
        "warn",
        t("Phone disabled"),
        t("This phone was disabled for the field app."),
        t("Ask your community. What waits here is still sent and then looked at by a supervisor."),
      );
    case "full":
      return said(
        "warn",
        t("Phone is full"),
        t("The phone has no room for what the server sends."),
        t("Delete photos or other apps' data. What you recorded is kept."),
      );
    case "busy":
    case "failed":
      return said("warn", t("Server busy"), t("The server can't take it now."), t("It is tried again by itself. Nothing is lost."));
    default:
      return said("info", t("No network"), t("No connection to the server."), t("Go on working: everything is kept and sent by itself later."));
  }
}
