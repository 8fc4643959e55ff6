// Rounds: a point is found by its QR or in the list; what was missed stands first.
import { useEffect, useRef, useState } from "preact/hooks";
import { passingCell, useCell } from "../cell";
import { sha256, utf8 } from "../crypto";
import { useDone } from "../done";
import { useDraft } from "../draft";
import { begunWith, recorded, rules, useEntry } from "../duty";
import { Locate } from "../forms";
import { useModel } from "../hooks";
import { model } from "../model";
import { Badge, Findings, Lines, Progress, RowLink } from "../parts";
import type { Point, Row } from "../records";
import { go, instead, link, route } from "../route";
import { ScanButton, useGun } from "../scan";
import { t, tn } from "../text";
import { Empty, Icon, Notice, Screen } from "../ui";
import { type Standing, standings } from "../walks";
import { named } from "../words";
import { NO_CHECK, checkFrom, draftAt } from "../written";

const LONGEST_NOTE = 500;
/** What was recorded last, told where the next point is chosen. */
const just = passingCell("");
/** `basis`: of the correction that it was read for; "" for none. */
const NOT_READ = { point: "", basis: "", token: "" };
/** The code that was read, and its point: the proof of having been there holds for one check, and stands in no address
 * and nowhere on the phone before it is read. */
const scanned = passingCell(NOT_READ);

/** #/rounds, #/rounds/ROUND, #/rounds/ROUND/POINT, and #/rounds/ROUND/POINT/CHECK where one is corrected, or a refused
 * one written anew. */
export function Rounds({ rest }: { rest: string[] }) {
  useModel();
  const [roundId, pointId, basis = ""] = rest;
  const rounds = model.rounds();
  const round = rounds.find((one) => one.id === roundId) ?? (rounds.length === 1 ? rounds[0] : undefined);
  const point = round?.points.find((one) => one.id === pointId);
  if (round && point) return <Check round={round} point={point} basis={basis} key={`${point.id} ${basis}`} />;
  if (round) return <Walk round={round} key={round.id} />;
  return (
    <Screen title={t("Rounds")}>
      {rounds.length === 0 && (
        <Empty title={t("No round is yours to walk.")}>
          <p>{t("It appears here as soon as one is planned where you work.")}</p>
        </Empty>
      )}
      {rounds.length > 0 && <Reader rounds={rounds} />}
      {rounds.length > 0 && (
        <ul class="ff-list">
          {rounds.map((one) => {
            const left = standings(one).filter(({ wanted }) => wanted).length;
            return (
              <li key={one.id}>
                <RowLink href={link("rounds", one.id)} icon="sweep" title={one.name}>
                  <span class="ff-hint">
                    {one.place_name} · {left ? tn("%(n)s point to go to", "%(n)s points to go to", left) : t("nothing to do now")}
                  </span>
                </RowLink>
              </li>
            );
          })}
        </ul>
      )}
    </Screen>
  );
}

/** The point that a code stands for. */
async function pointOf(token: string, rounds: Row<"round">[]): Promise<{ round: Row<"round">; point: Point } | null> {
  const digest = await sha256(utf8(token));
  for (const round of rounds) {
    const point = round.points.find((one) => one.token_sha256 === digest);
    if (point) return { round, point };
  }
  return null;
}

/** Opens the point whose code is read; `unknown`: the last one was of none. */
function useReader(rounds: Row<"round">[]): { unknown: boolean; take: (code: string) => void } {
  const [unknown, setUnknown] = useState(false);
  const take = (code: string): void => {
    // The case of its letters doesn't matter.
    const token = code.trim().toUpperCase();
    void pointOf(token, rounds).then((found) => {
      setUnknown(!found);
      const [path, , point, basis = ""] = route.value;
      const open = found !== null && path === "rounds" && point === found.point.id;
      scanned.value = found ? { point: found.point.id, basis: open ? basis : "", token } : NOT_READ;
      if (found && !open) go("rounds", found.round.id, found.point.id);
    });
  };
  useGun(take);
  return { unknown, take };
}

function Reader({ rounds }: { rounds: Row<"round">[] }) {
  const { unknown, take } = useReader(rounds);
  return (
    <>
      <ScanButton look="primary" label={t("Read the code of a point")} onCode={take} />
      {unknown && <Unknown />}
    </>
  );
}

function Unknown() {
  return (
    <Notice kind="warn" title={t("This code is of no point of yours.")}>
      <p>{t("Choose the point in the list, and tell the community that its code is wrong.")}</p>
    </Notice>
  );
}

