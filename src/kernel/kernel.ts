/**
 * One kernel: a WebAssembly instance with its own memory of at most 4 GiB, private to the thread that made it. Rows go in
 * through input regions and leave as batches whose bytes are copied out once. A call that the kernel cannot finish raises
 * an EngineError; after one that trapped the instance is not used any more, since a vector may be half counted.
 */
import * as abi from "../../assembly/shared/abi.ts";
import type { Batch, Column } from "../core/batch.ts";
import { assert, type EngineError } from "../core/error.ts";
import type { EpochMs, Schema } from "../core/type.ts";
import type { BadRow } from "./bad-row.ts";
import type { QueryCounters, QueryEffort, SourceCounters } from "./counters.ts";
import { encodeProgram } from "./encode-program.ts";
import { badRowOf, kernelError } from "./errors.ts";
import { type InputRecord, KernelInput } from "./input.ts";
import type { KernelMemory } from "./memory.ts";
import type { KernelProgram } from "./program.ts";

/** The functions of assembly/index.ts; addresses and counts are numbers, 64-bit scalars go through the control block. */
export interface KernelExports {
  abiVersion(): number;
  configure(): void;
  stage(bytes: number): number;
  loadProgram(address: number, length: number): void;
  unloadProgram(): void;
  reserveInput(source: number, bytes: number, rows: number): void;
  inputDescriptor(source: number): number;
  splitLines(source: number, used: number, final: number, partition: number): number;
  ingestBegin(source: number, rows: number): void;
  ingestNext(source: number): number;
  outputBatch(query: number): number;
  ensurePartitions(source: number, count: number): void;
  nameTopic(source: number, partition: number, address: number, length: number): void;
  readWatermark(source: number, partition: number): void;
  writeWatermark(source: number, partition: number): void;
  advance(query: number): void;
  fire(query: number): void;
  emitNext(query: number): number;
  takePartial(query: number): number;
  mergePartial(query: number, address: number, bytes: number): void;
  sourceCounters(source: number): number;
  queryCounters(query: number): number;
  nextClose(query: number): void;
  badRowCount(): number;
  badRowList(): number;
  dropQuery(query: number): void;
  memoryUsed(): void;
}

export interface KernelOptions {
  /** Memory is not grown beyond this; 4 GiB at most, which is the default. */
  readonly mostBytes?: number;
  /** Seed of the key hash; a random one keeps crafted keys from colliding. Results do not depend on it. */
  readonly seed?: bigint;
  /** Milliseconds from some moment on, for how long queries work; without it that is 0. Nothing else depends on it. */
  readonly now?: () => number;
}

/** Room of a fresh input region. A source asks for more where it needs it. */
const INPUT_BYTES = 4 << 20;
const INPUT_ROWS = 32 << 10;
const NONE = -(2n ** 63n);
const MOST_MS = 2n ** 63n - 1n;

export class Kernel {
  readonly #exports: KernelExports;
  readonly #memory: KernelMemory;
  #program: KernelProgram = { version: 1, registers: [], constants: [], sources: [], queries: [] };
  #inputs: KernelInput[] = [];
  #schemas: Schema[] = [];
  #advanced: (EpochMs | null)[] = [];
  #lastSource = -1;
  #broken: EngineError | null = null;

  constructor(exports: KernelExports, memory: KernelMemory, options: KernelOptions) {
    this.#exports = exports;
    this.#memory = memory;
    memory.setControl(abi.CONTROL_A, BigInt(options.mostBytes ?? memory.mostBytes));
    memory.setControl(abi.CONTROL_B, BigInt.asIntN(64, options.seed ?? 0n));
    exports.configure();
  }

