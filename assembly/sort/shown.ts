// How rows come from a sort to the operator that reads it (sort.ts): a time with more rows than a vector is shown first, all of
// it, and then given.

/** The rows in hand are only shown: nothing is to be answered yet. */
export let showing: bool = false;
/** The rows in hand were shown before. */
export let shownBefore: bool = false;

export function setShown(now: bool, before: bool): void {
  showing = now;
  shownBefore = before;
}
