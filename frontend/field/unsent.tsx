// The way out when nothing else works: what waits, as a file. It is sealed, so neither the PIN nor the view key is
// wanted for it.
import { useRef, useState } from "preact/hooks";
import { useCell } from "./cell";
import { today } from "./clock";
import { type Part, download, fileOf, noteFiled, planned } from "./outbox";
import { failure } from "./said";
import { sync } from "./sync";
import { t, tn } from "./text";
import { Button, Notice } from "./ui";

/** The files that are being saved, and the next of them. */
interface Files {
  parts: Part[];
  at: number;
}

/** `mostBytes`: of a file. */
export function SaveUnsent({ mostBytes }: { mostBytes?: number }) {
  const { waiting, photos } = useCell(sync);
  const [failed, setFailed] = useState("");
  const [files, setFiles] = useState<Files>({ parts: [], at: 0 });
  const busy = useRef(false);
  if (waiting + photos === 0) return null;
  const { parts, at } = files;
  const left = at < parts.length;
  // One at each touch: browsers stop a page that saves several by itself, and each may be of the size of the memory.
  const save = async (): Promise<void> => {
    if (busy.current) return;
    busy.current = true;
    try {
      setFailed("");
      const next = left ? files : { parts: await planned(mostBytes), at: 0 };
      const part = next.parts[next.at];
      if (!part) return;
      download(`fangxian-${today()}${next.at ? `-${next.at + 1}` : ""}.json`, await fileOf(part));
      setFiles({ ...next, at: next.at + 1 });
      // Before, the rest of it is in no file yet.
      if (next.at + 1 === next.parts.length) await noteFiled(next.parts);
    } catch (error) {
      setFailed(failure(error));
    } finally {
      busy.current = false;
    }
  };
  return (
    <div class="ff-actions">
      {failed && <Notice kind="bad" title={failed} />}
      {parts.length > 1 && <Notice kind={left ? "warn" : "ok"} title={t("File %(n)s of %(of)s is saved.", { n: at, of: parts.length })} />}
      <Button icon="download" onClick={() => void save()}>
        {left
          ? t("File %(n)s of %(of)s: save it", { n: at + 1, of: parts.length })
          : waiting > 0
            ? tn("%(n)s entry unsent: save it as a file", "%(n)s entries unsent: save them as a file", waiting)
            : tn("%(n)s photo unsent: save it as a file", "%(n)s photos unsent: save them as a file", photos)}
      </Button>
      <p class="ff-hint">{t("The file can be read by the server only. Give it to the community, who hands it in.")}</p>
    </div>
  );
}
