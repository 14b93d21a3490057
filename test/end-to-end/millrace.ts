/**
 * The command line as a child process, as a person or a script starts it, and the scripts the tests here share. Nothing of the
 * engine is imported: what is seen is text, exit codes and HTTP.
 */
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

export interface Ended {
  readonly out: string;
  readonly err: string;
  readonly code: number;
}

/** A process of ours: its standard error is gathered while it runs, so that a test can wait for a word of it. */
export class Running {
  readonly process: Bun.Subprocess<"pipe", "pipe", "pipe">;
  readonly #out: Gathered;
  readonly #err: Gathered;

  constructor(args: readonly string[], cwd: string = root) {
    this.process = Bun.spawn([process.execPath, main, ...args], {
      cwd,
      env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", TMPDIR: process.env.TMPDIR ?? "/tmp" },
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
    });
    this.#out = new Gathered(this.process.stdout);
    this.#err = new Gathered(this.process.stderr);
  }

  input(text: string): this {
    this.process.stdin.write(text);
    this.process.stdin.end();
    return this;
  }

  /** The first group of `pattern` on standard error, once it is there; fails with everything said when the process ends without. */
  async says(pattern: RegExp): Promise<string> {
    return (await this.#err.until(pattern))[1] ?? "";
  }

  /** The same of standard output. */
  async prints(pattern: RegExp): Promise<string> {
    return (await this.#out.until(pattern))[1] ?? "";
  }

  async ended(): Promise<Ended> {
    const code = await this.process.exited;
    return { out: await this.#out.all, err: await this.#err.all, code };
  }

  /** Ends it for good, whatever a test left it in. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill("SIGKILL");
    await this.process.exited;
  }
}

class Gathered {
  readonly all: Promise<string>;
  #text = "";
  #ended = false;
  #changed = Promise.withResolvers<void>();

  constructor(stream: ReadableStream<Uint8Array>) {
    this.all = this.#gather(stream);
  }

  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.#text);
      if (found !== null) return found;
      if (this.#ended) throw new Error(`the process ended without saying ${pattern}; it said: ${this.#text}`);
      await this.#changed.promise;
    }
  }

  async #gather(stream: ReadableStream<Uint8Array>): Promise<string> {
    const decoder = new TextDecoder();
    for await (const piece of stream) {
      this.#text += decoder.decode(piece, { stream: true });
      this.#tell();
    }
    this.#ended = true;
    this.#tell();
    return this.#text;
  }

  #tell(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers<void>();
    resolve();
  }
}

/** Runs to the end. */
export async function millrace(args: readonly string[], input = ""): Promise<Ended> {
  await using running = new Running(args).input(input);
  return await running.ended();
}

/** Runs a script given on standard input. */
export function runSql(sql: string, ...flags: readonly string[]): Promise<Ended> {
  return millrace(["run", "-", ...flags], sql);
}

/** One JSON value a line. */
export function jsonLines(text: string): unknown[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

/** What `--json` says last on standard error. */
export function lastSummary({ err }: Ended): Record<string, unknown> {
  const last = jsonLines(err).at(-1) as { ended?: Record<string, unknown> };
  if (last?.ended === undefined) throw new Error(`no summary in: ${err}`);
  return last.ended;
}

/** The object of a `--json` error, which is all of standard error. */
export function jsonErrors({ err }: Ended): Record<string, unknown>[] {
  return jsonLines(err).map((line) => (line as { error: Record<string, unknown> }).error);
}

/** A table of JSON lines in a file; `options` are more lines of WITH. */
export function fileTable(name: string, columns: string, options: Readonly<Record<string, string>>): string {
  return tableOf(name, columns, { connector: "filesystem", format: "json", ...options });
}

export function tableOf(name: string, columns: string, options: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(options).map(([key, value]) => `'${key}' = '${value}'`);
  return `CREATE TABLE ${name} (${columns}) WITH (${pairs.join(", ")});\n`;
}

export function toLines(rows: readonly unknown[]): string {
  return rows.map((row) => `${typeof row === "string" ? row : JSON.stringify(row)}\n`).join("");
}
