/**
 * Lines of files as a source: one partition a file, bytes read at a position straight into the kernel's region, positions in
 * bytes. A poll reads one stretch of one file and the files take turns, so that none holds the watermark back for long. The part
 * of a line at the end of a stretch is read again with the next; nothing is kept in between, so any position that was reported
 * is a place to resume from.
 */
import { fstatSync, readSync } from "node:fs";
import { basename } from "node:path";
import { assert, EngineError, ExitCode } from "../../core/error.ts";
import type { EpochMs } from "../../core/type.ts";
import {
  type Clock,
  type InputRegion,
  isOwn,
  type PartitionLag,
  type PollResult,
  placeOfName,
  type Share,
  type Source,
  type SourceEvent,
  type SourcePartition,
  WHOLE,
} from "../connector.ts";
import { findFiles, missingPath } from "./find-files.ts";
import { lineAt } from "./line-at.ts";
import { OpenFiles } from "./open-files.ts";
import type { FileSourceOptions } from "./options.ts";

export interface FileSourceInput {
  readonly options: FileSourceOptions;
  readonly clock: Clock;
  /** Blocks the thread; tests move their clock instead. */
  readonly sleep: (ms: number) => void;
  /** Absolute path to the byte to begin at, a line's first; absent = 0. */
  readonly startPositions?: ReadonlyMap<string, bigint>;
  /** A longer line is refused. Default 64 MiB; at most 2^31 − 1. */
  readonly maxLineBytes?: number;
  /** Which files to read; all unless given. */
  readonly share?: Share;
}

interface FilePartition {
  readonly index: number;
  /** Among all files of the table, those that others read included. */
  readonly number: number;
  /** Null stands for a folder without files: a partition that ends at once. */
  readonly path: string | null;
  position: number;
  size: number;
  /** Read to its end. */
  read: boolean;
  /** Reported as finished. */
  finished: boolean;
  paused: boolean;
}

const MAX_LINE_BYTES = 64 * 1024 * 1024;
const MAX_OPEN_FILES = 256;

export function createFileSource(input: FileSourceInput): Source {
  return new FileSource(input);
}

class FileSource implements Source {
  readonly #input: FileSourceInput;
  readonly #maxLineBytes: number;
  readonly #handles = new OpenFiles(MAX_OPEN_FILES);
  readonly #partitions: FilePartition[] = [];
  readonly #known = new Set<string>();
  #turn = 0;
  #nextLook: EpochMs = 0;

  constructor(input: FileSourceInput) {
    this.#input = input;
    this.#maxLineBytes = input.maxLineBytes ?? MAX_LINE_BYTES;
  }

