// The doors of a sweep as a list, and the way to one of them.
import { useRef, useState } from "preact/hooks";
import { useModel } from "../hooks";
import { model } from "../model";
import { DoorRow, Progress } from "../parts";
import type { Row } from "../records";
import { go, link } from "../route";
import { isBack, isLeft } from "../sweep";
import { t, tn } from "../text";
import { Choice, Empty, Field, Screen } from "../ui";
import { named } from "../words";
import { Door, type Stood } from "./door";
import { Home } from "./home";
import { JustSaved } from "./saved";

const SHOWS = ["left", "back", "done", "all"] as const;
type Shows = (typeof SHOWS)[number];

const FITS: Record<Shows, (door: Row<"door">) => boolean> = {
  left: isLeft,
  back: isBack,
  done: (door) => !isLeft(door),
  all: () => true,
};

/** #/doors, #/doors/all/SWEEP/left, #/doors/DOOR, #/doors/DOOR/OUTCOME, #/doors/DOOR/home, #/doors/home/HOUSEHOLD; at the
 * end the number of the entry that what is written there begins from. */
export function Doors({ rest }: { rest: string[] }) {
  useModel();
  const [first, second, third] = rest;
  if (first === "home") return <Home householdId={second ?? ""} basis={third ?? ""} key={rest.join(" ")} />;
  if (first && first !== "all") {
    return <One id={first} what={second ?? ""} basis={third ?? ""} key={`${first} ${third ?? ""}`} />;
  }
  const campaign = model.campaigns().find((one) => one.id === second) ?? model.campaigns()[0];
  if (!campaign) {
    return (
      <Screen title={t("Doors")}>
        <JustSaved />
        <Empty title={t("No sweep is running in your grids.")}>
          <p>{t("Its doors appear here as soon as one begins.")}</p>
        </Empty>
      </Screen>
    );
  }
  const shows = SHOWS.find((one) => one === third) ?? "left";
  return <List campaign={campaign} shows={shows} />;
}

/** A door as it stands, or as it stood last: a pull may take it away from under somebody's hand. */
function One({ id, what, basis }: { id: string; what: string; basis: string }) {
  const stood = useRef<Stood | null>(null);
  const door = model.door(id);
  const campaign = door && model.campaign(door.campaign_id);
  if (door && campaign) stood.current = { door, campaign, form: model.form(campaign.form_id) };
  if (!stood.current) return <Gone />;
  if (what === "home") return door ? <Home householdId={door.household_id} door={door} key={id} /> : <Gone />;
  return <Door {...stood.current} outcome={what} basis={basis} gone={door && campaign ? null : <Gone />} />;
}

function Gone() {
  return (
    <Screen title={t("Doors")}>
      <Empty title={t("This door is no longer among yours.")}>
        <p>{t("The sweep has ended, or the door was given to somebody else. What you recorded is kept.")}</p>
        <a class="ff-button ff-button--plain" href={link("doors")}>
          <span>{t("All doors")}</span>
        </a>
      </Empty>
    </Screen>
  );
}

function List({ campaign, shows }: { campaign: Row<"campaign">; shows: Shows }) {
  const [wanted, setWanted] = useState("");
  const sweeps = model.campaigns();
  const doors = model.doors(campaign.id);
  const words = wanted.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const found = doors.filter(words.length ? (door) => matches(door, words) : FITS[shows]);
  const count = (which: Shows): number => doors.filter(FITS[which]).length;
  const labels: Record<Shows, string> = { left: t("Left"), back: t("Again"), done: t("Done"), all: t("All") };
  const left = count("left");
  return (
    <Screen title={t("Doors")}>
      <JustSaved />
      {sweeps.length > 1 && (
        <Choice
          legend={t("Sweep")}
          value={campaign.id}
          options={sweeps.map(({ id, name }) => ({ value: id, label: name }))}
          onChoose={(id) => go("doors", "all", id, shows)}
        />
      )}
      <Progress
        label={`${campaign.name} · ${tn("%(n)s door left of %(of)s", "%(n)s doors left of %(of)s", left, { of: doors.length })}`}
        done={doors.length - left}
        of={doors.length}
      />
      <nav class="ff-chips" aria-label={t("Which doors")}>
        {SHOWS.map((which) => (
          <a
            key={which}
            href={link("doors", "all", campaign.id, which)}
            {...(which === shows && !words.length ? { "aria-current": "true" as const } : {})}
          >
            {labels[which]} <span class="ff-chips__count">{count(which)}</span>
          </a>
        ))}
      </nav>
      <Field
        label={t("Find a door")}
        hint={t("Room, building or name")}
        type="search"
        autocomplete="off"
        enterkeyhint="search"
        value={wanted}
        onInput={(event) => setWanted(event.currentTarget.value)}
      />
      {found.length === 0 && <Empty title={words.length ? t("No door is called that.") : t("There is none.")} />}
      {buildings(found).map(([name, rows]) => (
        <section class="ff-part" key={name} aria-label={name}>
          <h2 class="ff-subtitle">{name}</h2>
          <ul class="ff-list">
            {rows.map((door) => (
              <li key={door.id}>
                <DoorRow door={door} within={door.building} outcome={outcomeOf(campaign, door)} href={link("doors", door.id)} />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </Screen>
  );
}

function outcomeOf(campaign: Row<"campaign">, door: Row<"door">): string {
  return named(campaign.outcomes.find((one) => one.code === door.outcome));
}

function matches(door: Row<"door">, words: string[]): boolean {
  const names = model.residents(door.household_id).map((one) => one.name);
  const all = [door.building, door.place_name, door.room, ...names].join(" ").toLowerCase();
  return words.every((word) => all.includes(word));
}

/** Doors in their order, by building. */
function buildings(doors: Row<"door">[]): [string, Row<"door">[]][] {
  const found = new Map<string, Row<"door">[]>();
  for (const door of doors) {
    const name = door.building || t("Other doors");
    const rows = found.get(name);
    if (rows) rows.push(door);
    else found.set(name, [door]);
  }
  return [...found];
}
