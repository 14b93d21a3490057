/** Runs a program without a shell, its output going to a log file and, line by line, to a callback. */
import { spawn } from "node:child_process";
import { accessSync, appendFileSync, constants, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Resolves to the exit code; 127 when the program cannot be started. */
export function run(program, args, { cwd, log, onLine = () => {}, env = process.env }) {
  appendFileSync(log, `\n$ ${[program, ...args].join(" ")}\n`);
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    const take = (chunk) => {
      appendFileSync(log, chunk);
      const line = chunk.toString("utf8").trimEnd().split("\n").at(-1);
      if (line) onLine(line);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("error", (error) => {
      appendFileSync(log, `${error.message}\n`);
      resolve(127);
    });
    child.on("close", (code) => resolve(code ?? 1));
  });
}

/** The last lines of a log, for a failure's report. */
export function tailOf(path, lines = 20) {
  try {
    return readFileSync(path, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
  } catch {
    return "";
  }
}

/** The first of the programs found in PATH, or null. */
export function findProgram(names) {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  for (const name of names) {
    if (!name) continue;
    for (const path of name.includes("/") ? [name] : folders.map((folder) => join(folder, name))) {
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {}
    }
  }
  return null;
}
