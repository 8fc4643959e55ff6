import { useCell } from "./cell";
import { turned } from "./clock";
import { changed } from "./model";

/** Draw the component anew whenever what `model` tells has changed, or the day. */
export function useModel(): void {
  useCell(changed);
  useCell(turned);
}
