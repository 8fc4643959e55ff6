// Language, the elders' edition, contrast; who is signed in on this phone, and the way to sign in again.
import { useEffect, useState } from "preact/hooks";
import { useCell } from "../cell";
import { useGrids } from "../duty";
import { Enrol } from "../enrol";
import { install, offer } from "../install";
import { SIZES, type Prefs, choose, prefs } from "../prefs";
import { lock, session } from "../session";
import { sync } from "../sync";
import { type Language, t } from "../text";
import { Button, Choice, Notice, Screen } from "../ui";
import { takeUpdate, update } from "../update";

// A language is called by its own name, whatever the app speaks now: names stand in data, not in code.
import NAMES from "../languages.json";

export function Settings({ rest }: { rest: string[] }) {
  const chosen = useCell(prefs);
  const { user_name } = useCell(session);
  const grids = useGrids();
  const { waiting } = useCell(sync);
  const newer = useCell(update);
  const offered = useCell(offer);
  if (rest[0] === "sign-in") return <Enrol />;
  const sizes = SIZES.map((value) => ({ value, label: value === "" ? t("Usual") : t("%(n)s points", { n: value }) }));
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
          {waiting > 0 ? (
            <p>{t("It is taken once everything is sent.")}</p>
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

function Storage() {
  const [said, setSaid] = useState("");
  useEffect(() => {
    void navigator.storage?.estimate?.().then(({ usage = 0, quota = 0 }) => {
      const mb = (bytes: number): string => (bytes / 1_000_000).toFixed(1);
      setSaid(t("%(used)s MB used, %(left)s MB left", { used: mb(usage), left: mb(Math.max(0, quota - usage)) }));
    });
  }, []);
  return (
    <>
      <dt>{t("Storage")}</dt>
      <dd>{said || "–"}</dd>
    </>
  );
}
