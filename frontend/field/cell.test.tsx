// A cell's value is on the screen, whenever it changed.
import { render } from "preact";
import { expect, test, vi } from "vitest";
import { Cell, useCell } from "./cell";

test("what changes between drawing and watching is drawn", async () => {
  const root = document.createElement("div");
  const cell = new Cell("before");
  const Shown = () => <p>{useCell(cell)}</p>;
  render(<Shown />, root);
  // Effects have not run yet.
  cell.value = "after";
  await vi.waitFor(() => expect(root.textContent).toBe("after"));
  cell.value = "later";
  await vi.waitFor(() => expect(root.textContent).toBe("later"));
  render(null, root);
});
