/**
 * `'connector' = 'datagen'` as a source: writes generated JSON lines into the kernel's region at the asked rate, partitions in
 * turn. Positions are row numbers, so a source opened at a position goes on with exactly the next row.
 */
import { assert } from "../../core/error.ts";
import {
  type Clock,
  type InputRegion,
  isOwn,
  type PartitionLag,
  type PollResult,
  type Share,
  type Source,
  type SourceEvent,
  type SourcePartition,
  WHOLE,
} from "../connector.ts";
import { type ClickstreamOptions, clickMaxBytes, createClickstream } from "./clickstream.ts";
import { createFieldRows } from "./field-rows.ts";
import type { DatagenOptions } from "./options.ts";
import { Rate } from "./rate.ts";

/** Makes the rows of one partition, one after the other. */
export interface RowGenerator {
  /** Index of the next row within the partition. */
  readonly row: number;
  /** See `Clickstream.fill`. Writes nothing where the room is too small for a row. */
  fill(buffer: Uint8Array, offset: number, maxRows: number, ends?: Int32Array): { rows: number; end: number };
}

export interface DatagenSourceInput {
  readonly table: string;
  readonly options: DatagenOptions;
  readonly clock: Clock;
  /** Blocks the thread; tests move their clock instead. */
  readonly sleep: (ms: number) => void;
  /** Partition index to the first row to make; absent = 0. */
  readonly startPositions?: ReadonlyMap<number, bigint>;
  /** Which partitions to make, with their part of the rate; all unless given. */
  readonly share?: Share;
}

interface Partition {
  readonly index: number;
  /** Among all partitions of the table. */
  readonly number: number;
  readonly generator: RowGenerator;
  /** Rows the partition ends after; null = never. */
  readonly rowsEnd: number | null;
  finished: boolean;
  paused: boolean;
}

/** Rows are let out in slices of this length: a steady trickle would make batches of one row. */
const SLICE_MS = 10;
/** The least timestamp: "the record has none". */
const NO_TIMESTAMP = -(2n ** 63n);
/** Room asked for when a single row does not fit. */
const GROW_BYTES = 1 << 20;

export function createDatagenSource(input: DatagenSourceInput): Source {
  return new DatagenSource(input);
}

class DatagenSource implements Source {
  readonly #input: DatagenSourceInput;
  #rate: Rate;
  readonly #partitions: Partition[] = [];
  /** Who is first in the next poll. */
  #turn = 0;

  constructor(input: DatagenSourceInput) {
    this.#input = input;
    this.#rate = new Rate(input.options.pace.rowsPerSecond);
  }

  async open(): Promise<readonly SourcePartition[]> {
    const { options, table } = this.#input;
    const count = options.kind === "clickstream" ? options.partitions : 1;
    for (let number = 0; number < count; number++) {
      if (isOwn(this.#input.share ?? WHOLE, number)) this.#partitions.push(this.#partition(number, count));
    }
    this.#rate = new Rate((options.pace.rowsPerSecond * this.#partitions.length) / count);
    return this.#partitions.map(({ index, number }) => {
      return { index, name: `${table}[${number}]`, topic: table, partition: number };
    });
  }

  #partition(number: number, count: number): Partition {
    const { options, clock, startPositions } = this.#input;
    const firstRow = Number(startPositions?.get(number) ?? 0n);
    const total = options.pace.numberOfRows;
    const generator =
      options.kind === "clickstream"
        ? createClickstream({ ...clickstreamOf(options), partitions: count, partition: number, firstRow })
        : createFieldRows({ fields: options.fields, seed: options.seed, clock, firstRow });
    const rowsEnd = total === null ? null : Math.floor((total - number + count - 1) / count);
    return { index: this.#partitions.length, number, generator, rowsEnd, finished: false, paused: false };
  }

