// Parts that all screens are made of.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

export function Icon({ name, label }: { name: string; label?: string }) {
  const said = label ? { role: "img" as const, "aria-label": label } : { "aria-hidden": true };
  return (
    <svg class="fx-icon" {...said}>
      <use href={`/static/common/icons.svg#${name}`} />
    </svg>
  );
}

/** The frame of a screen: its heading takes the focus, so that readers hear where they are; not where a field does
 * (`typing`). */
export function Screen({ title, typing = false, children }: { title: string; typing?: boolean; children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!typing) heading.current?.focus({ preventScroll: true });
  }, [title, typing]);
  return (
    <section class="ff-screen">
      <h1 class="ff-title" ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {children}
    </section>
  );
}

type Look = "primary" | "plain" | "danger";

export function Button({
  look = "plain",
  icon,
  children,
  ...rest
}: { look?: Look; icon?: string; children: ComponentChildren } & JSX.IntrinsicElements["button"]) {
  return (
    <button type="button" {...rest} class={`ff-button ff-button--${look}`}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  );
}

const ICONS = { info: "info", ok: "ok", warn: "warn", bad: "bad" };

/** Something to know; `bad` and `warn` are spoken at once. */
export function Notice({ kind = "info", title, children }: { kind?: keyof typeof ICONS; title: string; children?: ComponentChildren }) {
  return (
    <div class={`ff-notice ff-notice--${kind}`} role={kind === "bad" || kind === "warn" ? "alert" : "status"}>
      <Icon name={ICONS[kind]} />
      <div>
        <p class="ff-notice__title">{title}</p>
        {children}
      </div>
    </div>
  );
}

/** One choice of several, all in sight. */
export function Choice<T extends string>({
  legend,
  value,
  options,
  onChoose,
}: {
  legend: string;
  value: T;
  options: readonly { value: T; label: string }[];
  onChoose: (value: T) => void;
}) {
  const name = useId();
  return (
    <fieldset class="ff-choice">
      <legend>{legend}</legend>
      <div class="ff-choice__options">
        {options.map((option) => (
          <label key={option.value} class="ff-choice__option">
            <input
              type="radio"
              autocomplete="off"
              name={name}
              value={option.value}
              checked={option.value === value}
              onChange={() => onChoose(option.value)}
            />
            <span>{option.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** A field with its label, its hint and what is wrong with it; the `first` of a screen takes the focus. Like all fields
 * without `autocomplete`: of others a browser writes what stands in them to its own files, where anybody reads it. */
export function Field({
  label,
  hint,
  error,
  first = false,
  fieldId,
  ...rest
}: { label: string; hint?: string; error?: string; first?: boolean; fieldId?: string } & JSX.IntrinsicElements["input"]) {
  const own = useId();
  const id = fieldId ?? own;
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (first) input.current?.focus();
  }, [first]);
  const said = [hint ? `${id}-hint` : "", error ? `${id}-error` : ""].filter(Boolean).join(" ");
  return (
    <div class="ff-field">
      <label for={id}>{label}</label>
      {hint && (
        <p class="ff-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <input id={id} ref={input} autocomplete="off" {...rest} {...(said ? { "aria-describedby": said } : {})} {...(error ? { "aria-invalid": true } : {})} />
      {error && (
        <p class="ff-error" id={`${id}-error`} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

/** Nothing to show, and what to do about it. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="ff-empty">
      <p class="ff-empty__title">{title}</p>
      {children}
    </div>
  );
}
