// Parts of the working screens.
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { today } from "./clock";
import { written } from "./dates";
import { goOn } from "./enter";
import type { Row } from "./records";
import { doorName, isBack } from "./sweep";
import { t } from "./text";
import { Button, Icon } from "./ui";

/** How far a piece of work is, as a bar with its words. */
export function Progress({ label, done, of }: { label: string; done: number; of: number }) {
  const id = useId();
  return (
    <div class="ff-progress">
      <p id={id}>{label}</p>
      <progress aria-labelledby={id} value={done} max={Math.max(of, 1)} />
    </div>
  );
}

/** A link that fills its row. */
export function RowLink({ href, icon, title, children }: { href: string; icon?: string; title: string; children?: ComponentChildren }) {
  return (
    <a class="ff-row" href={href}>
      {icon && <Icon name={icon} />}
      <span class="ff-row__text">
        <span class="ff-row__title">{title}</span>
        {children}
      </span>
      <Icon name="right" />
    </a>
  );
}

/** What is filled in, and saved by a button in it: Enter only goes on to the next field. */
export function Fields({ look = "ff-wide", onSubmit, children }: { look?: "ff-form" | "ff-wide"; onSubmit: () => void; children: ComponentChildren }) {
  return (
    <form
      class={look}
      noValidate
      onKeyDown={goOn}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
    </form>
  );
}

export function Badge({ kind = "plain", icon, children }: { kind?: "plain" | "ok" | "warn" | "bad"; icon?: string; children: ComponentChildren }) {
  return (
    <span class={`ff-badge ff-badge--${kind}`}>
      {icon && <Icon name={icon} />}
      {children}
    </span>
  );
}

/** How a door stands, by shape and word. */
export function DoorState({ door, outcome }: { door: Row<"door">; outcome: string }) {
  if (door.state === "visited") {
    return (
      <Badge kind="ok" icon="check">
        {outcome || t("Visited")}
      </Badge>
    );
  }
  if (door.state === "exempt") return <Badge icon="exempt">{t("Exempt")}</Badge>;
  if (isBack(door)) {
    const later = door.due_on !== null && door.due_on > today();
    return (
      <Badge kind="warn" icon="undo">
        {later ? t("Again on %(day)s", { day: shortDay(door.due_on ?? "") }) : t("Go again: %(outcome)s", { outcome })}
      </Badge>
    );
  }
  return <Badge icon="todo">{t("To visit")}</Badge>;
}

/** `within`: the building under whose name it stands already. */
export function DoorRow({ door, within = "", outcome, href }: { door: Row<"door">; within?: string; outcome: string; href: string }) {
  return (
    <RowLink href={href} title={doorName(within ? { ...door, building: "" } : door)}>
      <DoorState door={door} outcome={outcome} />
    </RowLink>
  );
}

/** A day as its reader writes it, without the year. */
export function shortDay(day: string): string {
  const [year, month, date] = day.split("-").map(Number);
  if (!year || !month || !date) return day;
  return written(new Date(year, month - 1, date), { month: "short", day: "numeric" });
}

/** Several lines of text. */
export function Lines({ label, value, most, onInput }: { label: string; value: string; most: number; onInput: (value: string) => void }) {
  const id = useId();
  return (
    <div class="ff-field">
      <label for={id}>{label}</label>
      <textarea id={id} rows={2} autocomplete="off" maxLength={most} value={value} onInput={(event) => onInput(event.currentTarget.value)} />
    </div>
  );
}

export interface Finding {
  code: string;
  label: string;
  /** Where it is asked for more; without it `onChoose` is called. */
  href?: string;
  onChoose?: () => void;
}

/** What may be found: the usual one first, or what was `said` before, always under the thumb however long the page is. */
export function Findings({ findings, disabled, said = "" }: { findings: Finding[]; disabled: boolean; said?: string }) {
  const draw = ({ code, label, href, onChoose }: Finding, at: number) =>
    href ? (
      <a key={code} class={`ff-button ff-button--${at ? "plain" : "primary"}`} href={href}>
        <span>{label}</span>
      </a>
    ) : (
      <Button key={code} look={at ? "plain" : "primary"} disabled={disabled} {...(onChoose ? { onClick: onChoose } : {})}>
        {label}
      </Button>
    );
  const [first, ...others] = [...findings].sort((a, b) => Number(b.code === said) - Number(a.code === said)).map(draw);
  return (
    <div class="ff-findings" role="group" aria-label={t("What was found")}>
      <div class="ff-thumb ff-thumb--one ff-thumb--bare">{first}</div>
      <div class="ff-outcomes">{others}</div>
    </div>
  );
}
