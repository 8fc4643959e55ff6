import { useCell } from "./cell";
import { changed } from "./model";

/** Draw the component anew whenever what `model` tells has changed. */
export function useModel(): void {
  useCell(changed);
}
