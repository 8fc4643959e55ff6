// The frame around the screens: how the sync stands at the top, the five places to go at the bottom.
import { useEffect, useState } from "preact/hooks";
import { useCell } from "./cell";
import { ChoosePin, Enrol, Unlock } from "./enrol";
import { line } from "./line";
import { load, loaded } from "./model";
import { Outgrown } from "./outside";
import { prefs } from "./prefs";
import { code, link, route } from "./route";
import { SCREENS, screenOf } from "./screens";
import { session } from "./session";
import { newer } from "./store";
import { run, sync } from "./sync";
import { t } from "./text";
import { Button, Icon, Notice, Screen } from "./ui";
import { Unkept } from "./unkept";
import { SaveUnsent } from "./unsent";

export function App() {
  useCell(prefs);
  const { stage, back } = useCell(session);
  const outgrown = useCell(newer);
  const scanned = useCell(code);
  const [forgotten, setForgotten] = useState(false);
  // Of one lock: after the next the PIN is asked for again.
  useEffect(() => {
    if (stage !== "locked") setForgotten(false);
  }, [stage]);
  if (outgrown) return <Outgrown />;
  if (stage === "starting") return null;
  const open = stage === "open";
  return (
    <>
      <Top open={open} back={back} />
      <main class="ff-main" id="main">
        {stage === "enrol" && <Enrol code={scanned} />}
        {stage === "pin" && <ChoosePin />}
        {stage === "locked" && (forgotten ? <Enrol code={scanned} onBack={() => setForgotten(false)} /> : <Unlock onForgotten={() => setForgotten(true)} />)}
        {/* Opened by the PIN first, the phone keeps what is on it. */}
        {open && (scanned ? <Enrol code={scanned} /> : back ? <ClockBack /> : <Current />)}
      </main>
      {open && !back && <Tabs />}
    </>
  );
}

function Top({ open, back }: { open: boolean; back: boolean }) {
  const state = useCell(sync);
  const said = line(state);
  // Nothing is known of the line before the first attempt.
  const known = state.running || state.line !== "unknown";
  const body = (
    <>
      <Icon name={state.running ? "refresh" : said.kind === "ok" ? "ok" : said.kind === "warn" ? "warn" : "clock"} />
      <span>{state.running ? t("Syncing …") : said.short}</span>
    </>
  );
  return (
    <header class="ff-top">
      <span class="ff-brand">{t("Fangxian")}</span>
      {known && open && !back && (
        <a class={`ff-line ff-line--${said.kind}`} href={link("outbox")}>
          {body}
        </a>
      )}
      {known && (!open || back) && <span class={`ff-line ff-line--${said.kind}`}>{body}</span>}
    </header>
  );
}

/** The server's time tells how long the households may stay here. */
function ClockBack() {
  const { running } = useCell(sync);
  return (
    <Screen title={t("The clock was set back")}>
      <Notice kind="warn" title={t("Nothing is shown until the phone has been in step with the server once.")}>
        <p>{t("Let the phone take its time from the network, and go where there is a signal. What you recorded is kept.")}</p>
      </Notice>
      <Button look="primary" icon="refresh" disabled={running} onClick={() => void run()}>
        {running ? t("Syncing …") : t("Sync now")}
      </Button>
      <SaveUnsent />
    </Screen>
  );
}

function Current() {
  const [path, ...rest] = useCell(route);
  const screen = screenOf(path);
  const state = useCell(loaded);
  const View = screen.view;
  if (state !== "yes" && !screen.bare) return <Opening title={screen.label()} failed={state === "failed"} />;
  return (
    <>
      <Unkept />
      <View key={screen.path} rest={rest} />
    </>
  );
}

/** What lies here is being read: “nothing” can't be said yet. */
function Opening({ title, failed }: { title: string; failed: boolean }) {
  return (
    <Screen title={title}>
      {!failed && <p role="status">{t("Opening …")}</p>}
      {failed && (
        <Notice kind="bad" title={t("What lies on this phone could not be read.")}>
          <p>{t("Nothing of it is lost. Try again; if that does not help, close the app and open it anew.")}</p>
          <Button look="primary" icon="refresh" onClick={() => void load().catch(console.error)}>
            {t("Try again")}
          </Button>
        </Notice>
      )}
    </Screen>
  );
}

function Tabs() {
  const [path] = useCell(route);
  const { notices } = useCell(sync);
  const here = screenOf(path);
  const current = here.tab ? here.path : "more";
  return (
    <nav class="ff-tabs" aria-label={t("Main navigation")}>
      {SCREENS.filter((screen) => screen.tab).map((screen) => (
        <a
          key={screen.path}
          href={link(screen.path)}
          {...(screen.path === current ? { "aria-current": "page" as const } : {})}
        >
          <Icon name={screen.icon} />
          <span>{screen.label()}</span>
          {screen.path === "more" && notices > 0 && <span class="ff-count">{notices}</span>}
        </a>
      ))}
    </nav>
  );
}
