/**
 * The start-up self-test: synthetic records run through decoding, keys, tables, sums, extremes, distinct sets and sketches
 * until the engine's optimising compiler has taken over, and every round's result is compared with values computed here in
 * plain arithmetic. A miscompiled kernel is found before it sees a user's row. No clock: the caller says how many rounds.
 */
import { PHYS_F64, PHYS_I64, PHYS_STR } from "../../assembly/shared/layout.ts";
import type { Batch } from "../core/batch.ts";
import { EngineError } from "../core/error.ts";
import type { DataType } from "../core/type.ts";
import { type CellValue, cellReader } from "../core/value.ts";
import type { Kernel } from "./kernel.ts";
import { physicalOf } from "./physical.ts";
import type { AggregateProgram, KernelProgram, SourceProgram, WindowQueryProgram } from "./program.ts";

const ROWS = 2048;
const KEYS = 37;
const WINDOW_MS = 1000;
const BIGINT: DataType = { kind: "bigint" };
const DOUBLE: DataType = { kind: "double" };
const STRING: DataType = { kind: "string" };
const TIMESTAMP: DataType = { kind: "timestamp", precision: 3 };

/** Registers: the record's time, key, integer, double; their copies in the query; results. */
const register = { time: 0, key: 1, integer: 2, double: 3, start: 8, keyOut: 9, count: 10 } as const;
const COPY = 4;

interface SyntheticRow {
  readonly key: string;
  readonly integer: number;
  readonly double: number;
}

/** Deterministic, with negative numbers, strings beyond the inline key and one window a batch. */
function syntheticRow(index: number): SyntheticRow {
  const key = index % KEYS;
  const integer = ((index * 7919) % 2001) - 1000;
  return {
    key: key % 3 === 0 ? `/a/page/with/a/longer/name/${key}` : `/page/${key}`,
    integer,
    double: integer / 8,
  };
}

function call(
  name: string,
  argument: "integer" | "double" | null,
  place: { result: number; distinct?: boolean },
): AggregateProgram {
  const type = argument === "double" ? DOUBLE : BIGINT;
  return {
    function: name,
    argument: argument === null ? null : { register: register[argument] + COPY, type },
    distinct: place.distinct ?? false,
    filter: null,
    resultType: name.includes("COUNT") ? BIGINT : type,
    result: place.result,
    parameter: 12,
    name,
  };
}

const calls = [
  call("COUNT", null, { result: 10 }),
  call("SUM", "integer", { result: 11 }),
  call("MIN", "integer", { result: 12 }),
  call("MAX", "double", { result: 13 }),
  call("AVG", "double", { result: 14 }),
  call("COUNT", "integer", { result: 15, distinct: true }),
  call("APPROX_COUNT_DISTINCT", "integer", { result: 16 }),
];

const columns = [
  { name: "key", type: STRING },
  { name: "integer", type: BIGINT },
  { name: "double", type: DOUBLE },
] as const;

function program(): KernelProgram {
  const row = [PHYS_I64, PHYS_STR, PHYS_I64, PHYS_F64];
  const results = calls.map(({ resultType }) => physicalOf(resultType));
  const registers = [...row, ...row, PHYS_I64, PHYS_STR, ...results];
  return { version: 1, registers, constants: [], sources: [source()], queries: [query()] };
}

function source(): SourceProgram {
  return {
    decode: {
      kind: "json",
      fields: columns.map(({ name, type }) => ({ path: [name], type, register: register[name], name })),
      validation: "full",
      ignoreParseErrors: false,
      failOnMissingField: true,
      timestampFormat: "lenient",
    },
    keyDecode: null,
    metadata: [{ kind: "timestamp", register: register.time }],
    compute: [],
    eventTime: {
      timeRegister: register.time,
      watermarkRegister: register.time,
      unitsPerMs: 1000,
      maxAheadMs: null,
      nullHandling: "bad",
    },
  };
}

