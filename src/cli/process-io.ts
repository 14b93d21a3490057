/** The real process behind `CliIo`. */
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import type { CliIo, TextOutput } from "./io.ts";

export function processIo(): CliIo {
  const closed = new Set<() => void>();
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    for (const act of closed) act();
  });
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
      process.on("SIGINT", act);
      process.on("SIGTERM", act);
      return () => {
        process.off("SIGINT", act);
        process.off("SIGTERM", act);
      };
    },
    onOutputClosed(act) {
      closed.add(act);
      return () => closed.delete(act);
    },
    exit: (code) => process.exit(code),
  };
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