  /** Replaces the program; state and inputs of the one before are freed. */
  load(program: KernelProgram): void {
    const bytes = encodeProgram(program);
    this.#guard(() => {
      this.#exports.unloadProgram();
      const address = this.#exports.stage(bytes.length);
      this.#memory.copyIn(address, bytes);
      this.#exports.loadProgram(address, bytes.length);
      program.sources.forEach((_, source) => {
        this.#exports.reserveInput(source, INPUT_BYTES, INPUT_ROWS);
      });
    });
    this.#program = program;
    this.#inputs = program.sources.map(
      ({ keyDecode }, source) =>
        new KernelInput({ kernel: this.#exports, memory: this.#memory, source, wantsKeys: keyDecode !== null }),
    );
    this.#schemas = program.queries.map(({ outputs }) => ({
      fields: outputs.map(({ name, type, nullable }) => ({ name, type, nullable })),
    }));
    this.#advanced = program.queries.map(() => null);
    this.#lastSource = -1;
  }

  /** Where a source lays its records. */
  input(source: number): KernelInput {
    const input = this.#inputs[source];
    assert(input !== undefined, `source ${source} exists`);
    return input;
  }

  /** Makes partitions 0 … count − 1 known; records of others must not be handed over. */
  ensurePartitions(source: number, count: number): void {
    this.#guard(() => this.#exports.ensurePartitions(source, count));
  }

  /** What METADATA FROM 'topic' and 'partition' give for a partition: `number` is its own in that topic. */
  nameTopic(source: number, partition: number, topic: string, number: number = partition): void {
    const bytes = new TextEncoder().encode(topic);
    this.#guard(() => {
      const address = this.#exports.stage(bytes.length);
      this.#memory.copyIn(address, bytes);
      this.#memory.setControl(abi.CONTROL_A, BigInt(number));
      this.#exports.nameTopic(source, partition, address, bytes.length);
    });
  }

  /** Hands over the first `rows` records of the source's input region. `now`: their processing time, for those who ask. */
  ingestBegin(source: number, rows: number, now: EpochMs = 0): void {
    this.#memory.setControl(abi.CONTROL_A, BigInt(Math.floor(now)));
    this.#guard(() => this.#exports.ingestBegin(source, rows));
  }

  /**
   * Runs one vector; true while records are left. Project output and bad rows of the vector are to be taken before the
   * next call.
   */
  ingestNext(source: number): boolean {
    const status = this.#guard(() => this.#exports.ingestNext(source));
    this.#lastSource = source;
    if (status < 0) throw kernelError({ status: -status, memory: this.#memory, program: this.#program });
    return status === 1;
  }

  /** Rows that a project or OVER query made of the last vector, or a window query of the last emission, once; or null. */
  takeOutput(query: number): Batch | null {
    const batch = this.#exports.outputBatch(query);
    const rows = this.#memory.u32(batch + abi.OUTPUT_ROWS);
    this.#memory.setU32(batch + abi.OUTPUT_ROWS, 0);
    return rows === 0 ? null : this.#copyBatch(query, batch, rows);
  }

  /** Closes windows with end − 1 ms ≤ watermark; `emitNext` gives their rows. Never goes back. */
  advance(query: number, watermark: EpochMs): void {
    this.#memory.setControl(abi.CONTROL_A, BigInt(Math.floor(watermark)));
    this.#guard(() => this.#exports.advance(query));
    const before = this.#advanced[query] ?? null;
    if (before === null || watermark > before) this.#advanced[query] = watermark;
  }

  /** Lets windows that are open give what has changed in them, by `emitVector`. */
  fire(query: number): void {
    this.#guard(() => this.#exports.fire(query));
  }

  /** The next rows of closed windows, by window end and then key; null when there are no more. Their state is freed. */
  emitNext(query: number): Batch | null {
    return this.emitVector(query) ? this.takeOutput(query) : null;
  }

  /**
   * Emits the next rows of closed windows; false when there are no more. They are in `takeOutput` of the query, or have gone
   * through the queries that read it, whose output is to be taken before the next call.
   */
  emitVector(query: number): boolean {
    const rows = this.#guard(() => this.#exports.emitNext(query));
    if (rows < 0) throw kernelError({ status: -rows, memory: this.#memory, program: this.#program });
    return rows !== 0;
  }

  /**
   * Gives up state that another kernel with the same program is to have: an image of rows of slices that closed windows hold, or
   * of all that has changed where results leave as changes. Null when there is no more.
   */
  takePartial(query: number): Uint8Array | null {
    const at = this.#guard(() => this.#exports.takePartial(query));
    return at === 0 ? null : this.#memory.copyOut(at, this.#memory.u32(at));
  }

  /** Adds what another kernel gave up to the state of the same query, as if its rows had come here. */
  mergePartial(query: number, image: Uint8Array): void {
    this.#guard(() => {
      const address = this.#exports.stage(image.length);
      this.#memory.copyIn(address, image);
      this.#exports.mergePartial(query, address, image.length);
    });
  }

  /** Largest value of the WATERMARK expression over the partition's rows, floored to ms; null before there is one. */
  partitionWatermark(source: number, partition: number): EpochMs | null {
    this.#guard(() => this.#exports.readWatermark(source, partition));
    const value = this.#memory.control(abi.CONTROL_A);
    return value === NONE ? null : Number(value);
  }

  /** Puts back a partition's watermark, as after a restart. */
  setPartitionWatermark(source: number, partition: number, watermark: EpochMs | null): void {
    const value = watermark === null ? NONE : BigInt(Math.floor(watermark));
    this.#memory.setControl(abi.CONTROL_A, value > MOST_MS ? MOST_MS : value);
    this.#guard(() => this.#exports.writeWatermark(source, partition));
  }

  sourceCounters(source: number): SourceCounters {
    const at = this.#exports.sourceCounters(source);
    return {
      records: this.#count(at + abi.SOURCE_RECORDS),
      rows: this.#count(at + abi.SOURCE_ROWS),
      skipped: this.#count(at + abi.SOURCE_SKIPPED),
      bad: this.#count(at + abi.SOURCE_BAD),
      ahead: this.#count(at + abi.SOURCE_AHEAD),
      elements: this.#count(at + abi.SOURCE_ELEMENTS),
    };
  }

  queryCounters(query: number): QueryCounters {
    const at = this.#exports.queryCounters(query);
    return {
      rows: this.#count(at + abi.COUNT_ROWS),
      counted: this.#count(at + abi.COUNT_COUNTED),
      late: this.#count(at + abi.COUNT_LATE),
      filtered: this.#count(at + abi.COUNT_FILTERED),
      bad: this.#count(at + abi.COUNT_BAD),
      groups: this.#count(at + abi.COUNT_GROUPS),
      openWindows: this.#count(at + abi.COUNT_WINDOWS),
      emitted: this.#count(at + abi.COUNT_EMITTED),
      stateBytes: this.#count(at + abi.COUNT_STATE_BYTES),
      missed: this.#count(at + abi.COUNT_MISSED),
    };
  }

  /** How long decoding a source's records took, and what comes before the queries, in ms; 0 without a clock. */
  decodingMs(source: number): number {
    return this.#count(this.#exports.sourceCounters(source) + abi.SOURCE_BUSY) / 1e6;
  }

  /**
   * End of the query's next window to close, which has rows: it does when the watermark is at its end − 1 ms. Of sessions a time that
   * none ends before. Null where no window is open.
   */
  nextClose(query: number): EpochMs | null {
    this.#guard(() => this.#exports.nextClose(query));
    const end = this.#memory.control(abi.CONTROL_A);
    return end === MOST_MS ? null : Number(end);
  }

  effort(query: number): QueryEffort {
    const at = this.#exports.queryCounters(query);
    return { busyMs: this.#count(at + abi.COUNT_BUSY) / 1e6, peakBytes: this.#count(at + abi.COUNT_PEAK_BYTES) };
  }

  /** Bad rows of the source's last vector, at most 2^22 of them. */
  badRows(source: number): BadRow[] {
    if (source !== this.#lastSource) return [];
    const list = this.#exports.badRowList();
    return Array.from({ length: this.#exports.badRowCount() }, (_, index) =>
      badRowOf({ memory: this.#memory, at: list + index * abi.BAD_BYTES, program: this.#program, source }),
    );
  }

  /** The first of them; null when there is none. */
  firstBadRow(source: number): BadRow | null {
    if (source !== this.#lastSource || this.#exports.badRowCount() === 0) return null;
    return badRowOf({ memory: this.#memory, at: this.#exports.badRowList(), program: this.#program, source });
  }

  /** A record of the input region, copied; valid until the source fills the region anew. */
  record(source: number, index: number): InputRecord {
    return this.input(source).record(index);
  }

  /** Frees a query's state and stops feeding it. */
  dropQuery(query: number): void {
    this.#guard(() => this.#exports.dropQuery(query));
  }

  /** Size of the kernel's memory; it only grows. */
  get memoryBytes(): number {
    return this.#memory.byteLength;
  }

  /** Bytes of it that are in use. */
  get usedBytes(): number {
    this.#exports.memoryUsed();
    return Number(this.#memory.control(abi.CONTROL_A));
  }

  #count(address: number): number {
    return Number(this.#memory.i64(address));
  }

  #copyBatch(query: number, batch: number, rows: number): Batch {
    const schema = this.#schemas[query];
    assert(schema !== undefined, `query ${query} exists`);
    const columns = schema.fields.map((_, index) =>
      this.#copyColumn(batch + abi.OUTPUT_COLUMNS + index * abi.COLUMN_BYTES, rows),
    );
    const ops = this.#memory.u32(batch + abi.OUTPUT_OPS);
    const op = ops === 0 ? null : this.#memory.copyOut(ops, rows);
    return { schema, rows, columns, op, watermark: this.#advanced[query] ?? null, epoch: 0 };
  }

  #copyColumn(column: number, rows: number): Column {
    const memory = this.#memory;
    const validity = memory.u32(column + abi.COLUMN_VALIDITY);
    const offsets = memory.u32(column + abi.COLUMN_OFFSETS);
    return {
      validity: validity === 0 ? null : memory.copyOut(validity, (rows + 7) >>> 3),
      offsets: offsets === 0 ? null : new Int32Array(memory.copyOut(offsets, (rows + 1) * 4).buffer),
      values: memory.copyOut(memory.u32(column + abi.COLUMN_VALUES), memory.u32(column + abi.COLUMN_VALUES_BYTES)),
    };
  }

  /** Turns a trap into the error its status stands for. */
  #guard<T>(call: () => T): T {
    if (this.#broken !== null) throw this.#broken;
    try {
      return call();
    } catch (cause) {
      if (!(cause instanceof WebAssembly.RuntimeError)) throw cause;
      const status = this.#memory.u32(CONTROL_STATUS_ADDRESS);
      this.#broken = kernelError({ status, memory: this.#memory, program: this.#program, cause });
      throw this.#broken;
    }
  }
}

const CONTROL_STATUS_ADDRESS = abi.CONTROL + abi.CONTROL_STATUS;
