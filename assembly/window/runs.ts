// Puts the selected rows of a vector in order of their windows, so that each window is one run of lanes. Within a run rows
// keep their order. Nothing moves when there is one window.
import { LANE_RUN, RUN_FIRST, RUN_START, SELECTED, SELECTED_NEXT, STARTS } from "../memory/vectors";
import { VECTOR_ROWS } from "../shared/layout";
import { single, singleStart } from "./assign";

/** Open-addressed table from window start to run: u32 run + 1, 0 = free. Twice as many cells as a vector can have runs. */
const CELLS: u32 = VECTOR_ROWS * 2;
const cells: usize = memory.data(VECTOR_ROWS * 8);

/** Returns the number of runs; fills RUN_START, and LANE_RUN when there are several. */
export function sortRuns(lanes: u32): u32 {
  if (single) {
    store<i64>(RUN_START, singleStart);
    return 1;
  }
  const runs: u32 = numberRuns(lanes);
  if (runs > 1) countingSort(lanes, runs);
  return runs;
}

function numberRuns(lanes: u32): u32 {
  memory.fill(cells, 0, CELLS << 2);
  let runs: u32 = 0;
  let last: i64 = 0;
  let lastRun: u32 = 0;
  for (let i: u32 = 0; i < lanes; i++) {
    const start: i64 = load<i64>(STARTS + (load<u32>(SELECTED + (i << 2)) << 3));
    if (runs === 0 || start !== last) {
      lastRun = findRun(start, runs);
      if (lastRun === runs) store<i64>(RUN_START + (runs++ << 3), start);
      last = start;
    }
    store<u32>(LANE_RUN + (i << 2), lastRun);
  }
  return runs;
}

/** The run of a start; `runs` when it is new, and then entered. */
function findRun(start: i64, runs: u32): u32 {
  let cell: u32 = <u32>((<u64>start * (((<u64>0x9e3779b9) << 32) | 0x7f4a7c15)) >> 32) & (CELLS - 1);
  while (true) {
    const run: u32 = load<u32>(cells + (cell << 2));
    if (run === 0) break;
    if (load<i64>(RUN_START + ((run - 1) << 3)) === start) return run - 1;
    cell = (cell + 1) & (CELLS - 1);
  }
  store<u32>(cells + (cell << 2), runs + 1);
  return runs;
}

function countingSort(lanes: u32, runs: u32): void {
  memory.fill(RUN_FIRST, 0, runs << 2);
  for (let i: u32 = 0; i < lanes; i++) {
    const at: usize = RUN_FIRST + (load<u32>(LANE_RUN + (i << 2)) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
  let sum: u32 = 0;
  for (let run: u32 = 0; run < runs; run++) {
    const count: u32 = load<u32>(RUN_FIRST + (run << 2));
    store<u32>(RUN_FIRST + (run << 2), sum);
    sum += count;
  }
  for (let i: u32 = 0; i < lanes; i++) {
    const at: usize = RUN_FIRST + (load<u32>(LANE_RUN + (i << 2)) << 2);
    const to: u32 = load<u32>(at);
    store<u32>(at, to + 1);
    store<u32>(SELECTED_NEXT + (to << 2), load<u32>(SELECTED + (i << 2)));
  }
  memory.copy(SELECTED, SELECTED_NEXT, lanes << 2);
  relabel(runs);
}

/** After the sort RUN_FIRST[r] is where run r ends. */
function relabel(runs: u32): void {
  let lane: u32 = 0;
  for (let run: u32 = 0; run < runs; run++) {
    const end: u32 = load<u32>(RUN_FIRST + (run << 2));
    while (lane < end) store<u32>(LANE_RUN + (lane++ << 2), run);
  }
}

/** Fills RUN_FIRST from LANE_RUN: run r is lanes [RUN_FIRST[r], RUN_FIRST[r + 1]), possibly none. */
export function markRuns(lanes: u32, runs: u32): void {
  let run: u32 = 0;
  store<u32>(RUN_FIRST, 0);
  if (runs > 1) {
    for (let i: u32 = 0; i < lanes; i++) {
      const mine: u32 = load<u32>(LANE_RUN + (i << 2));
      while (run < mine) store<u32>(RUN_FIRST + (++run << 2), i);
    }
  }
  while (run < runs) store<u32>(RUN_FIRST + (++run << 2), lanes);
}
