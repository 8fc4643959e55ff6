// Where the app can't work: the browsers inside chat apps keep nothing, and without https nothing can be encrypted.
import { useState } from "preact/hooks";
import { t } from "./text";
import { Button, Notice, Screen } from "./ui";

const CHATS: readonly [RegExp, () => string][] = [
  [/wxwork/i, () => t("WeCom")],
  [/MicroMessenger/i, () => t("WeChat")],
  [/DingTalk/i, () => t("DingTalk")],
  [/AlipayClient/i, () => t("Alipay")],
  [/\bQQ\//i, () => "QQ"],
];

/** The chat app in whose browser this runs; "" for a browser of its own. */
export function chatApp(agent: string = navigator.userAgent): string {
  return CHATS.find(([mark]) => mark.test(agent))?.[1]() ?? "";
}

export function OpenInBrowser({ app }: { app: string }) {
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
      <Notice kind="warn" title={t("The browser inside %(app)s can't keep what you record.", { app })} />
      <ol class="ff-steps">
        <li>{t("Tap the three dots at the top right.")}</li>
        <li>{t("Choose “Open in browser”.")}</li>
      </ol>
      <Button look="primary" icon="copy" onClick={() => void copy()}>
        {copied ? t("Copied: paste it into the browser") : t("Copy the address")}
      </Button>
      <p class="ff-address">{location.href}</p>
    </Screen>
  );
}

export function NotHere({ title, mend }: { title: string; mend: string }) {
  return (
    <Screen title={t("The app can't be opened here")}>
      <Notice kind="bad" title={title}>
        <p>{mend}</p>
      </Notice>
    </Screen>
  );
}
