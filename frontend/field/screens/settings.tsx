// Language, the elders' edition, contrast; who is signed in on this phone, and the way to sign in again.
import { useEffect, useState } from "preact/hooks";
import { useCell } from "../cell";
import { useGrids } from "../duty";
import { Enrol } from "../enrol";
import { install, offer } from "../install";
import { askToKeep, kept } from "../keeping";
import { SIZES, type Prefs, choose, prefs } from "../prefs";
import { lock, session } from "../session";
import { sync } from "../sync";
import { type Language, t } from "../text";
import { Button, Choice, Notice, Screen } from "../ui";
import { isHeld, takeUpdate, update } from "../update";

// A language is called by its own name, whatever the app speaks now: names stand in data, not in code.
import NAMES from "../languages.json";

export function Settings({ rest }: { rest: string[] }) {
  const chosen = useCell(prefs);
  const { user_name } = useCell(session);
  const grids = useGrids();
  const state = useCell(sync);
  const newer = useCell(update);
  const offered = useCell(offer);
  const promised = useCell(kept);
  if (rest[0] === "sign-in") return <Enrol />;
  const sizes = SIZES.map((value) => ({ value, label: value === "" ? t("Usual") : t("%(n)s px", { n: value }) }));
  const themes: { value: Prefs["theme"]; label: string }[] = [
    { value: "", label: t("As the phone") },
    { value: "light", label: t("Bright") },
    { value: "dark", label: t("Dark") },
  ];
  const languages = Object.entries(NAMES).map(([value, label]) => ({ value: value as Language, label }));
  return (
    <Screen title={t("Settings")}>
      {newer && (
        <Notice title={t("A new version is ready.")}>
          {isHeld(state) ? (
            <p>{t("It can be taken once everything is sent. When the app is closed and opened again it is taken by itself; what is unsent is kept.")}</p>
          ) : (
            <Button look="primary" onClick={takeUpdate}>
              {t("Use the new version")}
            </Button>
          )}
        </Notice>
      )}
      <Choice legend={t("Language")} value={chosen.language} options={languages} onChoose={(language) => void choose({ language })} />
      <Choice legend={t("Elders' edition: size of text")} value={chosen.size} options={sizes} onChoose={(size) => void choose({ size })} />
      <Choice legend={t("Contrast")} value={chosen.theme} options={themes} onChoose={(theme) => void choose({ theme })} />
      <h2 class="ff-subtitle">{t("This phone")}</h2>
      <dl class="ff-facts">
        <dt>{t("Signed in")}</dt>
        <dd>{user_name}</dd>
        <dt>{t("Grids")}</dt>
        <dd>{grids.map((grid) => grid.name).join(t(", ")) || "–"}</dd>
        <Storage />
      </dl>
      {promised === false && (
        <Notice kind="info" title={t("The browser has not promised to keep what is on this phone.")}>
          <p>{t("Should the phone run out of room, it may clear what is unsent. Put the app on the home screen, keep some room free, and let it send often.")}</p>
          <Button onClick={() => void askToKeep()}>{t("Ask the browser to keep it")}</Button>
        </Notice>
      )}
      <div class="ff-actions">
        {offered && (
          <Button icon="download" onClick={() => void install()}>
            {t("Put the app on the home screen")}
          </Button>
        )}
        <Button icon="lock" onClick={lock}>
          {t("Lock now")}
        </Button>
        <a class="ff-button ff-button--plain" href="#/settings/sign-in">
          <span>{t("Sign in again, or as somebody else")}</span>
        </a>
      </div>
    </Screen>
  );
}

function sized(bytes: number): string {
  return bytes < 1_000_000_000 ? `${(bytes / 1_000_000).toFixed(1)} MB` : `${(bytes / 1_000_000_000).toFixed(1)} GB`;
}

function Storage() {
  const [said, setSaid] = useState("");
  const promised = useCell(kept);
  useEffect(() => {
    void navigator.storage?.estimate?.().then(({ usage = 0, quota = 0 }) => {
      setSaid(t("%(used)s used, %(left)s left", { used: sized(usage), left: sized(Math.max(0, quota - usage)) }));
    });
  }, []);
  return (
    <>
      <dt>{t("Storage")}</dt>
      <dd>{[said || "–", promised ? t("the browser keeps it for good") : ""].filter(Boolean).join(t(", "))}</dd>
    </>
  );
}
