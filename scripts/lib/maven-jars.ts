/**
 * Jars of one pom.xml, fetched once through Maven into .cache/ and compared with the SHA-256 sums in the jars.sha256 beside
 * it, every time they are used: nothing runs that is not the file we have seen.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";

export class MavenJars {
  readonly #pom: string;
  readonly #sums: string;
  /** Named by the sums: another list is another folder. */
  readonly #folder: string;

  /** `folder` holds pom.xml and jars.sha256; its name is the cache's. */
  constructor(folder: string) {
    const cache = join(import.meta.dir, "..", "..", ".cache", basename(folder));
    this.#pom = join(folder, "pom.xml");
    const sums = readFileSync(join(folder, "jars.sha256"));
    this.#sums = sums.toString("utf8");
    this.#folder = join(cache, sha256(sums).slice(0, 16));
  }

  have(): boolean {
    return existsSync(this.#folder);
  }

  /** The folder of the jars. Throws with the reason when they cannot be had. */
  async fetch(): Promise<string> {
    if (!this.have()) await this.#download();
    const problem = compare(this.#folder, this.#sums);
    if (problem === null) return this.#folder;
    throw new Error(`${problem}; remove ${this.#folder} to fetch the jars again`);
  }

  async #download(): Promise<void> {
    const folder = this.#folder;
    mkdirSync(join(folder, ".."), { recursive: true });
    const temporary = `${folder}.${process.pid}.tmp`;
    const maven = Bun.spawn(
      [
        ...["mvn", "--batch-mode", "--quiet", "-f", this.#pom, "dependency:copy-dependencies"],
        ...["-DincludeScope=runtime", `-DoutputDirectory=${temporary}`],
      ],
      { stdout: "pipe", stderr: "pipe", stdin: "ignore" },
    );
    const said = await new Response(maven.stdout).text();
    if ((await maven.exited) !== 0) throw new Error(`maven cannot fetch the jars:\n${said.trim().slice(-2000)}`);
    const problem = compare(temporary, this.#sums);
    if (problem !== null) {
      rmSync(temporary, { recursive: true, force: true });
      throw new Error(problem);
    }
    try {
      renameSync(temporary, folder);
    } catch (error) {
      // Another process was first; its files have the same sums.
      rmSync(temporary, { recursive: true, force: true });
      if (!this.have()) throw error;
    }
  }
}

/** Null when the folder holds exactly the jars of the list. */
function compare(path: string, sums: string): string | null {
  const wanted = new Map<string, string>();
  for (const line of sums.split("\n")) {
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