  get #monitors(): boolean {
    return this.#input.options.monitorIntervalMs !== null;
  }

  async open(): Promise<readonly SourcePartition[]> {
    const { options } = this.#input;
    const found = findFiles(options);
    if (!found.exists && !this.#monitors) throw missingPath(options);
    this.#addAll(found.files);
    if (this.#known.size === 0 && !this.#monitors) this.#add(null, 0);
    this.#planLook();
    return this.#partitions.map((partition) => this.#describe(partition));
  }

  /** Those of the files that are to be read here. */
  #addAll(paths: readonly string[]): FilePartition[] {
    return paths.flatMap((path) => {
      const number = this.#known.size;
      this.#known.add(path);
      return isOwn(this.#input.share ?? WHOLE, placeOfFile(path)) ? [this.#add(path, number)] : [];
    });
  }

  #add(path: string | null, number: number): FilePartition {
    const start = path === null ? undefined : this.#input.startPositions?.get(path);
    const partition: FilePartition = {
      index: this.#partitions.length,
      number,
      path,
      position: Number(start ?? 0n),
      size: 0,
      read: path === null,
      finished: false,
      paused: false,
    };
    this.#partitions.push(partition);
    return partition;
  }

  #describe({ index, number, path }: FilePartition): SourcePartition {
    const { options } = this.#input;
    return { index, name: path ?? options.path, topic: options.table, partition: number };
  }

  poll(region: InputRegion, waitMs: number): PollResult {
    const events = this.#look();
    const partition = this.#next();
    if (partition === null) {
      events.push(...this.#finishRead());
      if (events.length === 0) this.#input.sleep(waitMs);
      return { rows: 0, events };
    }
    const rows = this.#read(region, partition, events);
    if (partition.read) {
      this.#handles.close(partition.path as string);
      if (this.#monitors) {
        events.push({ kind: "caught-up", partition: partition.index, position: BigInt(partition.position) });
      }
      events.push(...this.#finishRead());
    }
    return { rows, events };
  }

  /** The next partition in turn that has bytes to read. */
  #next(): FilePartition | null {
    const count = this.#partitions.length;
    for (let step = 0; step < count; step++) {
      const partition = this.#partitions[(this.#turn + step) % count] as FilePartition;
      if (partition.read || partition.paused) continue;
      this.#turn = (partition.index + 1) % count;
      return partition;
    }
    return null;
  }

  /**
   * Reports files that were read to their end. While new files may come the last one stays open: a source all of whose
   * partitions are finished would be at the end of time.
   */
  #finishRead(): SourceEvent[] {
    const open = this.#partitions.filter((partition) => !partition.finished);
    const read = open.filter((partition) => partition.read);
    if (this.#monitors && read.length === open.length) read.pop();
    for (const partition of read) partition.finished = true;
    return read.map(({ index }) => ({ kind: "finished", partition: index }));
  }

  #read(region: InputRegion, partition: FilePartition, events: SourceEvent[]): number {
    for (;;) {
      const used = this.#readBytes(region, partition);
      const final = partition.position + used >= partition.size;
      const { position } = partition;
      const split = region.splitLines({ used, final, partition: partition.index, position: BigInt(position) });
      partition.position += split.consumed;
      partition.read = final && split.consumed === used;
      if (partition.read && position > partition.size) events.push(truncated(partition));
      if (split.rows > 0 || partition.read) return split.rows;
      this.#growForLine(region, partition);
    }
  }

  /** Bytes read into the region from the partition's position; fewer than it holds only at the end of the file. */
  #readBytes(region: InputRegion, partition: FilePartition): number {
    const path = partition.path as string;
    const room = new Uint8Array(region.buffer(), region.bytes, region.bytesCapacity);
    try {
      const handle = this.#handles.handle(path);
      partition.size = fstatSync(handle).size;
      let used = 0;
      while (used < room.length && partition.position + used < partition.size) {
        const read = readSync(handle, room, used, room.length - used, partition.position + used);
        if (read === 0) partition.size = partition.position + used;
        used += read;
      }
      return used;
    } catch (cause) {
      throw new EngineError(
        `table "${this.#input.options.table}": reading "${path}" failed: ${(cause as Error).message}`,
        {
          domain: "external",
          code: "FILE-READ",
          exitCode: ExitCode.storage,
          hint: `byte ${partition.position} was to be read next`,
          cause,
        },
      );
    }
  }

  #growForLine(region: InputRegion, partition: FilePartition): void {
    const capacity = region.bytesCapacity;
    if (capacity >= this.#maxLineBytes) {
      const line = `"${partition.path}" has a line longer than ${this.#maxLineBytes} bytes at byte ${partition.position}`;
      throw new EngineError(`table "${this.#input.options.table}": ${line}`, {
        domain: "user",
        code: "LINE-TOO-LONG",
        exitCode: ExitCode.checkFailed,
        hint: "JSON files have one object a line; a pretty-printed file or an array needs one line an object",
      });
    }
    region.reserve(Math.min(capacity * 2, this.#maxLineBytes), region.rowsCapacity);
    assert(region.bytesCapacity > capacity, "a region grows when it is asked to");
  }

  /** Looks for files that came since the last look, when it is time. */
  #look(): SourceEvent[] {
    if (!this.#monitors || this.#input.clock.now() < this.#nextLook) return [];
    this.#planLook();
    const fresh = findFiles(this.#input.options).files.filter((path) => !this.#known.has(path));
    return this.#addAll(fresh).map((added) => ({ kind: "partition-added", partition: this.#describe(added) }));
  }

  #planLook(): void {
    this.#nextLook = this.#input.clock.now() + (this.#input.options.monitorIntervalMs ?? 0);
  }

  pause(partitions: readonly number[]): void {
    for (const index of partitions) this.#at(index).paused = true;
  }

  resume(partitions: readonly number[]): void {
    for (const index of partitions) this.#at(index).paused = false;
  }

  #at(index: number): FilePartition {
    const partition = this.#partitions[index];
    assert(partition !== undefined, `the file source has a partition ${index}`);
    return partition;
  }

  /** Nothing outside keeps a note: the engine's positions are enough. */
  commit(): void {}

  lag(): readonly PartitionLag[] {
    return this.#partitions.map(({ index, position, size, path }) => ({
      partition: index,
      position: BigInt(position),
      highWatermark: size === 0 && path !== null ? null : BigInt(Math.max(size, position)),
    }));
  }

  lineOf(partition: number, position: bigint): number | null {
    const { path } = this.#at(partition);
    return path === null ? null : lineAt(path, Number(position));
  }

  async close(): Promise<void> {
    this.#handles.closeAll();
  }
}

/**
 * Files that are numbered, as `part-00007.json` is, go to the readers in turn; others by their names. When a file was found says
 * nothing: readers look at different times.
 */
function placeOfFile(path: string): number {
  const digits = /(\d{1,15})\D*$/.exec(basename(path))?.[1];
  return digits === undefined ? placeOfName(path) : Number(digits);
}

function truncated(partition: FilePartition): SourceEvent {
  const message = `"${partition.path}" is shorter than the ${partition.position} bytes already read`;
  return { kind: "warning", code: "FILE-TRUNCATED", message };
}