function query(): WindowQueryProgram {
  const inputs = [register.time, register.key, register.integer, register.double];
  const outputs = calls.map(({ name, result, resultType }) => ({
    name,
    register: result,
    type: resultType,
    nullable: true,
  }));
  return {
    kind: "window-aggregate",
    source: 0,
    inputs: inputs.map((from) => ({ from, to: from + COPY })),
    filter: null,
    compute: [],
    window: {
      kind: "tumbling",
      sizeMs: WINDOW_MS,
      stepMs: WINDOW_MS,
      offsetMs: 0,
      timeRegister: register.time + COPY,
      unitsPerMs: 1000,
    },
    keys: [{ register: register.key + COPY, type: STRING, name: "key" }],
    aggregates: calls,
    emit: {
      windowStart: register.start,
      windowEnd: null,
      windowTime: null,
      keys: [register.keyOut],
      compute: [],
      having: null,
    },
    outputs: [
      { name: "start", register: register.start, type: TIMESTAMP, nullable: false },
      { name: "key", register: register.keyOut, type: STRING, nullable: false },
      ...outputs,
    ],
  };
}

/** One line a group, in key order; the window is left out. */
function expectedRows(): string {
  const groups = new Map<string, SyntheticRow[]>();
  for (let index = 0; index < ROWS; index++) {
    const row = syntheticRow(index);
    const group = groups.get(row.key);
    if (group === undefined) groups.set(row.key, [row]);
    else group.push(row);
  }
  const keys = [...groups.keys()].sort((a, b) => (a < b ? -1 : 1));
  return keys.map((key) => expectedGroup(key, groups.get(key) ?? [])).join("\n");
}

function expectedGroup(key: string, rows: readonly SyntheticRow[]): string {
  const integers = rows.map(({ integer }) => integer);
  const sum = integers.reduce((total, value) => total + value, 0);
  const distinct = new Set(integers).size;
  const least = Math.min(...integers);
  const greatest = Math.max(...integers) / 8;
  return [key, rows.length, sum, least, greatest, sum / 8 / rows.length, distinct, distinct].join("|");
}

function emittedRows(batch: Batch): string {
  const readers = batch.columns
    .slice(1)
    .map((column, index) => cellReader(column, batch.schema.fields[index + 1]?.type ?? BIGINT));
  const lines = Array.from({ length: batch.rows }, (_, row) => readers.map((read): CellValue => read(row)).join("|"));
  return lines.join("\n");
}

/**
 * Runs `rounds` vectors of 2,048 rows; about 60 are enough for the last compiler tier. Takes the kernel's program: load the
 * real one after it. Throws EngineError (internal) at the first result that differs.
 */
export function runSelfTest(kernel: Kernel, rounds: number): void {
  kernel.load(program());
  kernel.ensurePartitions(0, rounds);
  feedRecords(kernel);
  const expected = expectedRows();
  for (let round = 0; round < rounds; round++) {
    stampRecords(kernel, round);
    kernel.ingestBegin(0, ROWS);
    while (kernel.ingestNext(0)) {
      // to the end of the batch
    }
    kernel.advance(0, (round + 1) * WINDOW_MS - 1);
    const batch = kernel.emitNext(0);
    const got = batch === null ? "nothing" : emittedRows(batch);
    if (got !== expected || kernel.emitNext(0) !== null) throw differs(round, { got, expected });
  }
}

/** The records' bytes, once: rounds differ only in what lies beside them. */
function feedRecords(kernel: Kernel): void {
  const lines = Array.from({ length: ROWS }, (_, index) => `${JSON.stringify(syntheticRow(index))}\n`);
  const bytes = new TextEncoder().encode(lines.join(""));
  const input = kernel.input(0);
  input.reserve(bytes.length, ROWS);
  new Uint8Array(input.buffer()).set(bytes, input.bytes);
  input.splitLines({ used: bytes.length, final: true, partition: 0, position: 0n });
}

/** Every round has a window and, so that none of its rows is late, a partition of its own. */
function stampRecords(kernel: Kernel, round: number): void {
  const input = kernel.input(0);
  const times = new BigInt64Array(input.buffer(), input.timestamps, ROWS);
  for (let index = 0; index < ROWS; index++) times[index] = BigInt(round * WINDOW_MS + (index >> 2));
  new Int32Array(input.buffer(), input.partitions, ROWS).fill(round);
}

function differs(round: number, texts: { readonly got: string; readonly expected: string }): EngineError {
  const expected = texts.expected.split("\n");
  const got = texts.got.split("\n");
  const line = expected.findIndex((text, index) => text !== got[index]);
  const message = `the kernel's self-test gives "${got[line] ?? ""}" instead of "${expected[line] ?? ""}" in round ${round}`;
  return new EngineError(message, {
    domain: "internal",
    code: "KERNEL-SELF-TEST",
    hint: "this machine's WebAssembly compiler and the kernel disagree; report it with the version of Bun and the processor",
  });
}
