// What is to be done now: the next door as one walks, what is left, what came back.
import { useCell } from "../cell";
import { dayOf, now } from "../clock";
import { rules, useGrids } from "../duty";
import { useModel } from "../hooks";
import { declined, decline, install, offer } from "../install";
import { LeaseEnds } from "../lease";
import { model } from "../model";
import { standing } from "../outreach";
import { Badge, Progress, RowLink, shortDay } from "../parts";
import type { Row } from "../records";
import { link } from "../route";
import { ahead, doorName, isBack, isDue, isLeft } from "../sweep";
import { sync } from "../sync";
import { t, tn } from "../text";
import { Button, Empty, Icon, Notice, Screen } from "../ui";
import { wanted } from "../walks";
import { named } from "../words";

const THEN = 3;

export function Today(_props: { rest: string[] }) {
  useModel();
  const { notices, synced_at } = useCell(sync);
  const campaigns = model.campaigns();
  const tasks = model.tasks();
  const rounds = model.rounds().filter((round) => wanted(round).length > 0);
  const grids = useGrids();
  const known = rules();
  const messages = model.messages().filter((one) => !standing(one, grids, known));
  const nothing = !campaigns.length && !tasks.length && !rounds.length && !messages.length;
  return (
    <Screen title={t("Today")}>
      <LeaseEnds />
      {notices > 0 && (
        <Notice kind="warn" title={tn("%(n)s entry came back.", "%(n)s entries came back.", notices)}>
          <p>
            <a class="ff-link" href={link("outbox")}>
              {t("See what to do about it")}
            </a>
          </p>
        </Notice>
      )}
      {campaigns.map((campaign) => (
        <Sweep key={campaign.id} campaign={campaign} />
      ))}
      {rounds.length > 0 && (
        <section class="ff-part" aria-labelledby="today-rounds">
          <h2 class="ff-subtitle" id="today-rounds">
            {t("Rounds")}
          </h2>
          <ul class="ff-list">
            {rounds.map((round) => (
              <li key={round.id}>
                <RowLink href={link("rounds", round.id)} icon="sweep" title={round.name}>
                  <span class="ff-hint">{tn("%(n)s point not seen yet", "%(n)s points not seen yet", wanted(round).length)}</span>
                </RowLink>
              </li>
            ))}
          </ul>
        </section>
      )}
      {messages.length > 0 && (
        <section class="ff-part" aria-labelledby="today-messages">
          <h2 class="ff-subtitle" id="today-messages">
            {t("To be said today")}
          </h2>
          <ul class="ff-list">
            {messages.map((message) => (
              <li key={message.id}>
                <RowLink href={link("messages", "say", message.id)} icon="bell" title={named(known?.messages.find(({ code }) => code === message.kind), message.kind)}>
                  <span class="ff-two">{message.text}</span>
                </RowLink>
              </li>
            ))}
          </ul>
        </section>
      )}
      {tasks.length > 0 && (
        <section class="ff-part" aria-labelledby="today-tasks">
          <h2 class="ff-subtitle" id="today-tasks">
            {t("Tasks")}
          </h2>
          <ul class="ff-list">
            {[...tasks].sort(byDue).map((task) => (
              <Task key={task.id} task={task} />
            ))}
          </ul>
        </section>
      )}
      {nothing && (
        <Empty title={synced_at > 0 ? t("Nothing is to be done now.") : t("Nothing was fetched yet.")}>
          <p>
            {synced_at > 0
              ? t("Doors, rounds and tasks appear here as soon as they are given to you.")
              : t("Go where there is a signal: your doors are fetched by themselves.")}
          </p>
        </Empty>
      )}
      <OnHomeScreen />
    </Screen>
  );
}

/** The browser would put the app on the home screen: offered below the work, until somebody says no. */
function OnHomeScreen() {
  const [offered, no] = [useCell(offer), useCell(declined)];
  if (!offered || no) return null;
  return (
    <Notice title={t("Put the app on the home screen: it opens with one touch and without a network.")}>
      <div class="ff-entry__do">
        <Button look="primary" icon="download" onClick={() => void install()}>
          {t("Install")}
        </Button>
        <Button onClick={decline}>{t("Not now")}</Button>
      </div>
    </Notice>
  );
}

