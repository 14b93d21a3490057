/**
 * What workers say to each other. The first one gives all results. The others send it, each through a bounded ring, the rows of their
 * projections and the partial aggregates of what the watermark has closed, and behind these how far it had come: once that has
 * been heard from all of them, the first one has all there is to a window. Where everyone's partitions stand is on a board
 * of shared memory that all look at. A worker's positions are committed after the first one's sinks have flushed its rows.
 *
 * Frame kinds: index * 4 + ROWS (planned query, encoded batch), PARTIAL (kernel's query, image), WATERMARK (source, f64 ms) or
 * FLUSH (0, f64 number of the flush).
 */
import type { Sink } from "../connectors/connector.ts";
import type { Batch } from "../core/batch.ts";
import { decodeBatch, encodeBatch } from "../core/batch-bytes.ts";
import { assert } from "../core/error.ts";
import { type Frame, RingReader, RingWriter } from "../core/ring.ts";
import type { EpochMs, Schema } from "../core/type.ts";
import type { Standing } from "../watermark/tracker.ts";

const ROWS = 0;
const PARTIAL = 1;
const WATERMARK = 2;
const FLUSH = 3;
/** Frames taken from one worker before the loop goes on. */
const BURST = 64;

const SILENT = 2n ** 63n - 1n;
const ABSENT = SILENT - 1n;

/** Shared between the workers of a job. */
export interface ExchangeMemory {
  readonly board: SharedArrayBuffer;
  /** One a worker, but for the first. */
  readonly rings: readonly SharedArrayBuffer[];
}

export interface ExchangeInput {
  readonly memory: ExchangeMemory;
  /** Which worker this is. */
  readonly worker: number;
  /** Numbers of the sources that only the first worker reads. */
  readonly pinned: ReadonlySet<number>;
  readonly sources: number;
}

export function boardBytes(workers: number, sources: number): number {
  return workers * (sources + 1) * 8;
}

/** Standings by worker and source, and the number of each worker's last flush that is durable. */
class Board {
  readonly #cells: BigInt64Array;
  readonly #width: number;

  constructor(memory: SharedArrayBuffer, sources: number) {
    this.#cells = new BigInt64Array(memory);
    this.#width = sources + 1;
  }

