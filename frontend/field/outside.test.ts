import { expect, test } from "vitest";
import { chatApp } from "./outside";

const CHROME = "Mozilla/5.0 (Linux; Android 12) AppleWebKit/537.36 Chrome/107.0 Mobile Safari/537.36";

test.each([
  [`${CHROME} MicroMessenger/8.0.40 WeChat/arm64`, "WeChat"],
  [`${CHROME} wxwork/4.1.0 MicroMessenger/7.0.1`, "WeCom"],
  [`${CHROME} DingTalk/7.0`, "DingTalk"],
  [`${CHROME} MQQBrowser/6.2 QQ/8.9.50`, "QQ"],
  [CHROME, ""],
  // A browser of its own, though a chat app's maker made it.
  [`${CHROME} MQQBrowser/13.1`, ""],
])("%s", (agent, app) => {
  expect(chatApp(agent)).toBe(app);
});
