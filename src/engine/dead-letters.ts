/**
 * Records that gave no row, on their way into the table that keeps them: the pipeline puts them in where it meets them, and the table
 * reads them as a source of JSON records, so that any query may. What a letter says depends on the record alone, never on when it was
 * read. Nothing is lost between the two: letters are read before the positions of their records are committed.
 */
import type { InputRegion, PartitionLag, PollResult, Source, SourcePartition } from "../connectors/connector.ts";
import { DEAD_LETTERS } from "../plan/dead-letters.ts";
import { type BadRecord, reasonOf, shortReason } from "./bad-rows.ts";
import type { Connector } from "./connector-table.ts";
import type { PipelineQuery, RunningSource } from "./pipeline-parts.ts";

export interface DeadLetter {
  readonly table: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly reason: string;
  readonly column: string | null;
  /** Label of the query whose expression failed; null where the record itself was refused. */
  readonly query: string | null;
  /** Null in further letters about the same record and query: an array of bad elements would be kept once an element. */
  readonly bytes: Uint8Array | null;
}

const NO_TIMESTAMP = -(2n ** 63n);
const encoder = new TextEncoder();

export class DeadLetterSource implements Source {
  readonly #name: string;
  #waiting: Uint8Array[] = [];
  #position = 0n;
  #ending = false;
  #finished = false;

  constructor(name: string) {
    this.#name = name;
  }

  get pending(): boolean {
    return this.#waiting.length > 0;
  }

  put(letter: DeadLetter): void {
    this.#waiting.push(encoder.encode(encodeLetter(letter)));
  }

  /** No more letters will come. */
  end(): void {
    this.#ending = true;
  }

  open(): Promise<readonly SourcePartition[]> {
    return Promise.resolve([{ index: 0, name: this.#name, topic: this.#name, partition: 0 }]);
  }

  poll(region: InputRegion, _waitMs: number): PollResult {
    const letters = this.#waiting;
    this.#waiting = [];
    if (letters.length > 0) this.#fill(region, letters);
    if (!this.#ending || this.#finished) return { rows: letters.length, events: [] };
    this.#finished = true;
    return { rows: letters.length, events: [{ kind: "finished", partition: 0 }] };
  }

  #fill(region: InputRegion, letters: readonly Uint8Array[]): void {
    const bytes = letters.reduce((sum, letter) => sum + letter.length, 0);
    region.reserve(bytes, letters.length);
    const memory = new Uint8Array(region.buffer());
    const view = new DataView(region.buffer());
    let end = 0;
    view.setInt32(region.offsets, 0, true);
    for (const [row, letter] of letters.entries()) {
      memory.set(letter, region.bytes + end);
      end += letter.length;
      view.setInt32(region.offsets + 4 * (row + 1), end, true);
      view.setInt32(region.partitions + 4 * row, 0, true);
      view.setBigInt64(region.positions + 8 * row, this.#position++, true);
      view.setBigInt64(region.timestamps + 8 * row, NO_TIMESTAMP, true);
    }
  }

  pause(): void {}
  resume(): void {}
  commit(): void {}

  lag(): readonly PartitionLag[] {
    return [{ partition: 0, position: this.#position, highWatermark: this.#position }];
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** The source that a table's bad rows go to; null where they go nowhere. */
export function lettersOf(
  sources: readonly RunningSource[],
  index: number,
): { readonly index: number; readonly source: DeadLetterSource } | null {
  const table = sources[index]?.settings.deadLetterTable ?? null;
  for (const [at, { settings }] of sources.entries()) {
    const { name, source } = settings;
    if (name === table && source instanceof DeadLetterSource) return { index: at, source };
  }
  return null;
}

/** Letters about one record that say all there is to say: each takes a look at the whole record. */
const MOST_EXPLAINED = 16;

/** The letter about a bad row, counted. `from`: index of its partition. */
export function letterOf(
  record: BadRecord,
  { running, from, queries }: { running: RunningSource; from: number; queries: readonly PipelineQuery[] },
): DeadLetter {
  const { bad, bytes, position, table } = record;
  const query = queries.findIndex(({ stages }) => stages.some((stage) => stage.query === bad.query));
  running.deadLettered.set(query, (running.deadLettered.get(query) ?? 0) + 1);
  const about = `${bad.record} ${query}`;
  const before = running.letters.get(about) ?? 0;
  running.letters.set(about, before + 1);
  const partition = running.partitions[from];
  return {
    table,
    topic: partition?.topic ?? "",
    partition: partition?.partition ?? 0,
    offset: position,
    reason: before < MOST_EXPLAINED ? reasonOf(record) : shortReason(bad),
    column: bad.column,
    query: queries[query]?.label ?? null,
    bytes: before === 0 ? bytes : null,
  };
}

/** Fields as `plan/dead-letters.ts` names them. */
function encodeLetter({ table, topic, partition, offset, reason, column, query, bytes }: DeadLetter): string {
  const texts = JSON.stringify({ source_table: table, topic, reason, column_name: column, refused_by: query });
  const record = bytes === null ? "null" : JSON.stringify(bytes.toBase64());
  return `${texts.slice(0, -1)},"record_partition":${partition},"record_offset":${offset},"record":${record}}`;
}

/** What the engine asks of any table; nothing of it is a script's to set. */
export const deadLetterConnector: Connector = {
  name: DEAD_LETTERS,
  format: "json",
  keyed: false,
  acceptsUpdates: false,
  metadata: [],
  optionNames: () => [],
  checkSource: () => {},
  checkSink: null,
  createSource: ({ name }) => new DeadLetterSource(name),
  createSink: () => {
    throw new TypeError("dead letters are read");
  },
};
