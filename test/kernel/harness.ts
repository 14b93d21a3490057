/**
 * Kernels for tests: a program built from column types, rows given as values, results read back as cells. Rows go in as JSON
 * (every type) or as raw records with metadata (fast, for many rows), always through the real input region.
 */
import { readFileSync } from "node:fs";
import type { Batch } from "../../src/core/batch.ts";
import type { DataType } from "../../src/core/type.ts";
import { type CellValue, cellReader } from "../../src/core/value.ts";
import type { Kernel, KernelOptions } from "../../src/kernel/kernel.ts";
import { loadKernel } from "../../src/kernel/load.ts";
import { physicalOf } from "../../src/kernel/physical.ts";
import type { AggregateProgram, EventTimeProgram, KernelProgram, QueryProgram } from "../../src/kernel/program.ts";

export const BIGINT: DataType = { kind: "bigint" };
export const STRING: DataType = { kind: "string" };
export const DOUBLE: DataType = { kind: "double" };
export const BOOLEAN: DataType = { kind: "boolean" };
export const TIMESTAMP: DataType = { kind: "timestamp", precision: 3 };

const wasm = new Uint8Array(readFileSync(process.env.MILLRACE_KERNEL_WASM ?? "build/kernel.wasm"));

export function freshKernel(options: KernelOptions = {}): Kernel {
  return loadKernel(wasm, { seed: 42n, ...options });
}

export interface AggregateSpec {
  readonly function: string;
  /** Column index; null for COUNT(*). */
  readonly argument: number | null;
  readonly resultType: DataType;
  readonly distinct?: boolean;
  /** Index of a BOOLEAN column. */
  readonly filter?: number;
  readonly parameter?: number;
}

export interface WindowSpec {
  /** Tumbling unless said. */
  readonly kind?: "hopping" | "cumulating";
  readonly sizeMs: number;
  /** The size unless said. */
  readonly stepMs?: number;
  readonly offsetMs?: number;
  readonly keys: readonly number[];
  readonly aggregates: readonly AggregateSpec[];
  /** Index of a BOOLEAN column: WHERE. */
  readonly where?: number;
}

export interface TableSpec {
  readonly columns: readonly DataType[];
  /** Index of the TIMESTAMP column windows are cut on; it is the watermark too unless `watermark` names another. */
  readonly time: number;
  readonly watermark?: number;
  readonly nullHandling?: EventTimeProgram["nullHandling"];
  readonly maxAheadMs?: number | null;
}

/** Registers in the order they are asked for. */
class Registers {
  readonly types: number[] = [];
  readonly constants: { readonly register: number; readonly value: string }[] = [];

  add(type: DataType): number {
    this.types.push(physicalOf(type));
    return this.types.length - 1;
  }

  /** Of LISTAGG. */
  separator(): number {
    const known = this.constants[0] ?? { register: this.add(STRING), value: "; " };
    this.constants[0] = known;
    return known.register;
  }
}

/** Outputs of a window query: window_start, window_end, window_time, keys…, aggregates…. */
function windowQuery(
  registers: Registers,
  table: TableSpec,
  columns: readonly number[],
  spec: WindowSpec,
): QueryProgram {
  const copies = table.columns.map((type) => registers.add(type));
  const times = [registers.add(TIMESTAMP), registers.add(TIMESTAMP), registers.add(TIMESTAMP)] as const;
  const typeOf = (column: number): DataType => table.columns[column] as DataType;
  const copyOf = (column: number): number => copies[column] as number;
  const emitted = spec.keys.map((key) => registers.add(typeOf(key)));
  const separator = registers.separator();
  const aggregates = spec.aggregates.map(
    (call, index): AggregateProgram => ({
      function: call.function,
      argument: call.argument === null ? null : { register: copyOf(call.argument), type: typeOf(call.argument) },
      distinct: call.distinct ?? false,
      filter: call.filter === undefined ? null : copyOf(call.filter),
      resultType: call.resultType,
      result: registers.add(call.resultType),
      parameter: call.function === "LISTAGG" ? separator : (call.parameter ?? 12),
      name: `a${index}`,
    }),
  );
  const output = (name: string, register: number, type: DataType) => ({ name, register, type, nullable: true });
  return {
    kind: "window-aggregate",
    source: 0,
    inputs: columns.map((from, index) => ({ from, to: copyOf(index) })),
    filter: spec.where === undefined ? null : { instructions: [], register: columns[spec.where] as number },
    compute: [],
    window: {
      kind: spec.kind ?? "tumbling",
      sizeMs: spec.sizeMs,
      stepMs: spec.stepMs ?? spec.sizeMs,
      offsetMs: spec.offsetMs ?? 0,
      timeRegister: copyOf(table.time),
      unitsPerMs: 1000,
    },
    keys: spec.keys.map((key, index) => ({ register: copyOf(key), type: typeOf(key), name: `k${index}` })),
    aggregates,
    emit: {
      windowStart: times[0],
      windowEnd: times[1],
      windowTime: times[2],
      keys: emitted,
      compute: [],
      having: null,
    },
    outputs: [
      output("window_start", times[0], TIMESTAMP),
      output("window_end", times[1], TIMESTAMP),
      output("window_time", times[2], TIMESTAMP),
      ...spec.keys.map((key, index) => output(`k${index}`, emitted[index] as number, typeOf(key))),
      ...aggregates.map((call) => output(call.name, call.result, call.resultType)),
    ],
  };
}

