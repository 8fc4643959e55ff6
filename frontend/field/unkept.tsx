// What the phone has no room to keep is said, before it is lost.
import { useCell } from "./cell";
import { unkept } from "./draft";
import { t } from "./text";
import { Notice } from "./ui";

export function Unkept() {
  if (!useCell(unkept).size) return null;
  return (
    <Notice kind="bad" title={t("What you write is not kept: the phone's storage is full.")}>
      <p>{t("If the app is closed before it is saved, it is lost. Delete photos or other apps' data, then write on.")}</p>
    </Notice>
  );
}
