// Which rows of a vector a query takes, and the query's own copy of its inputs. When it takes all of them in order, its input
// registers are aliases of the source's; otherwise the selected rows are gathered into lanes 0 ... n-1.
import { alias, physicalOf, unalias, validityOf, valuesOf, widthOf } from "./memory/registers";
import { SELECTED } from "./memory/vectors";
import { QUERY_INPUT_COUNT, QUERY_INPUTS } from "./program/query";

/** True when lanes [0, rows) are all exactly 1. */
export function allOnes(lanes: usize, rows: u32): bool {
  let i: u32 = 0;
  for (; i + 16 <= rows; i += 16) {
    if (!i8x16.all_true(i8x16.eq(v128.load(lanes + i), i8x16.splat(1)))) return false;
  }
  for (; i < rows; i++) if (load<u8>(lanes + i) !== 1) return false;
  return true;
}

/** First poisoned lane at or after `from`, or `rows`. */
export function findPoison(validity: usize, from: u32, rows: u32): u32 {
  let i: u32 = from;
  for (; i + 16 <= rows; i += 16) {
    if (v128.any_true(i8x16.gt_u(v128.load(validity + i), i8x16.splat(1)))) break;
  }
  while (i < rows && load<u8>(validity + i) < 2) i++;
  return i;
}

export function aliasInputs(query: usize): void {
  const inputs: usize = load<u32>(query, QUERY_INPUTS);
  const count: u32 = load<u32>(query, QUERY_INPUT_COUNT);
  for (let i: u32 = 0; i < count; i++) alias(load<u32>(inputs + (i << 3), 4), load<u32>(inputs + (i << 3)));
}

/** Lane i of every input becomes source row SELECTED[i]. */
export function gatherInputs(query: usize, lanes: u32): void {
  const inputs: usize = load<u32>(query, QUERY_INPUTS);
  const count: u32 = load<u32>(query, QUERY_INPUT_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const from: u32 = load<u32>(inputs + (i << 3));
    const to: u32 = load<u32>(inputs + (i << 3), 4);
    unalias(to);
    gather(from, to, lanes);
  }
}

/** Lane i of `to` becomes lane SELECTED[i] of `from`; SELECTED may be ascending over `to` itself. */
export function gather(from: u32, to: u32, lanes: u32): void {
  const width: u32 = widthOf(physicalOf(from));
  gatherBytes(validityOf(from), validityOf(to), lanes);
  if (width === 1) gatherBytes(valuesOf(from), valuesOf(to), lanes);
  else if (width === 8) gatherLongs(valuesOf(from), valuesOf(to), lanes);
  else gatherPairs(valuesOf(from), valuesOf(to), lanes);
}

function gatherBytes(from: usize, to: usize, lanes: u32): void {
  for (let i: u32 = 0; i < lanes; i++) store<u8>(to + i, load<u8>(from + load<u32>(SELECTED + (i << 2))));
}

function gatherLongs(from: usize, to: usize, lanes: u32): void {
  for (let i: u32 = 0; i < lanes; i++)
    store<u64>(to + (i << 3), load<u64>(from + (load<u32>(SELECTED + (i << 2)) << 3)));
}

function gatherPairs(from: usize, to: usize, lanes: u32): void {
  for (let i: u32 = 0; i < lanes; i++)
    v128.store(to + (i << 4), v128.load(from + (load<u32>(SELECTED + (i << 2)) << 4)));
}
