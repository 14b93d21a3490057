// A result that cannot be represented, or a row of one query's result that another cannot take: it is not to be left out, so the
// emission under way ends with the first of them.

/** 0 = none. */
export let refusedQuery: usize = 0;
/** Output column, -1 the condition; with `refusedRow` an item of the query: keys, then aggregates. */
export let refusedItem: i32 = 0;
export let refusedRow: bool = false;
/** ERR_*. */
export let refusedError: u32 = 0;
/** Start of the window in ms, the least i64 where there is none. */
export let refusedWindow: i64 = 0;

export function clearRefusal(): void {
  refusedQuery = 0;
}

/** A result of the window that starts at `window` ms. */
export function refuseResult(query: usize, item: i32, error: u32, window: i64): void {
  if (refusedQuery !== 0) return;
  refusedQuery = query;
  refusedItem = item;
  refusedRow = false;
  refusedError = error;
  refusedWindow = window;
}

/** A row on its way into a query. */
export function refuseRow(query: usize, item: i32, error: u32): void {
  if (refusedQuery !== 0) return;
  refuseResult(query, item, error, i64.MIN_VALUE);
  refusedRow = true;
}
