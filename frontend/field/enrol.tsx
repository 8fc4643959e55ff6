// Signing a phone in by the code that the officer's own session shows, and the PIN.
import { useEffect, useRef, useState } from "preact/hooks";
import { useCell } from "./cell";
import { code as scanned, codeIn, go } from "./route";
import { failure } from "./said";
import { ScanButton } from "./scan";
import { type Gone, PIN, TRIES, choosePin, platform, redeem, session, unlock } from "./session";
import { t, tn } from "./text";
import { Button, Field, Notice, Screen } from "./ui";
import { SaveUnsent } from "./unsent";

const GONE: Record<Exclude<Gone, "">, () => string> = {
  lease: () => t("The phone was not in step for too long, so the households on it were removed."),
  tries: () => t("The PIN was wrong five times, so the households on this phone were removed."),
  wipe: () => t("This phone was emptied by its owner or an administrator."),
};

/** Type or take over the code; with `code` from a link it is sent at once where nobody is signed in. `onBack`: to where
 * the PIN is asked. */
export function Enrol({ code: given = "", onBack }: { code?: string; onBack?: () => void }) {
  const { gone, stage, user_name } = useCell(session);
  const [code, setCode] = useState(given);
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const send = async (wanted: string): Promise<void> => {
    const plain = wanted.replace(/[^0-9A-Za-z_-]/g, "");
    if (!plain) return setError(t("Type the code that the computer shows."));
    setBusy(true);
    setError("");
    try {
      await redeem(plain, platform());
      scanned.value = "";
      go("today");
    } catch (reason) {
      setError(failure(reason));
    } finally {
      setBusy(false);
    }
  };
  const sent = useRef("");
  useEffect(() => {
    // A code is good once.
    if (!given || sent.current === given) return;
    sent.current = given;
    setCode(given);
    // A link alone signs nobody out.
    if (session.value.stage !== "open") void send(given);
  }, [given]);
  const take = (read: string): void => {
    const found = codeIn(read);
    if (found) void send(found);
    else setError(t("This is not the code that “My phones” shows."));
  };
  const back = (): void => {
    scanned.value = "";
    if (onBack) onBack();
    else go("settings");
  };
  return (
    <Screen title={t("Sign this phone in")}>
      {gone !== "" && (
        <Notice kind="warn" title={GONE[gone]()}>
          <p>{t("What was waiting to be sent is kept, and is still sent. Sign in again to go on.")}</p>
        </Notice>
      )}
      {stage === "open" && (
        <Notice kind="info" title={t("You are signed in as %(name)s.", { name: user_name })}>
          <p>{t("What is half written is removed if the code is somebody else's.")}</p>
        </Notice>
      )}
      <ol class="ff-steps">
        <li>{t("On a computer, sign in to Fangxian and open “My phones”.")}</li>
        <li>{t("Scan the code there with the button below, or type it here. It holds for five minutes.")}</li>
      </ol>
      {/* The phone's own camera would open it in the browser: on an iPhone's home screen the app has a store of its own. */}
      <ScanButton label={t("Scan the code")} onCode={take} />
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void send(code);
        }}
      >
        <Field
          label={t("Code")}
          value={code}
          error={error}
          autocomplete="off"
          autocapitalize="characters"
          spellcheck={false}
          onInput={(event) => setCode(event.currentTarget.value)}
        />
        <Button look="primary" type="submit" disabled={busy}>
          {busy ? t("Signing in …") : t("Sign in")}
        </Button>
      </form>
      {(stage === "open" || onBack) && <Button onClick={back}>{t("Back")}</Button>}
      <SaveUnsent />
    </Screen>
  );
}

/** Six digits, chosen twice. */
export function ChoosePin() {
  const { user_name } = useCell(session);
  const [pins, setPins] = useState(["", ""]);
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const choose = async (): Promise<void> => {
    const [first = "", second = ""] = pins;
    if (!PIN.test(first)) return setError(t("The PIN has six digits."));
    if (/^(\d)\1{5}$/.test(first) || "01234567890 09876543210".includes(first)) {
      return setError(t("This PIN is guessed first. Choose another one."));
    }
    if (first !== second) return setError(t("The two are not the same. Type both again."));
    setBusy(true);
    await choosePin(first).catch((reason: unknown) => setError(failure(reason)));
    setBusy(false);
  };
  return (
    <Screen title={t("Choose a PIN")} typing>
      <p>{t("Signed in: %(name)s. The PIN opens the households on this phone. It is nowhere else.", { name: user_name })}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void choose();
        }}
      >
        {[t("PIN of six digits"), t("Once more")].map((label, at) => (
          <Digits
            key={at}
            label={label}
            first={at === 0}
            value={pins[at] ?? ""}
            error={at === 1 ? error : ""}
            onInput={(value) => setPins(at === 0 ? [value, pins[1] ?? ""] : [pins[0] ?? "", value])}
          />
        ))}
        <Button look="primary" type="submit" disabled={busy}>
          {busy ? t("One moment …") : t("Use this PIN")}
        </Button>
      </form>
    </Screen>
  );
}

/** The PIN opens at its sixth digit, without another tap. */
export function Unlock({ onForgotten }: { onForgotten: () => void }) {
  const [pin, setPin] = useState("");
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const opening = useRef(false);
  const open = async (wanted: string): Promise<void> => {
    // The sixth digit opens by itself: an Enter after it is no second try.
    if (opening.current) return;
    opening.current = true;
    setBusy(true);
    try {
      const left = await unlock(wanted);
      if (left < TRIES) {
        setError(
          tn(
            "Wrong PIN. %(n)s try left; then the households are removed from this phone.",
            "Wrong PIN. %(n)s tries left; then the households are removed from this phone.",
            left,
          ),
        );
        setPin("");
      }
    } catch (reason) {
      setError(failure(reason));
    } finally {
      opening.current = false;
      setBusy(false);
    }
  };
  return (
    <Screen title={t("Enter the PIN")} typing>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (PIN.test(pin)) void open(pin);
        }}
      >
        <Digits
          label={t("PIN of six digits")}
          value={pin}
          error={error}
          first
          onInput={(value) => {
            if (busy) return;
            setPin(value);
            if (PIN.test(value)) void open(value);
          }}
        />
      </form>
      <Button onClick={onForgotten}>{t("PIN forgotten")}</Button>
      <SaveUnsent />
    </Screen>
  );
}

function Digits({
  label,
  value,
  error,
  first,
  onInput,
}: {
  label: string;
  value: string;
  error: string;
  first: boolean;
  onInput: (value: string) => void;
}) {
  return (
    <Field
      label={label}
      type="password"
      inputMode="numeric"
      // A browser that offers to remember the PIN would give it to whoever holds the phone.
      autocomplete="one-time-code"
      maxLength={6}
      value={value}
      error={error}
      first={first}
      class="ff-digits"
      onInput={(event) => onInput(event.currentTarget.value.replace(/\D/g, ""))}
    />
  );
}