function eventTime(table: TableSpec, columns: readonly number[]): EventTimeProgram {
  return {
    timeRegister: columns[table.time] as number,
    watermarkRegister: columns[table.watermark ?? table.time] as number,
    unitsPerMs: 1000,
    maxAheadMs: table.maxAheadMs ?? null,
    nullHandling: table.nullHandling ?? "bad",
  };
}

/** A source of JSON objects with fields c0, c1, …. */
export function jsonProgram(table: TableSpec, windows: readonly WindowSpec[]): KernelProgram {
  const registers = new Registers();
  const columns = table.columns.map((type) => registers.add(type));
  const queries = windows.map((window) => windowQuery(registers, table, columns, window));
  return {
    version: 1,
    constants: registers.constants,
    sources: [
      {
        decode: {
          kind: "json",
          fields: table.columns.map((type, index) => ({
            path: [`c${index}`],
            type,
            register: columns[index] as number,
            name: `c${index}`,
          })),
          validation: "full",
          ignoreParseErrors: false,
          failOnMissingField: false,
          timestampFormat: "lenient",
        },
        keyDecode: null,
        metadata: [],
        compute: [],
        eventTime: eventTime(table, columns),
      },
    ],
    queries,
    registers: registers.types,
  };
}

/** Columns of `rawProgram`: the record's text, its partition, its offset, its timestamp. */
export const RAW = { text: 0, partition: 1, offset: 2, time: 3 } as const;

/** A source of raw records whose other columns are metadata; no decoder of text is in the way. */
export function rawProgram(windows: readonly WindowSpec[], time: Partial<TableSpec> = {}): KernelProgram {
  const registers = new Registers();
  const table: TableSpec = { columns: [STRING, BIGINT, BIGINT, TIMESTAMP], time: RAW.time, ...time };
  const columns = table.columns.map((type) => registers.add(type));
  const queries = windows.map((window) => windowQuery(registers, table, columns, window));
  return {
    version: 1,
    constants: registers.constants,
    sources: [
      {
        decode: { kind: "raw", register: columns[RAW.text] as number, utf8: true },
        keyDecode: null,
        metadata: [
          { kind: "partition", register: columns[RAW.partition] as number },
          { kind: "offset", register: columns[RAW.offset] as number },
          { kind: "timestamp", register: columns[RAW.time] as number },
        ],
        compute: [],
        eventTime: eventTime(table, columns),
      },
    ],
    queries,
    registers: registers.types,
  };
}

export interface RawRecord {
  readonly text: string | Uint8Array;
  readonly partition?: number;
  readonly offset?: bigint;
  /** Milliseconds; null = the record has no timestamp. */
  readonly timeMs?: number | bigint | null;
}

const utf8 = new TextEncoder();

/** Lays records in the region and runs them to the end. */
export function feed(kernel: Kernel, records: readonly RawRecord[]): void {
  const texts = records.map(({ text }) => (typeof text === "string" ? utf8.encode(text) : text));
  const input = kernel.input(0);
  input.reserve(
    texts.reduce((sum, text) => sum + text.length, 0),
    records.length,
  );
  const view = new DataView(input.buffer());
  const bytes = new Uint8Array(input.buffer());
  let end = 0;
  view.setInt32(input.offsets, 0, true);
  records.forEach((record, index) => {
    const text = texts[index] as Uint8Array;
    bytes.set(text, input.bytes + end);
    end += text.length;
    view.setInt32(input.offsets + index * 4 + 4, end, true);
    view.setInt32(input.partitions + index * 4, record.partition ?? 0, true);
    view.setBigInt64(input.positions + index * 8, record.offset ?? BigInt(index), true);
    const time = record.timeMs == null ? -(2n ** 63n) : BigInt(record.timeMs);
    view.setBigInt64(input.timestamps + index * 8, time, true);
  });
  kernel.ingestBegin(0, records.length);
  while (kernel.ingestNext(0)) {
    // to the end
  }
}

export type Row = readonly CellValue[];

export function rowsOf(batch: Batch): Row[] {
  const readers = batch.columns.map((column, index) => {
    const field = batch.schema.fields[index];
    if (field === undefined) throw new RangeError("a column without a field");
    return cellReader(column, field.type);
  });
  return Array.from({ length: batch.rows }, (_, row) => readers.map((read) => read(row)));
}

/** Everything a watermark closes. */
export function drain(kernel: Kernel, watermark: number, query = 0): Row[] {
  kernel.advance(query, watermark);
  const rows: Row[] = [];
  for (let batch = kernel.emitNext(query); batch !== null; batch = kernel.emitNext(query)) {
    for (const row of rowsOf(batch)) rows.push(row);
  }
  return rows;
}

export const END = Number.MAX_SAFE_INTEGER;

/** Deterministic 32-bit generator (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