  poll(region: InputRegion, waitMs: number): PollResult {
    const live = this.#partitions.filter((partition) => !partition.finished && !partition.paused);
    const events = this.#finish(live);
    const open = live.filter((partition) => !partition.finished);
    if (open.length === 0) {
      if (events.length === 0) this.#input.sleep(waitMs);
      return { rows: 0, events };
    }
    const due = this.#await(waitMs);
    // Not at its end: rows are to come in every partition, so the watermark waits for the first of each, whatever the clock says.
    if (due === 0) return { rows: 0, events };
    const rows = this.#fill(region, open, due);
    this.#rate.take(rows);
    return { rows, events: [...events, ...this.#finish(open)] };
  }

  /** Rows due after waiting for a slice of them, at most `waitMs`. */
  #await(waitMs: number): number {
    const { clock, sleep, options } = this.#input;
    const slice = Math.max(1, Math.floor((options.pace.rowsPerSecond * SLICE_MS) / 1000));
    this.#rate.due(clock.now());
    const wait = Math.min(waitMs, this.#rate.wait(clock.now(), slice));
    if (wait > 0) sleep(wait);
    return this.#rate.due(clock.now());
  }

  #fill(region: InputRegion, open: readonly Partition[], due: number): number {
    let rows = this.#fillOnce(region, open, due);
    for (let bytes = region.bytesCapacity + GROW_BYTES; rows === 0; bytes *= 2) {
      region.reserve(bytes, region.rowsCapacity);
      rows = this.#fillOnce(region, open, due);
    }
    return rows;
  }

  /** One stretch of rows from each partition, in turn, as far as the region goes. */
  #fillOnce(region: InputRegion, open: readonly Partition[], due: number): number {
    const writer = new RegionWriter(region);
    const rowsWanted = Math.min(due, region.rowsCapacity);
    const share = Math.ceil(rowsWanted / open.length);
    const shareBytes = Math.max(clickMaxBytes, Math.floor(region.bytesCapacity / open.length));
    for (let step = 0; step < open.length; step++) {
      const partition = open[(this.#turn + step) % open.length] as Partition;
      const left = partition.rowsEnd === null ? share : partition.rowsEnd - partition.generator.row;
      writer.append(partition, { maxRows: Math.min(share, left, rowsWanted - writer.rows), maxBytes: shareBytes });
    }
    this.#turn = (this.#turn + 1) % open.length;
    writer.finish();
    return writer.rows;
  }

  /** Marks and reports the partitions whose last row is out. */
  #finish(partitions: readonly Partition[]): SourceEvent[] {
    const events: SourceEvent[] = [];
    for (const partition of partitions) {
      if (partition.finished || partition.rowsEnd === null || partition.generator.row < partition.rowsEnd) continue;
      partition.finished = true;
      events.push({ kind: "finished", partition: partition.index });
    }
    return events;
  }

  pause(partitions: readonly number[]): void {
    for (const index of partitions) this.#at(index).paused = true;
  }

  resume(partitions: readonly number[]): void {
    for (const index of partitions) this.#at(index).paused = false;
  }

  #at(index: number): Partition {
    const partition = this.#partitions[index];
    assert(partition !== undefined, `datagen has a partition ${index}`);
    return partition;
  }

  /** Nothing outside keeps a note: the engine's positions are enough. */
  commit(): void {}

  lag(): readonly PartitionLag[] {
    return this.#partitions.map(({ index, generator, rowsEnd }) => ({
      partition: index,
      position: BigInt(generator.row),
      highWatermark: rowsEnd === null ? null : BigInt(rowsEnd),
    }));
  }

  async close(): Promise<void> {}
}

function clickstreamOf(options: Extract<DatagenOptions, { kind: "clickstream" }>): ClickstreamOptions {
  return { seed: options.seed, startMs: options.startMs, eventsPerSecond: options.eventsPerSecond };
}

/** Lays rows end to end in a region and writes the columns beside them. */
class RegionWriter {
  rows = 0;
  #end = 0;
  readonly #bytes: Uint8Array;
  readonly #offsets: Int32Array;
  readonly #partitions: Int32Array;
  readonly #positions: BigInt64Array;
  readonly #timestamps: BigInt64Array;

  constructor(region: InputRegion) {
    const buffer = region.buffer();
    this.#bytes = new Uint8Array(buffer, region.bytes, region.bytesCapacity);
    this.#offsets = new Int32Array(buffer, region.offsets, region.rowsCapacity + 1);
    this.#partitions = new Int32Array(buffer, region.partitions, region.rowsCapacity);
    this.#positions = new BigInt64Array(buffer, region.positions, region.rowsCapacity);
    this.#timestamps = new BigInt64Array(buffer, region.timestamps, region.rowsCapacity);
    this.#offsets[0] = 0;
  }

  append(partition: Partition, room: { maxRows: number; maxBytes: number }): void {
    if (room.maxRows <= 0) return;
    const first = this.rows;
    const firstPosition = partition.generator.row;
    const until = Math.min(this.#bytes.length, this.#end + room.maxBytes);
    const ends = this.#offsets.subarray(first + 1);
    const filled = partition.generator.fill(this.#bytes.subarray(0, until), this.#end, room.maxRows, ends);
    this.#end = filled.end;
    this.rows = first + filled.rows;
    this.#partitions.fill(partition.index, first, this.rows);
    for (let row = 0; row < filled.rows; row++) this.#positions[first + row] = BigInt(firstPosition + row);
  }

  finish(): void {
    this.#timestamps.fill(NO_TIMESTAMP, 0, this.rows);
  }
}
