import htmx from "htmx.org";
import { mount as announce } from "./announce";
import { mount as autosubmit } from "./autosubmit";
import { mount as bulk } from "./bulk";
import { mount as clock } from "./clock";
import { mount as copy } from "./copy";
import { type Registry, start, stop } from "./core";
import { mount as dialog } from "./dialog";
import { mount as fileDrop } from "./file-drop";
import { mount as focus } from "./focus";
import { mount as hotkeys } from "./hotkeys";
import { mount as keys } from "./keys";
import { mount as locate } from "./locate";
import { mount as mapping } from "./mapping";
import { mount as menu } from "./menu";
import { mount as poll } from "./poll";
import { mount as prefs } from "./prefs";
import { mount as print } from "./print";
import { mount as questionnaire } from "./questionnaire";
import { mount as reveal } from "./reveal";
import { mount as search } from "./search";
import { mount as session } from "./session";
import { mount as tabs } from "./tabs";
import { mount as toast } from "./toast";
import { mount as typedConfirm } from "./typed-confirm";

const islands: Registry = {
  announce,
  autosubmit,
  bulk,
  clock,
  copy,
  dialog,
  "file-drop": fileDrop,
  focus,
  hotkeys,
  keys,
  locate,
  mapping,
  menu,
  poll,
  prefs,
  print,
  questionnaire,
  reveal,
  search,
  session,
  tabs,
  toast,
  "typed-confirm": typedConfirm,
  chart: () => import("./chart"),
  map: () => import("./map"),
};

htmx.onLoad((element) => void start(element as HTMLElement, islands));
document.addEventListener("htmx:beforeCleanupElement", (event) => stop(event.target as Node));
document.addEventListener("fx:replace", (event) => {
  const { html } = (event as CustomEvent<{ html: string }>).detail;
  htmx.swap(event.target as HTMLElement, html, { swapStyle: "innerHTML", swapDelay: 0, settleDelay: 0 });
});
