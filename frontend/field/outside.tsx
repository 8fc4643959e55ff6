// Where the app can't work: in the browsers inside chat apps, which keep nothing; where nothing may be stored; over what a
// newer version has stored. What a browser lacks is found out before (static/field/fits.js).
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { t } from "./text";
import { Button, Notice, Screen } from "./ui";
import { renew } from "./update";

export interface Chat {
  name: () => string;
  /** Whether its menu offers to open the page in a browser: that of a mini program does not. */
  menu: boolean;
}

const CHATS: readonly [RegExp, () => string][] = [
  [/wxwork/i, () => t("WeCom")],
  [/MicroMessenger/i, () => t("WeChat")],
  [/DingTalk/i, () => t("DingTalk")],
  [/AlipayClient/i, () => t("Alipay")],
  [/\bLark\/|Feishu/i, () => t("Feishu")],
  [/\bQQ\//i, () => "QQ"],
];

/** The chat app in whose browser this runs; null for a browser of its own. */
export function chatApp(agent: string = navigator.userAgent): Chat | null {
  const name = CHATS.find(([mark]) => mark.test(agent))?.[1];
  return name ? { name, menu: !/miniProgram/i.test(agent) } : null;
}

/** What the page says of the browser (static/field/fits.js) gives way to the app. */
export function opened(root: HTMLElement): void {
  delete document.documentElement.dataset["lacks"];
  const fits = document.getElementById("fits");
  if (fits) fits.hidden = true;
  root.hidden = false;
}

export function OpenInBrowser({ chat }: { chat: Chat }) {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(location.href);
      setCopied(true);
    } catch {
      // The address stands below, to be copied by hand.
    }
  };
  return (
    <Screen title={t("Open in the phone's browser")}>
      <Notice kind="warn" title={t("The browser inside %(app)s can't keep what you record.", { app: chat.name() })} />
      {chat.menu ? (
        <ol class="ff-steps">
          <li>{t("Tap the three dots at the top right.")}</li>
          <li>{t("Choose “Open in browser”.")}</li>
        </ol>
      ) : (
        <p>{t("Copy the address, and open it in the phone's browser.")}</p>
      )}
      <Button look="primary" icon="copy" onClick={() => void copy()}>
        {copied ? t("Copied: paste it into the browser") : t("Copy the address")}
      </Button>
      <p class="ff-address">{location.href}</p>
    </Screen>
  );
}

export function NotHere({ title, mend, children }: { title: string; mend: string; children?: ComponentChildren }) {
  return (
    <Screen title={t("The app can't be opened here")}>
      <Notice kind="bad" title={title}>
        <p>{mend}</p>
      </Notice>
      {children}
    </Screen>
  );
}

/** A newer version of the app was used on this phone: what it stored is for that one to read. */
export function Outgrown() {
  const [busy, setBusy] = useState(false);
  const again = (): void => {
    setBusy(true);
    void renew();
  };
  return (
    <Screen title={t("A newer version of the app is in use")}>
      <Notice kind="warn" title={t("What lies on this phone was stored by a newer version of the app.")}>
        <p>{t("Nothing was deleted, and what is unsent is kept. Close the app's other windows, go where there is a signal and open it again.")}</p>
      </Notice>
      <Button look="primary" icon="refresh" disabled={busy} onClick={again}>
        {t("Open the newer version")}
      </Button>
    </Screen>
  );
}
