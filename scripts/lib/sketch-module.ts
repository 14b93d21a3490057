/**
 * The kernel's sketches alone, for tests and benchmarks: assembly/sketch/workbench.ts compiled as asconfig.json compiles the
 * kernel, kept in build/ under the hash of its sources. Addresses are byte positions in the module's memory.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { instantiateSync } from "@assemblyscript/loader";

const root = fileURLToPath(new URL("../../", import.meta.url));
const buildFolder = `${root}build/`;
/** What the entry is made of. */
const folders = ["sketch", "memory", "shared"];
const INITIAL_PAGES = 64;
const MAXIMUM_PAGES = 65_536;

/** The functions of assembly/sketch/workbench.ts. A slot is 8 bytes; zeroed, it is an empty sketch. */
interface SketchExports {
  room(bytes: number): number;
  used(): number;
  hashLongs(values: number, coupons: number, count: number): void;
  add(slot: number, coupons: number, count: number, lgK: number): void;
  addRange(slot: number, first: number, count: number, lgK: number): void;
  mergeAll(to: number, from: number, count: number, lgK: number): void;
  copyAll(to: number, from: number, count: number, bytes: number): void;
  estimate(slot: number, lgK: number): number;
  estimateAll(slots: number, count: number, lgK: number): number;
  image(slot: number, lgK: number, to: number): number;
  clear(slot: number): void;
}

export interface SketchModule extends SketchExports {
  readonly memory: WebAssembly.Memory;
}

export async function loadSketchModule(): Promise<SketchModule> {
  const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: MAXIMUM_PAGES });
  const bytes = new Uint8Array(readFileSync(await compiled())).buffer;
  const exports = instantiateSync(bytes, { env: { memory } }).exports as unknown as SketchExports;
  return Object.assign(Object.create(exports) as SketchExports, { memory });
}

async function compiled(): Promise<string> {
  const output = `${buildFolder}sketch-${sourceHash()}.wasm`;
  if (existsSync(output)) return output;
  mkdirSync(buildFolder, { recursive: true });
  const made = `${output}.${process.pid}.wasm`;
  // Run inside assembly/, where no asconfig.json adds the kernel's own entry.
  const compiler = [`${root}node_modules/assemblyscript/bin/asc.js`, "sketch/workbench.ts", "--outFile", made];
  const child = Bun.spawn([process.execPath, ...compiler, ...compilerFlags()], {
    cwd: `${root}assembly`,
    stdout: "pipe",
    stderr: "pipe",
  });
  const text = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw new Error(`assembly/sketch/workbench.ts does not compile\n${text}`);
  renameSync(made, output);
  return output;
}

/** The kernel's options of asconfig.json as asc's command line takes them. */
function compilerFlags(): string[] {
  const config = JSON.parse(readFileSync(`${root}asconfig.json`, "utf8")) as { options: Record<string, unknown> };
  return Object.entries(config.options).flatMap(([name, value]) => {
    if (value === false) return [];
    if (value === true) return [`--${name}`];
    return [`--${name}`, Array.isArray(value) ? value.join(",") : String(value)];
  });
}

function sourceHash(): string {
  const hash = new Bun.CryptoHasher("sha256");
  for (const folder of folders)
    for (const name of readdirSync(`${root}assembly/${folder}`).sort())
      hash.update(name).update(readFileSync(`${root}assembly/${folder}/${name}`));
  return hash
    .update(readFileSync(`${root}asconfig.json`))
    .digest("hex")
    .slice(0, 16);
}
