/** The real process behind `CliIo`. */
import { createReadStream, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { EngineError, ExitCode } from "../core/error.ts";
import type { CliIo, TextOutput } from "./io.ts";

export function processIo(): CliIo {
  const closed = new Set<(fault: EngineError | null) => void>();
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    const fault = error.code === "EPIPE" ? null : outputError(error);
    for (const act of closed) act(fault);
    if (fault === null || closed.size > 0) return;
    process.stderr.write(`error[${fault.code}]: ${fault.message}\nhint: ${fault.hint}\n`);
    process.exit(fault.exitCode);
  });
  // Where there is nobody to tell, nothing is told; the exit code still says it.
  process.stderr.on("error", () => {});
  return {
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    readStdin: () => Bun.stdin.text(),
    readBytes: (path) => (path === "-" ? Bun.stdin.stream() : createReadStream(path, { highWaterMark: 1 << 20 })),
    readText: (path) => readFile(path, "utf8"),
    env: process.env,
    now: Date.now,
    sleep: (ms) => (ms > 0 ? Bun.sleep(ms) : new Promise((resolve) => setImmediate(resolve))),
    every(ms, act) {
      const timer = setInterval(act, ms);
      return () => clearInterval(timer);
    },
    onInterrupt(act) {
      const signals: readonly NodeJS.Signals[] = outlivesTerminal()
        ? ["SIGINT", "SIGTERM"]
        : ["SIGINT", "SIGTERM", "SIGHUP"];
      for (const signal of signals) process.on(signal, act);
      return () => {
        for (const signal of signals) process.off(signal, act);
      };
    },
    onOutputClosed(act) {
      closed.add(act);
      return () => closed.delete(act);
    },
    exit: (code) => process.exit(code),
  };
}

function outputError(cause: NodeJS.ErrnoException): EngineError {
  const why = cause.code === "ENOSPC" ? "no space is left on its disk" : cause.message;
  return new EngineError(`standard output takes no more: ${why}`, {
    domain: "external",
    code: "OUTPUT",
    exitCode: ExitCode.storage,
    hint: "make room, or send the rows elsewhere",
    cause,
  });
}

/** `nohup` has SIGHUP ignored, and a handler of ours would undo that. Bit 0 of the mask is signal 1. */
function outlivesTerminal(): boolean {
  try {
    const ignored = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
    return (BigInt(`0x${ignored}`) & 1n) === 1n;
  } catch {
    return false;
  }
}

function outputOf(stream: NodeJS.WriteStream): TextOutput {
  return {
    write: (text) => void stream.write(text),
    get isTerminal() {
      return stream.isTTY === true;
    },
    get columns() {
      return stream.columns ?? 80;
    },
  };
}
