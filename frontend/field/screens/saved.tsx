// What was recorded last: told at the next door, or in the list when that was the last one.
import { useCell } from "../cell";
import { link } from "../route";
import { last } from "../sweep";
import { t } from "../text";
import { Notice } from "../ui";

/** Nothing at ``here``, the door itself. */
export function JustSaved({ here = "" }: { here?: string }) {
  const saved = useCell(last);
  if (!saved || saved.door === here) return null;
  return (
    <Notice kind="ok" title={t("Saved: %(door)s, %(outcome)s.", { door: saved.title, outcome: saved.outcome })}>
      <p>
        <a class="ff-link" href={link("doors", saved.door, "-", saved.op_id)}>
          {t("A mistake? Correct it")}
        </a>
      </p>
    </Notice>
  );
}
