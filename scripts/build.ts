/**
 * `npm run build`: one binary, `dist/millrace`, that needs nothing beside it. The kernel, the Kafka library, the engine's thread
 * and the console's page are inside. Two entries are written to build/binary/, one for each thread, which tell where the embedded
 * files are before anything else is loaded; a thread has its own environment.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

const root = join(import.meta.dir, "..");
const entries = join(root, "build/binary");
const outfile = join(root, "dist/millrace");

/** Embedded files and the variables that name them to the code that opens them. */
const assets = [
  { path: join(root, "build/kernel.wasm"), variable: "MILLRACE_KERNEL", without: null },
  {
    path: join(root, "build/libmillrace-kafka.so"),
    variable: "MILLRACE_KAFKA_LIBRARY",
    without: "without the Kafka library (npm run setup says why): the kafka connector will not open",
  },
];

function writeEntries(): void {
  mkdirSync(entries, { recursive: true });
  const lines: string[] = [];
  for (const [index, { path, variable, without }] of assets.entries()) {
    if (!existsSync(path)) {
      if (without === null) throw new Error(`"${relative(root, path)}" is missing: run npm run setup`);
      console.log(without);
      continue;
    }
    lines.push(`import asset${index} from ${JSON.stringify(relative(entries, path))} with { type: "file" };`);
    lines.push(`process.env.${variable} ??= asset${index};`);
  }
  writeFileSync(join(entries, "assets.ts"), `${lines.join("\n")}\n`);
  writeFileSync(join(entries, "main.ts"), 'import "./assets.ts";\nimport "../../src/main.ts";\n');
  writeFileSync(join(entries, "worker.ts"), 'import "./assets.ts";\nimport "../../src/engine/worker.ts";\n');
}

async function compile(): Promise<void> {
  const built = await Bun.build({
    entrypoints: [join(entries, "main.ts"), join(entries, "worker.ts")],
    compile: { outfile },
    target: "bun",
    minify: { syntax: true, whitespace: true, identifiers: false },
    sourcemap: "none",
  });
  for (const message of built.logs) console.error(String(message));
  if (!built.success) throw new Error("the bundle was not built");
}

/** Runs it where it has nothing but itself. */
function tryOut(): string {
  const folder = mkdtempSync(join(tmpdir(), "millrace-build-"));
  try {
    const run = Bun.spawnSync([outfile, "version"], { cwd: folder, env: {} });
    if (!run.success) throw new Error(`the binary does not start: ${run.stderr.toString()}`);
    return run.stdout.toString().trim();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

writeEntries();
await compile();
const megabytes = (statSync(outfile).size / 2 ** 20).toFixed(0);
console.log(`dist/millrace: ${tryOut()}, ${megabytes} MB`);
