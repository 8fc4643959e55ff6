// Fields for codes: by a gun that types like a keyboard, by the camera, or by hand.
import { useEffect, useRef, useState } from "preact/hooks";
import { Gun } from "./gun";
import { t } from "./text";
import { Button } from "./ui";

type Camera = typeof import("./camera").Camera;

/** Tells of each code that a gun types, wherever the focus is, and of the field that has it. */
export function useGun(onCode: (code: string, field: HTMLInputElement | null) => void): void {
  const told = useRef(onCode);
  told.current = onCode;
  useEffect(() => {
    const gun = new Gun();
    let before = "";
    const listen = (event: KeyboardEvent): void => {
      const field = event.target instanceof HTMLInputElement ? event.target : null;
      gun.hear(event, (code) => {
        if (field) {
          // What the gun has typed into the field that happened to have the focus, or what an input method made of it.
          field.blur();
          field.value = before;
          field.dispatchEvent(new Event("input", { bubbles: true }));
          field.focus();
        }
        told.current(code, field);
      });
      // The key that begins a code has not reached the field yet.
      if (gun.length === 1 && field) before = field.value;
    };
    document.addEventListener("keydown", listen, true);
    return () => {
      gun.rest();
      document.removeEventListener("keydown", listen, true);
    };
  }, []);
}

/** The camera behind a button; its reader is loaded when it is first wanted. */
export function ScanButton({ label, look = "plain", onCode }: { label: string; look?: "primary" | "plain"; onCode: (code: string) => void }) {
  const [view, setView] = useState<{ Camera: Camera } | null>(null);
  const [said, setSaid] = useState("");
  const open = async (): Promise<void> => {
    try {
      setSaid(t("Opening the camera …"));
      setView({ Camera: (await import("./camera")).Camera });
      setSaid("");
    } catch {
      setSaid(t("The reader of codes is not on this phone yet: open it once where there is a signal, or type the code."));
    }
  };
  const close = (): void => setView(null);
  return (
    <>
      <Button icon="fit" look={look} onClick={() => void open()}>
        {label}
      </Button>
      {said && (
        <p class="ff-hint" role="status">
          {said}
        </p>
      )}
      {view && (
        <view.Camera
          onCode={(code) => {
            close();
            onCode(code);
          }}
          onClose={close}
        />
      )}
    </>
  );
}

/** A field for a code: typed, shot by a gun, or read by the camera. */
export function ScanField({
  onText,
  ...rest
}: {
  id: string;
  value: string;
  onText: (text: string) => void;
  onBlur?: () => void;
  "aria-describedby"?: string;
  "aria-invalid"?: true;
}) {
  const gun = useRef(new Gun());
  const told = useRef(onText);
  told.current = onText;
  useEffect(() => () => gun.current.rest(), []);
  const key = (event: KeyboardEvent): void => {
    const field = event.currentTarget as HTMLInputElement;
    gun.current.hear(event, (code) => {
      // Ends whatever an input method is making of the keys.
      field.blur();
      told.current(code);
      field.value = code;
      field.focus();
    });
  };
  return (
    <div class="ff-scan">
      <input
        autocomplete="off"
        autocapitalize="characters"
        spellcheck={false}
        maxLength={200}
        {...rest}
        onKeyDown={key}
        onInput={(event) => onText(event.currentTarget.value)}
      />
      <ScanButton label={t("Read by camera")} onCode={onText} />
    </div>
  );
}
