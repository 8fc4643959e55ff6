// How the app words a moment and a failure.
import { now } from "./clock";
import { written } from "./dates";
import { SaveError } from "./model";
import { StoreError } from "./store";
import { t } from "./text";
import { WireError } from "./wire";

const DAY = 86_400_000;
const TIME = { hour: "2-digit", minute: "2-digit", hour12: false } as const;

/** The time of today, else the date with it. */
export function moment(value: string | number, present: number = now()): string {
  const at = new Date(value);
  const near = present - at.getTime() < DAY && at.getDate() === new Date(present).getDate();
  return written(at, near ? TIME : { month: "numeric", day: "numeric", ...TIME });
}

/** What a failed save or request means to the person, and what to do. */
export function failure(error: unknown): string {
  if (error instanceof SaveError) {
    if (error.code === "full") return t("Not saved: the phone's storage is full. Delete photos or other apps' data, then save again.");
    if (error.code === "newer") return t("Not saved: a newer version of the app is in use. Open the app again, then save again.");
    if (error.code === "locked") return t("Not saved: the app is locked. Enter the PIN, then save again.");
    return t("Not saved: the phone could not write it. Try again; if it fails again, write it down and tell the community.");
  }
  if (error instanceof StoreError) {
    if (error.code === "full") return t("The phone's storage is full. Delete photos or other apps' data, then try again.");
    if (error.code === "newer") return t("A newer version of the app is in use. Open the app again, then try again.");
  }
  if (error instanceof WireError) {
    if (error.kind === "offline") return t("No connection to the server. Go where there is a signal and try again.");
    if (error.kind === "captive") return t("This network wants a sign-in of its own first. Open any web page, sign in there, then try again.");
    if (error.kind === "busy") return t("Too many attempts. Wait a minute, then try again.");
    const said = [error.body["message"], error.body["mend"]].filter(Boolean).join(" ");
    if (error.kind === "refused") return said || t("The server refused it. Get a new code and try again.");
  }
  return t("That did not work. Try again in a while.");
}