function Walk({ round }: { round: Row<"round"> }) {
  const points = standings(round);
  const seen = points.filter((one) => !one.wanted).length;
  const missed = points.filter((one) => one.missed).length;
  const saved = useCell(just);
  useEffect(
    () => () => {
      just.value = "";
    },
    [],
  );
  return (
    <Screen title={round.name}>
      <p class="ff-where">
        {round.place_name} ·{" "}
        {tn("once a day, %(from)s to %(to)s", "%(n)s times a day, %(from)s to %(to)s", round.times_a_day, {
          from: round.first_at,
          to: round.last_at,
        })}
      </p>
      <Progress
        label={tn("%(done)s of %(n)s point seen on this walk", "%(done)s of %(n)s points seen on this walk", points.length, { done: seen })}
        done={seen}
        of={points.length}
      />
      {saved && <Notice kind="ok" title={t("Saved: %(title)s", { title: saved })} />}
      {missed > 0 && <Notice kind="warn" title={tn("%(n)s point was missed.", "%(n)s points were missed.", missed)} />}
      <Reader rounds={model.rounds()} />
      <ul class="ff-list">
        {points.map((one) => (
          <li key={one.point.id}>
            <RowLink href={link("rounds", round.id, one.point.id)} title={one.point.name}>
              <State {...one} />
            </RowLink>
          </li>
        ))}
      </ul>
      {model.rounds().length > 1 && (
        <a class="ff-button ff-button--plain" href={link("rounds")}>
          <span>{t("Other rounds")}</span>
        </a>
      )}
    </Screen>
  );
}

function State({ done, missed, wanted }: Standing) {
  const times = done ? ` · ${tn("seen once", "seen %(n)s times", done)}` : "";
  if (missed) {
    return (
      <Badge kind="bad" icon="gap">
        {t("Missed")}
        {times}
      </Badge>
    );
  }
  if (wanted) {
    return (
      <Badge icon="todo">
        {t("To go to")}
        {times}
      </Badge>
    );
  }
  return (
    <Badge kind="ok" icon="check">
      {done ? tn("seen once", "seen %(n)s times", done) : t("not yet due")}
    </Badge>
  );
}

function Check({ round, point, basis }: { round: Row<"round">; point: Point; basis: string }) {
  const written = useDraft(draftAt.round(point.id, basis), begunWith("round_check", basis, NO_CHECK, checkFrom));
  const { note, position, again } = written.value;
  const entry = useEntry("round_check", written, basis, useDone("round_check", "point_id", point.id), "rounds", round.id, point.id);
  const now = useCell(scanned);
  const before = entry.corrected || again ? written.value.token : "";
  const isHere = now.point === point.id && now.basis === basis;
  const token = isHere ? now.token : before;
  useEffect(
    () => () => {
      // While a check of the same point is corrected it holds on.
      if (scanned.value.point === point.id && route.value[2] !== point.id) scanned.value = NOT_READ;
    },
    [point.id],
  );
  const { unknown } = useReader(model.rounds());
  // Once opened it stays so, also while what stands in it is deleted.
  const opened = useRef(false);
  opened.current ||= note !== "" || position !== "";
  const known = rules();
  const next = standings(round).find((one) => one.wanted && one.point.id !== point.id);
  const record = async (found: string, label: string): Promise<void> => {
    const [longitude = null, latitude = null] = position ? position.split(",").map(Number) : [];
    const patch = { point_id: point.id, found, token, note: note.trim(), longitude, latitude };
    const title = `${point.name} · ${label}`;
    const saved = await entry.record(
      () => ({ patch, title }),
      (since) => {
        // The next point's may have been read by now.
        if (isHere && scanned.value === now) scanned.value = NOT_READ;
        return recorded(written, basis ? {} : since);
      },
    );
    if (!saved) return;
    just.value = title;
    // On to the next point: its code, or the list.
    if (route.value[2] === point.id) (basis ? instead : go)("rounds", round.id);
  };
  return (
    <Screen title={point.name}>
      <p class="ff-where">
        {round.name}
        {token && ` · ${t("its code was read")}`}
      </p>
      {entry.head}
      {unknown && <Unknown />}
      <Findings
        disabled={entry.busy}
        said={again ? written.value.said : ""}
        findings={(known?.found ?? []).map((one) => ({
          code: one.code,
          label: named(one),
          onChoose: () => void record(one.code, named(one)),
        }))}
      />
      <details class="ff-details" open={opened.current}>
        <summary>{t("Note, position")}</summary>
        <div class="ff-details__body">
          <Lines label={t("Note")} value={note} most={LONGEST_NOTE} onInput={(next) => written.change({ note: next })} />
          <Locate onFound={(found) => written.change({ position: found })} />
          {position && <p class="ff-hint">{t("Position: %(position)s", { position })}</p>}
        </div>
      </details>
      {next && (
        <a class="ff-button ff-button--plain" href={link("rounds", round.id, next.point.id)}>
          <span>{t("Next point: %(name)s", { name: next.point.name })}</span>
          <Icon name="right" />
        </a>
      )}
      <a class="ff-button ff-button--plain" href={link("rounds", round.id)}>
        <span>{t("All points")}</span>
      </a>
      {entry.list(t("Recorded on this phone"))}
    </Screen>
  );
}