  tell(worker: number, source: number, standing: Standing): void {
    Atomics.store(this.#cells, worker * this.#width + 1 + source, toCell(standing));
  }

  read(worker: number, source: number): Standing {
    return fromCell(Atomics.load(this.#cells, worker * this.#width + 1 + source));
  }

  flushed(worker: number, number: number): void {
    Atomics.store(this.#cells, worker * this.#width, BigInt(number));
  }

  lastFlush(worker: number): number {
    return Number(Atomics.load(this.#cells, worker * this.#width));
  }
}

/** Zero, which fresh memory holds, is `unknown`: nothing is closed before everybody has spoken. */
function toCell(standing: Standing): bigint {
  if (standing === "unknown") return 0n;
  if (standing === "silent") return SILENT;
  if (standing === "absent") return ABSENT;
  const ms = BigInt(standing);
  return ms <= 0n ? ms - 1n : ms;
}

function fromCell(cell: bigint): Standing {
  if (cell === 0n) return "unknown";
  if (cell === SILENT) return "silent";
  if (cell === ABSENT) return "absent";
  return Number(cell < 0n ? cell + 1n : cell);
}

/** What every worker has of the others. */
interface Peers {
  /** Tells where this worker's own partitions stand. */
  tell(source: number, standing: Standing): void;
  /** Where those of the others stand. */
  standings(source: number): readonly Standing[];
}

/** A worker that is not the first: what it reads and aggregates goes there. */
export class PartialsOut implements Peers {
  readonly #input: ExchangeInput;
  readonly #board: Board;
  readonly #ring: RingWriter;
  #flushes = 0;

  constructor(input: ExchangeInput) {
    const ring = input.memory.rings[input.worker - 1];
    assert(ring !== undefined, `worker ${input.worker} has a ring`);
    this.#input = input;
    this.#board = new Board(input.memory.board, input.sources);
    this.#ring = new RingWriter(ring);
  }

  tell(source: number, standing: Standing): void {
    this.#board.tell(this.#input.worker, source, standing);
  }

  standings(source: number): readonly Standing[] {
    const workers = Array.from({ length: this.#input.memory.rings.length + 1 }, (_, worker) => worker);
    return workers.filter((worker) => worker !== this.#input.worker).map((worker) => this.#board.read(worker, source));
  }

  /** Where the rows of a query's projection go. */
  sinkOf(query: number): Sink {
    const done = (): Promise<void> => Promise.resolve();
    const write = (batch: Batch): void => void this.#ring.write(query * 4 + ROWS, encodeBatch(batch));
    return { open: done, write, flush: done, close: done };
  }

  givePartial(query: number, image: Uint8Array): void {
    this.#ring.write(query * 4 + PARTIAL, image);
  }

  /** All that the watermark closes was given. */
  advanced(source: number, watermark: EpochMs): void {
    this.#ring.write(source * 4 + WATERMARK, numberBytes(watermark));
  }

  /** Asks the first worker to flush what it got; `flushed` says when that is done. */
  flush(): void {
    this.#ring.write(FLUSH, numberBytes(++this.#flushes));
  }

  get flushed(): boolean {
    return this.#board.lastFlush(this.#input.worker) === this.#flushes;
  }

  close(): void {
    this.#ring.close();
  }
}

export interface PartialsReceiver {
  rows(query: number, batch: Batch): Promise<void> | void;
  partial(query: number, image: Uint8Array): void;
  flush(): Promise<void>;
}

/** The first worker's end: it takes what the others give. */
export class PartialsIn implements Peers {
  readonly #input: ExchangeInput;
  readonly #schemas: readonly Schema[];
  readonly #board: Board;
  readonly #rings: readonly RingReader[];
  /** By worker and source: the watermark behind which nothing more comes from it. */
  readonly #heard: readonly Standing[][];

  /** `schemas`: of the planned queries' rows. */
  constructor(input: ExchangeInput, schemas: readonly Schema[]) {
    this.#input = input;
    this.#schemas = schemas;
    this.#board = new Board(input.memory.board, input.sources);
    this.#rings = input.memory.rings.map((ring) => new RingReader(ring));
    this.#heard = this.#rings.map(() => Array.from({ length: input.sources }, () => "unknown"));
  }

  tell(source: number, standing: Standing): void {
    this.#board.tell(this.#input.worker, source, standing);
  }

  standings(source: number): readonly Standing[] {
    return this.#input.pinned.has(source) ? [] : this.#heard.map((standings) => standings[source] ?? "unknown");
  }

  /** No worker will send anything any more, and all was taken. */
  get drained(): boolean {
    return this.#rings.every((ring) => ring.drained);
  }

  /** Takes what is there now, some of it at most; true when there was something. */
  async take(receiver: PartialsReceiver): Promise<boolean> {
    let found = false;
    for (const [index, ring] of this.#rings.entries()) {
      for (let count = 0; count < BURST; count++) {
        const frame = ring.tryRead();
        if (frame === null) break;
        found = true;
        await this.#receive(index, frame, receiver);
      }
    }
    return found;
  }

  async #receive(index: number, { kind, payload }: Frame, receiver: PartialsReceiver): Promise<void> {
    const about = kind >>> 2;
    if ((kind & 3) === PARTIAL) return receiver.partial(about, payload);
    if ((kind & 3) === ROWS) {
      const schema = this.#schemas[about];
      assert(schema !== undefined, `rows of query ${about}`);
      await receiver.rows(about, decodeBatch(payload, schema));
    } else if ((kind & 3) === WATERMARK) {
      const standings = this.#heard[index];
      assert(standings !== undefined && about < standings.length, `a watermark of source ${about}`);
      standings[about] = numberOf(payload);
    } else {
      await receiver.flush();
      this.#board.flushed(index + 1, numberOf(payload));
    }
  }
}

function numberBytes(value: number): Uint8Array {
  return new Uint8Array(new Float64Array([value]).buffer);
}

function numberOf(payload: Uint8Array): number {
  return new DataView(payload.buffer, payload.byteOffset, payload.byteLength).getFloat64(0, true);
}
