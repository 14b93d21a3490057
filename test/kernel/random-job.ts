/** Random tables, keys, aggregates, rows and batch breaks, in one kernel or several, against the naive oracle. */
import { expect } from "bun:test";
import type { DataType } from "../../src/core/type.ts";
import type { Kernel } from "../../src/kernel/kernel.ts";
import {
  type AggregateSpec,
  BIGINT,
  BOOLEAN,
  drain,
  END,
  feed,
  freshKernel,
  jsonProgram,
  type Row,
  random,
  type TableSpec,
  TIMESTAMP,
  type WindowSpec,
} from "./harness.ts";
import { type OracleInput, oracleGroups } from "./oracle.ts";
import {
  below,
  checkGroup,
  functionsOf,
  pick,
  type Random,
  randomValue,
  recordOf,
  resultOf,
  types,
} from "./random-rows.ts";

/** Columns 0 and 1 are always the event time and a BOOLEAN. */
function randomTable(next: Random): TableSpec {
  const columns = [TIMESTAMP, BOOLEAN, ...Array.from({ length: 1 + below(next, 5) }, () => pick(next, types))];
  return { columns, time: 0 };
}

function randomWindow(next: Random, table: TableSpec): WindowSpec {
  const column = (): number => below(next, table.columns.length);
  const keys = Array.from({ length: below(next, 4) }, column);
  const aggregates = Array.from({ length: 1 + below(next, 6) }, (): AggregateSpec => {
    if (next() < 0.15) return { function: "COUNT", argument: null, resultType: BIGINT };
    const argument = column();
    const type = table.columns[argument] as DataType;
    const fn = pick(next, functionsOf(type));
    const filter = next() < 0.3 ? { filter: 1 } : {};
    const auto = fn === "COUNT_AUTO";
    const parameter =
      fn === "APPROX_PERCENTILE"
        ? pick(next, [0, 1, 250_000_000, 500_000_000, 990_000_000, 1_000_000_000])
        : 12 + (auto ? 256 * pick(next, [1, 3, 6, 7, 25, 100, 1000]) : 0);
    const distinct = auto || next() < 0.3;
    return { function: fn, parameter, argument, distinct, resultType: resultOf(fn, type), ...filter };
  });
  if (next() < 0.4) aggregates.push(...distinctCounts(column(), next));
  const where = next() < 0.3 ? { where: 1 } : {};
  return { ...randomShape(next), keys, aggregates, ...where };
}

/** Of one column, with and without a filter: they share a set. */
function distinctCounts(argument: number, next: Random): AggregateSpec[] {
  const count = { function: "COUNT", argument, distinct: true, resultType: BIGINT };
  const filters = [{}, { filter: 1 }, { filter: 1 }].slice(below(next, 2), 2 + below(next, 2));
  return filters.map((filter) => ({ ...count, ...filter }));
}

function randomShape(next: Random): Pick<WindowSpec, "kind" | "sizeMs" | "stepMs" | "offsetMs"> {
  const offsetMs = pick(next, [0, 0, 123, -250]);
  const sizeMs = pick(next, [500, 1000, 7777, 60_000]);
  if (next() < 0.4) return { sizeMs, offsetMs };
  // Slides that divide the size, that do not, and that leave gaps; steps of a tenth or the whole.
  if (next() < 0.6) {
    return { kind: "hopping", sizeMs, stepMs: pick(next, [500, 300, 1000, 2500, 20_000]), offsetMs };
  }
  return {
    kind: "cumulating",
    sizeMs: sizeMs - (sizeMs % 100),
    stepMs: pick(next, [100, sizeMs - (sizeMs % 100)]),
    offsetMs,
  };
}

export function randomRows(next: Random, table: TableSpec, partitions: number): OracleInput[] {
  const count = pick(next, [1, 50, 400, 2500, 6000]);
  return Array.from({ length: count }, (_, index) => ({
    partition: below(next, partitions),
    row: table.columns.map((type, column) =>
      column === 0 ? BigInt(Math.floor(index * 5 - next() * 3000)) * 1000n : randomValue(type, next),
    ),
  }));
}

/**
 * One random job: its counters, keys, order and every aggregate are the oracle's. With more kernels than one the partitions are spread
 * over them, and the first gets the partial state of the others before it closes windows.
 */
export function runCase(seed: number, count = 1): void {
  const next = random(seed);
  const table = randomTable(next);
  const spec = randomWindow(next, table);
  const partitions = 1 + below(next, 3);
  const inputs = randomRows(next, table, partitions);
  // Images name no hash: kernels need not share a seed.
  const kernels = Array.from({ length: count }, (_, index) =>
    openKernel(BigInt(seed + index), table, spec, partitions),
  );
  let rows: Row[] = [];
  const records = inputs.map(({ row, partition }, index) => ({
    text: recordOf(table, row),
    partition,
    offset: BigInt(index),
  }));
  for (let from = 0; from < records.length; ) {
    const to = Math.min(records.length, from + 1 + below(next, 3000));
    const part = records.slice(from, to);
    kernels.forEach((kernel, index) => {
      const own = part.filter(({ partition }) => partition % count === index);
      if (own.length > 0) feed(kernel, own);
    });
    from = to;
    if (next() < 0.5) rows = rows.concat(drainAll(kernels, tableWatermark(kernels, partitions)));
  }
  const outcome = oracleGroups(table, spec, inputs);
  const counters = kernels.map((kernel) => kernel.queryCounters(0));
  const sum = (name: "bad" | "late" | "filtered" | "missed"): number =>
    counters.reduce((total, one) => total + one[name], 0);
  const context = `seed ${seed}, kernels ${count}`;
  const { late, filtered, missed } = outcome;
  const counted = { bad: sum("bad"), late: sum("late"), filtered: sum("filtered"), missed: sum("missed") };
  expect({ context, ...counted }).toEqual({ context, bad: 0, late, filtered, missed });
  for (const row of drainAll(kernels, END)) rows.push(row);
  expect({ context, groups: rows.length }).toEqual({ context, groups: outcome.groups.length });
  outcome.groups.forEach((group, index) => {
    checkGroup({ context: `${context}, group ${index}`, table, spec }, group, rows[index] as Row);
  });
  for (const kernel of kernels) expect(kernel.queryCounters(0)).toMatchObject({ groups: 0, openWindows: 0 });
}

function openKernel(seed: bigint, table: TableSpec, spec: WindowSpec, partitions: number): Kernel {
  const kernel = freshKernel({ seed });
  kernel.load(jsonProgram(table, [spec]));
  kernel.ensurePartitions(0, partitions);
  return kernel;
}

function drainAll(kernels: readonly Kernel[], watermark: number): Row[] {
  const [owner, ...others] = kernels as [Kernel, ...Kernel[]];
  for (const other of others) {
    other.advance(0, watermark);
    for (let image = other.takePartial(0); image !== null; image = other.takePartial(0)) owner.mergePartial(0, image);
  }
  return drain(owner, watermark);
}

/** The least of the partitions' watermarks; before all times while one has none. */
function tableWatermark(kernels: readonly Kernel[], partitions: number): number {
  const marks = Array.from({ length: partitions }, (_, partition) =>
    (kernels[partition % kernels.length] as Kernel).partitionWatermark(0, partition),
  );
  return Math.min(...marks.map((mark) => mark ?? Number.MIN_SAFE_INTEGER));
}
