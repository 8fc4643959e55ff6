import { render } from "preact";
import { App } from "./app";
import { startInstall } from "./install";
import { watchKept } from "./keeping";
import { NotHere, OpenInBrowser, Outgrown, chatApp, opened } from "./outside";
import { clear, load } from "./model";
import { apply } from "./prefs";
import { startRoute } from "./route";
import { lock, session, start } from "./session";
import { isFull, newer } from "./store";
import { count, guard, startSync } from "./sync";
import { t } from "./text";
import { SaveUnsent } from "./unsent";
import { startUpdates } from "./update";

// Left lying for so long, the phone wants the PIN again.
const AWAY = 15 * 60_000;
const GUARD_EVERY = 60_000;

const root = document.getElementById("app") as HTMLElement;

async function main(): Promise<void> {
  const chat = chatApp();
  // Before anything is waited for: the page would say what this browser lacks, and the app's own words stand hidden.
  if (chat) opened(root);
  await apply();
  // What the page says until the app is there.
  root.replaceChildren();
  // Before the code is taken out of the address: it is needed in the other browser.
  if (chat) {
    opened(root);
    return render(<OpenInBrowser chat={chat} />, root);
  }
  // What the browser can't do has been found out already (static/field/fits.js).
  if (document.documentElement.dataset["lacks"]) return;
  startRoute();
  startInstall();
  try {
    await start();
  } catch (error) {
    if (newer.value) return render(<Outgrown />, root);
    if (isFull(error)) {
      // As far as it can be read, what waits is offered as a file.
      await count().catch(() => undefined);
      return render(
        <NotHere title={t("The phone's storage is full.")} mend={t("Delete photos or other apps' data, and open the app again. What you recorded is kept.")}>
          <SaveUnsent />
        </NotHere>,
        root,
      );
    }
    return render(
      <NotHere
        title={t("The browser does not let the app keep anything.")}
        mend={t("Leave private browsing, or allow this site to store data, and open the app again.")}
      />,
      root,
    );
  }
  let stage = session.value.stage;
  session.watch(() => {
    if (session.value.stage === stage) return;
    stage = session.value.stage;
    // Said by the screen.
    if (stage === "open") void load().catch(console.error);
    else clear();
  });
  render(<App />, root);
  await count();
  startSync();
  watchOver();
  void watchKept();
  await startUpdates().catch(() => undefined);
}

/** The lease and the PIN hold also while nobody touches the app. */
function watchOver(): void {
  let left = 0;
  const look = (): void => {
    if (left && Math.abs(Date.now() - left) > AWAY) lock();
    void guard();
  };
  // Also while it is hidden, as far as the phone lets it.
  setInterval(look, GUARD_EVERY);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") look();
    left = document.visibilityState === "hidden" ? Date.now() : 0;
  });
}

void main();
