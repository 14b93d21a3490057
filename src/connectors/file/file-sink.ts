/**
 * Rows as lines of files in a folder. A file is written under a dot-name and gets its own name, `part-<n>.json`, by a rename
 * once its bytes are on the disk: who reads the folder sees whole files only, and a crash leaves nothing but dot-names. Numbers
 * that the folder already holds, finished or not, are never used again: several queries, and processes, may write into it.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join, resolve } from "node:path";
import type { Batch } from "../../core/batch.ts";
import { assert, EngineError, ExitCode } from "../../core/error.ts";
import type { EpochMs } from "../../core/type.ts";
import type { Clock, EncodeRows, Sink } from "../connector.ts";
import type { FileSinkOptions } from "./options.ts";

export interface FileSinkInput {
  readonly options: FileSinkOptions;
  /** Ends every row with its newline: the bytes go to the file as they are. */
  readonly encode: EncodeRows;
  readonly clock: Clock;
}

interface PartFile {
  readonly number: number;
  readonly handle: number;
  readonly openedAt: EpochMs;
  bytes: number;
}

export function createFileSink(input: FileSinkInput): Sink {
  return new FileSink(input);
}

class FileSink implements Sink {
  readonly #options: FileSinkOptions;
  readonly #encode: EncodeRows;
  readonly #clock: Clock;
  readonly #folder: string;
  #nextNumber = 0;
  #part: PartFile | null = null;

  constructor(input: FileSinkInput) {
    this.#options = input.options;
    this.#encode = input.encode;
    this.#clock = input.clock;
    this.#folder = resolve(input.options.folder);
  }

  async open(): Promise<void> {
    this.#guarded(ExitCode.configuration, () => {
      mkdirSync(this.#folder, { recursive: true });
      this.#nextNumber = nextPartNumber(readdirSync(this.#folder));
    });
  }

  write(batch: Batch): void {
    if (batch.rows === 0) return;
    assert(batch.op === null || batch.op.every((op) => op === 0), "a file takes inserts only");
    const { rows, bytes: encoded, offsets } = this.#encode(batch);
    const bytes = encoded.subarray(offsets[0], offsets[rows]);
    this.#guarded(ExitCode.storage, () => {
      if (this.#part !== null && this.#clock.now() - this.#part.openedAt >= this.#options.rollAfterMs) this.#finish();
      const part = this.#part ?? this.#begin();
      writeAll(part.handle, bytes);
      part.bytes += bytes.length;
      if (part.bytes >= this.#options.rollBytes) this.#finish();
    });
  }

  async flush(): Promise<void> {
    this.#guarded(ExitCode.storage, () => this.#finish());
  }

  /** What no flush has covered is taken away: a job that failed must not leave half a result under a finished name. */
  async close(): Promise<void> {
    const part = this.#part;
    if (part === null) return;
    this.#part = null;
    this.#guarded(ExitCode.storage, () => {
      closeSync(part.handle);
      unlinkSync(join(this.#folder, hiddenName(part.number)));
    });
  }

  #begin(): PartFile {
    for (;;) {
      const number = this.#nextNumber++;
      const handle = this.#claim(number);
      if (handle === null) continue;
      this.#part = { number, handle, openedAt: this.#clock.now(), bytes: 0 };
      return this.#part;
    }
  }

  /** The number's file; null when somebody else who writes into the folder has had the number. */
  #claim(number: number): number | null {
    const hidden = join(this.#folder, hiddenName(number));
    let handle: number;
    try {
      handle = openSync(hidden, "wx");
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "EEXIST") return null;
      throw cause;
    }
    // Who holds the dot-name alone may make the file, so one that is not there now is ours to make.
    if (!existsSync(join(this.#folder, partName(number)))) return handle;
    closeSync(handle);
    unlinkSync(hidden);
    return null;
  }

  /** The rename is durable once the folder is. */
  #finish(): void {
    const part = this.#part;
    if (part === null) return;
    this.#part = null;
    fsyncSync(part.handle);
    closeSync(part.handle);
    renameSync(join(this.#folder, hiddenName(part.number)), join(this.#folder, partName(part.number)));
    const folder = openSync(this.#folder, "r");
    fsyncSync(folder);
    closeSync(folder);
  }

  #guarded(exitCode: ExitCode, act: () => void): void {
    try {
      act();
    } catch (cause) {
      throw new EngineError(
        `table "${this.#options.table}": writing to folder "${this.#options.folder}" failed: ${(cause as Error).message}`,
        {
          domain: "external",
          code: "FILE-WRITE",
          exitCode,
          hint: "check its permissions and the room on its disk",
          cause,
        },
      );
    }
  }
}

function partName(number: number): string {
  return `part-${number}.json`;
}

function hiddenName(number: number): string {
  return `.${partName(number)}.inprogress`;
}

function nextPartNumber(names: readonly string[]): number {
  const numbers = names.map((name) => Number(/^\.?part-(\d{1,15})\./.exec(name)?.[1] ?? -1));
  return Math.max(-1, ...numbers) + 1;
}

function writeAll(handle: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
}
