import { type Mount, on } from "./core";

export const mount: Mount = (button) => on(button, "click", () => window.print());
