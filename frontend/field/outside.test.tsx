// In the browsers inside chat apps: whatever those lack, the way out of them is told.
import { readFileSync } from "node:fs";
import { render } from "preact";
import { afterEach, expect, test, vi } from "vitest";
import { OpenInBrowser, chatApp } from "./outside";

const CHROME = "Mozilla/5.0 (Linux; Android 12) AppleWebKit/537.36 Chrome/107.0 Mobile Safari/537.36";
const WECHAT = `${CHROME} MicroMessenger/8.0.40 WeChat/arm64`;
const MINI = `${WECHAT} miniProgram/wx0123456789abcdef`;

afterEach(() => {
  document.body.replaceChildren();
  delete document.documentElement.dataset["lacks"];
  vi.unstubAllGlobals();
});

test.each([
  [WECHAT, "WeChat"],
  [MINI, "WeChat"],
  [`${CHROME} wxwork/4.1.0 MicroMessenger/7.0.1`, "WeCom"],
  [`${CHROME} DingTalk/7.0`, "DingTalk"],
  [`${CHROME} MQQBrowser/6.2 QQ/8.9.50`, "QQ"],
  [`${CHROME} Lark/7.1.0 LarkLocale/zh_CN`, "Feishu"],
  [`${CHROME} Feishu/5.2`, "Feishu"],
  [CHROME, undefined],
  // A browser of its own, though a chat app's maker made it.
  [`${CHROME} MQQBrowser/13.1`, undefined],
])("%s", (agent, app) => {
  expect(chatApp(agent)?.name()).toBe(app);
});

test("where the menu has no browser to offer, the address is copied", () => {
  const said = (agent: string): string => {
    render(<OpenInBrowser chat={chatApp(agent)!} />, document.body);
    return document.body.textContent ?? "";
  };
  expect(said(WECHAT)).toContain("three dots");
  expect(said(MINI)).not.toContain("three dots");
  expect(said(MINI)).toContain("Copy the address");
  render(null, document.body);
});

test("a chat app's browser that lacks something is shown the way out, not what it lacks", async () => {
  document.body.innerHTML = '<div id="app"><p id="opening">…</p></div><main id="fits" hidden><p data-why="chat">chat <b data-address></b></p><p data-why="storage">storage</p></main>';
  vi.spyOn(navigator, "userAgent", "get").mockReturnValue(WECHAT);
  vi.stubGlobal("fetch", () => new Promise(() => undefined));
  const [app, fits] = [document.getElementById("app")!, document.getElementById("fits")!];
  // As in WeChat on an iPhone, there is no service worker here.
  expect("serviceWorker" in navigator).toBe(false);
  new Function(readFileSync("../fangxian/field/static/field/fits.js", "utf-8"))();
  const why = () => [...fits.querySelectorAll<HTMLElement>("[data-why]")].filter((one) => !one.hidden).map((one) => one.textContent);
  expect([document.documentElement.dataset["lacks"], fits.hidden, app.hidden, why()]).toEqual(["chat", false, true, [`chat ${location.href}`]]);
  const shown = new Promise<void>((resolve) => new MutationObserver(() => resolve()).observe(fits, { attributes: true }));
  await import("./main");
  await shown;
  // While the texts are still on their way.
  expect([document.documentElement.dataset["lacks"], fits.hidden, app.hidden]).toEqual([undefined, true, false]);
});
