/** The process as commands see it: two outputs, standard input, files to read, the clock and interrupts. Tests hand in their own. */
import type { EngineError } from "../core/error.ts";
import type { EpochMs } from "../core/type.ts";

export interface TextOutput {
  write(text: string): void;
  readonly isTerminal: boolean;
  /** Characters in a line; 80 where there is no terminal to ask. */
  readonly columns: number;
}

export interface CliIo {
  readonly stdout: TextOutput;
  readonly stderr: TextOutput;
  /** All of standard input. */
  readStdin(): Promise<string>;
  /** Pieces of a file, or of standard input for `-`. Throws the system's error. */
  readBytes(path: string): AsyncIterable<Uint8Array>;
  /** Throws the system's error. */
  readText(path: string): Promise<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  now(): EpochMs;
  /** 0 lets timers, signals and I/O have their turn. */
  sleep(ms: number): Promise<void>;
  /** Calls back every `ms` until the returned function is called. */
  every(ms: number, act: () => void): () => void;
  /** Ctrl-C, SIGTERM and a terminal that is closed, until the returned function is called. */
  onInterrupt(act: () => void): () => void;
  /**
   * Standard output takes no more: nobody reads it (`| head`, null) or its disk is full (the error to tell, exit code 73).
   * Who does not listen is ended with that error.
   */
  onOutputClosed(act: (fault: EngineError | null) => void): () => void;
  /** Leaves at once. */
  exit(code: number): void;
}

/** NO_COLOR (no-color.org) wins over everything; else colours go to terminals only. */
export function usesColor(io: CliIo, output: TextOutput): boolean {
  const { NO_COLOR, TERM } = io.env;
  if (NO_COLOR !== undefined && NO_COLOR !== "") return false;
  return output.isTerminal && TERM !== "dumb";
}
