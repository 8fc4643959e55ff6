import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { mount } from "./locate";

const FIELD =
  '<div data-path="a.place"><input name="a.place"><button type="button" data-locate hidden></button><p data-located></p></div>';
const form = (): HTMLElement => document.querySelector("form") as HTMLElement;
const input = (): HTMLInputElement => document.querySelector("input") as HTMLInputElement;
const said = (): string => document.querySelector("[data-located]")?.textContent ?? "";
const button = (): HTMLButtonElement => document.querySelector("[data-locate]") as HTMLButtonElement;
let undo: (() => void) | void;

function device(answer: (yes: PositionCallback, no: PositionErrorCallback) => void, secure = true): void {
  vi.stubGlobal("isSecureContext", secure);
  Object.defineProperty(navigator, "geolocation", { configurable: true, value: { getCurrentPosition: answer } });
  undo = mount(form());
}

beforeEach(() => {
  document.body.innerHTML = `<form>${FIELD}<template>${FIELD}</template></form>`;
});

afterEach(() => {
  undo?.();
  vi.unstubAllGlobals();
});

test("the device's position is filled in, longitude first, and the page is told", () => {
  const coords = { longitude: 116.8387, latitude: 38.3046, accuracy: 7.2 };
  device((yes) => yes({ coords } as GeolocationPosition));
  const changed = vi.fn();
  form().addEventListener("change", changed);
  button().click();
  expect(input().value).toBe("116.838700,38.304600");
  expect(changed).toHaveBeenCalledOnce();
  expect(said()).toContain("8 m");
  expect(button().disabled).toBe(false);
});

test("a refusal says what to do and keeps what was typed", () => {
  device((_yes, no) => no({ code: 1, PERMISSION_DENIED: 1 } as GeolocationPositionError));
  input().value = "116,38";
  button().click();
  expect(said()).toContain("allow");
  expect(input().value).toBe("116,38");
  expect(button().disabled).toBe(false);
});

test("the button is there in rows that are added, and nowhere that pages may not ask", () => {
  device(() => undefined);
  expect(button().hidden).toBe(false);
  expect((document.querySelector("template") as HTMLTemplateElement).innerHTML).not.toContain("hidden");
  document.body.innerHTML = `<form>${FIELD}</form>`;
  device(() => undefined, false);
  expect(button().hidden).toBe(true);
});

test("a box that is ticked attaches it, emptied takes it back, and empties itself where there is none", () => {
  document.body.innerHTML =
    '<form><div data-path="position" data-locatable hidden><input type="checkbox" data-locate><input type="hidden" name="position"><p data-located></p></div></form>';
  let known = true;
  const coords = { longitude: 116.8387, latitude: 38.3046, accuracy: 7.2 };
  device((yes, no) => (known ? yes({ coords } as GeolocationPosition) : no({ code: 2 } as GeolocationPositionError)));
  const box = document.querySelector("[data-locate]") as HTMLInputElement;
  const sent = document.querySelector("[name=position]") as HTMLInputElement;
  expect((document.querySelector("[data-locatable]") as HTMLElement).hidden).toBe(false);
  box.click();
  expect(sent.value).toBe("116.838700,38.304600");
  box.click();
  expect([sent.value, said()]).toEqual(["", ""]);
  known = false;
  box.click();
  expect([sent.value, box.checked, box.disabled]).toEqual(["", false, false]);
  expect(said()).toContain("without it");
});