const byDue = (a: Row<"task">, b: Row<"task">): number => (a.due_at ?? "9").localeCompare(b.due_at ?? "9");

function Task({ task }: { task: Row<"task"> }) {
  const to = whereOf(task.object_id);
  if (to) {
    return (
      <li>
        <RowLink href={to} icon="task" title={task.title}>
          <span class="ff-hint">{task.label}</span>
          {task.due_at && <Due at={task.due_at} />}
        </RowLink>
      </li>
    );
  }
  return (
    <li class="ff-entry">
      <Icon name="task" />
      <div class="ff-entry__text">
        <p class="ff-entry__title">{task.title}</p>
        <p class="ff-hint">
          {[task.label, task.place_name].filter(Boolean).join(" · ")} · {t("done at a desk")}
        </p>
        {task.due_at && <Due at={task.due_at} />}
      </div>
    </li>
  );
}

/** Where in the app that is done which a task is about; "" where it isn't. */
function whereOf(id: string | null): string {
  if (!id) return "";
  if (model.campaigns().some((one) => one.id === id)) return link("doors", "all", id, "left");
  if (model.one("round", id)) return link("rounds", id);
  if (model.one("gate", id)) return link("gates", id);
  const door = model.door(id) ?? model.doorsOf(id)[0];
  return door ? link("doors", door.id) : "";
}

function Due({ at }: { at: string }) {
  const late = Date.parse(at) < now();
  const day = shortDay(dayOf(at));
  return (
    <Badge kind={late ? "bad" : "plain"} icon="clock">
      {late ? t("Overdue since %(day)s", { day }) : t("Due %(day)s", { day })}
    </Badge>
  );
}

function Sweep({ campaign }: { campaign: Row<"campaign"> }) {
  const doors = model.doors(campaign.id);
  const [next, ...then] = ahead(doors);
  const left = doors.filter(isLeft).length;
  const again = doors.filter((door) => isBack(door) && isDue(door)).length;
  const later = doors.filter((door) => isLeft(door) && !isDue(door)).length;
  const to = (...rest: string[]): string => link("doors", ...rest);
  return (
    <section class="ff-part" aria-label={campaign.name}>
      <Progress
        label={`${campaign.name} · ${tn("%(n)s door left of %(of)s", "%(n)s doors left of %(of)s", left, { of: doors.length })}`}
        done={doors.length - left}
        of={doors.length}
      />
      {next ? <Next door={next} campaign={campaign} /> : <Empty title={left ? t("No more door today.") : t("All doors are done.")} />}
      {then.length > 0 && (
        <ul class="ff-list">
          {then.slice(0, THEN).map((door) => (
            <li key={door.id}>
              <RowLink href={to(door.id)} title={doorName(door)} />
            </li>
          ))}
        </ul>
      )}
      <div class="ff-more">
        {again > 0 && <a href={to("all", campaign.id, "back")}>{tn("%(n)s to go to again", "%(n)s to go to again", again)}</a>}
        {later > 0 && <a href={to("all", campaign.id, "back")}>{tn("%(n)s on a later day", "%(n)s on a later day", later)}</a>}
        <a href={to("all", campaign.id, "left")}>{t("All doors")}</a>
      </div>
    </section>
  );
}

/** The next door, as large as a thumb in a glove wants it. */
function Next({ door, campaign }: { door: Row<"door">; campaign: Row<"campaign"> }) {
  const residents = model.residents(door.household_id);
  const outcome = campaign.outcomes.find((one) => one.code === door.outcome);
  return (
    <a class="ff-next" href={link("doors", door.id)}>
      <span class="ff-next__label">{t("Next door")}</span>
      <span class="ff-next__name">{doorName(door)}</span>
      <span class="ff-next__who">
        {residents.length ? tn("%(n)s person", "%(n)s people", residents.length) : t("Nobody is registered here.")}
        {isBack(door) && ` · ${t("before: %(outcome)s", { outcome: named(outcome, door.outcome) })}`}
      </span>
      <Icon name="right" />
    </a>
  );
}
