// Said while there is time to do something about it: without a pull the households leave the phone.
import { useCell } from "./cell";
import { now } from "./clock";
import { moment } from "./said";
import { sync } from "./sync";
import { t } from "./text";
import { Notice } from "./ui";

const WARNED = 12 * 3_600_000;

export function LeaseEnds() {
  const { lease } = useCell(sync);
  if (!lease || lease - now() > WARNED) return null;
  return (
    <Notice kind="warn" title={t("Without a network the households stay on this phone until %(time)s.", { time: moment(lease) })}>
      <p>{t("Go where there is a signal before then. What you recorded is kept in any case.")}</p>
    </Notice>
  );
}
