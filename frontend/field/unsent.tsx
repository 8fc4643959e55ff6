// The way out when nothing else works: what waits, as a file. It is sealed, so neither the PIN nor the view key is
// wanted for it.
import { useState } from "preact/hooks";
import { useCell } from "./cell";
import { today } from "./clock";
import { download, exported, noteFiled } from "./outbox";
import { failure } from "./said";
import { sync } from "./sync";
import { t, tn } from "./text";
import { Button, Notice } from "./ui";

export function SaveUnsent() {
  const { waiting, photos } = useCell(sync);
  const [failed, setFailed] = useState("");
  if (waiting + photos === 0) return null;
  const save = async (): Promise<void> => {
    try {
      setFailed("");
      const files = await exported();
      files.forEach((file, at) => download(`fangxian-${today()}${at ? `-${at + 1}` : ""}.json`, file));
      await noteFiled(files);
    } catch (error) {
      setFailed(failure(error));
    }
  };
  return (
    <div class="ff-actions">
      {failed && <Notice kind="bad" title={failed} />}
      <Button icon="download" onClick={() => void save()}>
        {waiting > 0
          ? tn("%(n)s entry unsent: save it as a file", "%(n)s entries unsent: save them as a file", waiting)
          : tn("%(n)s photo unsent: save it as a file", "%(n)s photos unsent: save them as a file", photos)}
      </Button>
      <p class="ff-hint">{t("The file can be read by the server only. Give it to the community, who hands it in.")}</p>
    </div>
  );
}
