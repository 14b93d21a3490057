/**
 * Apache Kafka's jars, fetched once through Maven into .cache/kafka/ and compared with the SHA-256 sums in jars.sha256, every
 * time they are used: nothing runs that is not the file we have seen.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

const here = import.meta.dir;
const cache = join(here, "..", "..", ".cache", "kafka");
const sumsPath = join(here, "jars.sha256");
/** Named by the sums: another list is another folder. */
const folder = join(cache, sha256(readFileSync(sumsPath)).slice(0, 16));

export function haveJars(): boolean {
  return existsSync(folder);
}

/** The folder of the jars. Throws with the reason when they cannot be had. */
export async function fetchJars(): Promise<string> {
  if (!haveJars()) await download();
  const problem = compare(folder);
  if (problem === null) return folder;
  throw new Error(`${problem}; remove ${folder} to fetch the jars again`);
}

async function download(): Promise<void> {
  mkdirSync(cache, { recursive: true });
  const temporary = `${folder}.${process.pid}.tmp`;
  const maven = Bun.spawn(
    [
      ...["mvn", "--batch-mode", "--quiet", "-f", join(here, "pom.xml"), "dependency:copy-dependencies"],
      ...["-DincludeScope=runtime", `-DoutputDirectory=${temporary}`],
    ],
    { stdout: "pipe", stderr: "pipe", stdin: "ignore" },
  );
  const said = await new Response(maven.stdout).text();
  if ((await maven.exited) !== 0) throw new Error(`maven cannot fetch Apache Kafka:\n${said.trim().slice(-2000)}`);
  const problem = compare(temporary);
  if (problem !== null) {
    rmSync(temporary, { recursive: true, force: true });
    throw new Error(problem);
  }
  try {
    renameSync(temporary, folder);
  } catch (error) {
    // Another process was first; its files have the same sums.
    rmSync(temporary, { recursive: true, force: true });
    if (!haveJars()) throw error;
  }
}

/** Null when the folder holds exactly the jars of the list. */
function compare(path: string): string | null {
  const wanted = new Map<string, string>();
  for (const line of readFileSync(sumsPath, "utf8").split("\n")) {
    const match = /^([0-9a-f]{64}) {2}(\S+)$/.exec(line);
    if (match !== null) wanted.set(match[2] as string, match[1] as string);
  }
  for (const name of readdirSync(path)) {
    const sum = wanted.get(name);
    if (sum === undefined) return `"${name}" is not in jars.sha256`;
    if (sha256(readFileSync(join(path, name))) !== sum) return `"${name}" is not the file in jars.sha256`;
    wanted.delete(name);
  }
  const [missing] = wanted.keys();
  return missing === undefined ? null : `"${missing}" is missing`;
}

function sha256(bytes: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
}
