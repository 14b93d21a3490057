/**
 * pyarrow as the independent reader of our Arrow streams: a virtual environment under build/, made once from PyPI. Where
 * Python or the package cannot be had, `findArrowReader` says why, and the tests that need it are skipped with that reason.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../..");
const ENVIRONMENT = join(ROOT, "build/arrow-reader");
const PYTHON = join(ENVIRONMENT, "bin/python");
const PYARROW = "pyarrow==22.0.0";

/** Prints the stream as {schema: [[name, type, nullable]…], columns: {name: [text or null…]}}; every cell as text. */
const READ = `
import sys, json, pyarrow as pa
table = pa.ipc.open_stream(sys.stdin.buffer).read_all()
table.validate(full=True)
def text(v):
    s = v.as_py() if not pa.types.is_timestamp(v.type) and not pa.types.is_duration(v.type) else v.value
    return None if not v.is_valid else s.hex() if isinstance(s, bytes) else str(s)
print(json.dumps({
  "schema": [[f.name, str(f.type), f.nullable] for f in table.schema],
  "columns": {n: [text(v) for v in table.column(n)] for n in table.column_names},
}))
`;

export interface ArrowReading {
  readonly schema: readonly (readonly [string, string, boolean])[];
  readonly columns: Readonly<Record<string, readonly (string | null)[]>>;
}

export type ArrowReader = (stream: Uint8Array) => ArrowReading;

function run(command: string[], input?: Uint8Array): { ok: boolean; out: string; err: string } {
  try {
    const done = Bun.spawnSync(command, { stdin: input ?? "ignore", stdout: "pipe", stderr: "pipe", timeout: 120_000 });
    return { ok: done.success, out: done.stdout.toString(), err: done.stderr.toString() };
  } catch (error) {
    return { ok: false, out: "", err: String(error) };
  }
}

export function findArrowReader(): ArrowReader | { readonly reason: string } {
  if (!existsSync(PYTHON) || !run([PYTHON, "-c", "import pyarrow"]).ok) {
    const made = run(["python3", "-m", "venv", ENVIRONMENT]);
    if (!made.ok) return { reason: `python3 -m venv: ${lastLine(made.err)}` };
    const installed = run([PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check", PYARROW]);
    if (!installed.ok) return { reason: `pip install ${PYARROW}: ${lastLine(installed.err)}` };
  }
  return (stream) => {
    const reading = run([PYTHON, "-c", READ], stream);
    if (!reading.ok) throw new Error(`pyarrow refused the stream: ${reading.err}`);
    return JSON.parse(reading.out) as ArrowReading;
  };
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
