// The screens by their address. A screen is told the rest of the address: #/doors/ID gives ["ID"].
import type { ComponentType } from "preact";
import { t } from "../text";
import { Disinfection } from "./disinfection";
import { Doors } from "./doors";
import { Gates } from "./gates";
import { Messages } from "./messages";
import { More } from "./more";
import { Outbox } from "./outbox";
import { Rounds } from "./rounds";
import { Settings } from "./settings";
import { Today } from "./today";

export interface ScreenOf {
  path: string;
  label: () => string;
  icon: string;
  view: ComponentType<{ rest: string[] }>;
  /** In the bar at the bottom; the others are found under More. */
  tab?: boolean;
  /** It tells nothing of what lies here, and is shown before that is read. */
  bare?: boolean;
}

export const SCREENS: readonly ScreenOf[] = [
  { path: "today", label: () => t("Today"), icon: "today", view: Today, tab: true },
  { path: "doors", label: () => t("Doors"), icon: "door", view: Doors, tab: true },
  { path: "gates", label: () => t("Gates"), icon: "lock", view: Gates, tab: true },
  { path: "rounds", label: () => t("Rounds"), icon: "sweep", view: Rounds, tab: true },
  { path: "disinfection", label: () => t("Disinfection"), icon: "check", view: Disinfection },
  { path: "messages", label: () => t("Outreach"), icon: "bell", view: Messages },
  { path: "outbox", label: () => t("Sync box"), icon: "inbox", view: Outbox, bare: true },
  { path: "settings", label: () => t("Settings"), icon: "settings", view: Settings, bare: true },
  { path: "more", label: () => t("More"), icon: "more", view: More, tab: true, bare: true },
];

export function screenOf(path: string | undefined): ScreenOf {
  return SCREENS.find((screen) => screen.path === path) ?? (SCREENS[0] as ScreenOf);
}
