// On a narrow screen the tab that is open may lie outside: it is brought to the middle of the row.
import type { Mount } from "./core";

export const mount: Mount = (row) => {
  const open = row.querySelector<HTMLElement>('[aria-current="page"]');
  if (open) row.scrollLeft = open.offsetLeft - row.offsetLeft - (row.clientWidth - open.offsetWidth) / 2;
};
