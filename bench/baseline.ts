/** Builds the native baselines once into build/bench and runs them; null, with one line why, where they cannot be built. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { benchFolder } from "./data.ts";

const recipes: Readonly<Record<string, readonly string[]>> = {
  simdjson: ["g++", "-O3", "-march=native", "simdjson.cpp", "-lsimdjson"],
  "hll-update": ["gcc", "-O3", "-march=native", "-ffp-contract=off", "hll-update.c", "-lm"],
  "group-by": ["gcc", "-O3", "-march=native", "group-by.c", "-lm"],
};

const buildFolder = fileURLToPath(new URL("../build/", import.meta.url));
const folder = fileURLToPath(new URL("./baselines/", import.meta.url));

/** Its standard output, trimmed. */
export async function runBaseline(name: string, args: readonly string[]): Promise<string | null> {
  const program = await build(name);
  if (program === null) return null;
  return run([program, ...args]);
}

/** A baseline in TypeScript under baselines/; its last line is JSON. */
export async function runScript(name: string, args: readonly string[]): Promise<Record<string, number>> {
  const text = await run([process.execPath, `${folder}${name}.ts`, ...args]);
  return JSON.parse(text.split("\n").at(-1) ?? "{}") as Record<string, number>;
}

/** A baseline in Python under baselines/ that needs the package of its name; null, with one line why, without it. */
export async function runPython(name: string, args: readonly string[]): Promise<string | null> {
  const own = `${benchFolder}python/bin/python`;
  const python = existsSync(own) ? own : Bun.which("python3");
  if (python === null) return leaveOut(name, "no python3");
  // -P: the script's own folder is not searched for packages.
  const found = Bun.spawn([python, "-P", "-c", `import ${name}`], { stdout: "ignore", stderr: "ignore" });
  if ((await found.exited) === 0) return run([python, "-P", `${folder}${name}.py`, ...args]);
  const install = `python3 -m venv build/bench/python && build/bench/python/bin/pip install ${name}`;
  return leaveOut(name, `Python has no ${name}: ${install}`);
}

async function build(name: string): Promise<string | null> {
  const [compiler, ...rest] = name === "consume" ? (consumerRecipe() ?? []) : (recipes[name] ?? []);
  if (name === "consume" && compiler === undefined) return leaveOut(name, "set-up has built no librdkafka");
  if (compiler === undefined) throw new Error(`no baseline "${name}"`);
  const program = `${benchFolder}${name}`;
  const source = rest.find((word) => /^[\w-]+\.c(pp)?$/.test(word)) ?? "";
  if (existsSync(program) && statSync(program).mtimeMs >= statSync(`${folder}${source}`).mtimeMs) return program;
  mkdirSync(benchFolder, { recursive: true });
  if (Bun.which(compiler) === null) return leaveOut(name, `no ${compiler}`);
  const child = Bun.spawn([compiler, "-o", program, ...rest], { cwd: folder, stderr: "pipe" });
  if ((await child.exited) === 0) return program;
  return leaveOut(name, (await new Response(child.stderr).text()).split("\n")[0] ?? "it does not compile");
}

/** The consumer is linked with the librdkafka that set-up built; null where there is none. */
function consumerRecipe(): readonly string[] | null {
  const folders = readdirSync(buildFolder).filter((folder) => folder.startsWith("librdkafka-"));
  const built = folders.map((folder) => `${buildFolder}${folder}`).find((at) => existsSync(`${at}/librdkafka.a`));
  if (built === undefined) return null;
  const { libraries } = JSON.parse(readFileSync(`${built}/link.json`, "utf8")) as { libraries: readonly string[] };
  return ["gcc", "-O3", "-march=native", `-I${built}`, "consume.c", `${built}/librdkafka.a`, ...libraries];
}

function leaveOut(name: string, why: string): null {
  console.log(`baseline ${name} left out: ${why}`);
  return null;
}

async function run(command: readonly string[]): Promise<string> {
  const child = Bun.spawn([...command], { stdout: "pipe", stderr: "inherit" });
  const text = await new Response(child.stdout).text();
  const exitCode = await child.exited;
  if (exitCode !== 0) throw new Error(`${command[0]} ended with ${exitCode}`);
  return text.trim();
}
