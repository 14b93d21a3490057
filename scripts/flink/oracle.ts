/** Apache Flink in a process of its own, which runs SQL for tests: one small cluster for all questions, gone with `stop()`. */
import { join } from "node:path";
import { MavenJars } from "../lib/maven-jars.ts";

const jars = new MavenJars(import.meta.dir);
const HEAP = "-Xmx1500m";
const OPENED = ["lang", "net", "nio", "time", "util", "util.concurrent"];
const START_MS = 60_000;

export interface FlinkQuestion {
  /** DDL, a statement each. */
  readonly declare: readonly string[];
  readonly query: string;
}

export type FlinkChange = "+I" | "-U" | "+U" | "-D";

export interface FlinkRows {
  readonly types: readonly string[];
  /** Cells as plain text: times as nanoseconds, milliseconds or days of the epoch, bytes as hex. */
  readonly rows: readonly (readonly [FlinkChange, ...(string | null)[]])[];
}

export type FlinkAnswer = FlinkRows | { readonly error: string };

/** Null = it can run here. */
export function whyNoFlink(): string | null {
  if (Bun.which("javac") === null) return "no javac in PATH (Debian: default-jdk-headless)";
  if (!jars.have() && Bun.which("mvn") === null) return "no mvn in PATH (Debian: maven)";
  return null;
}

export class FlinkOracle {
  readonly #child: Bun.Subprocess<"pipe", "pipe", "pipe">;
  readonly #lines: AsyncGenerator<string>;

  private constructor(child: Bun.Subprocess<"pipe", "pipe", "pipe">) {
    this.#child = child;
    this.#lines = linesOf(child.stdout);
  }

  static async start(): Promise<FlinkOracle> {
    const folder = await jars.fetch();
    const opened = OPENED.map((name) => `--add-opens=java.base/java.${name}=ALL-UNNAMED`);
    const program = join(import.meta.dir, "FlinkOracle.java");
    const child = Bun.spawn(
      ["java", HEAP, "-XX:+UseSerialGC", ...opened, "-Duser.timezone=UTC", "-cp", join(folder, "*"), program],
      { stdin: "pipe", stdout: "pipe", stderr: "pipe" },
    );
    process.once("exit", () => child.kill("SIGKILL"));
    const oracle = new FlinkOracle(child);
    const timer = setTimeout(() => child.kill("SIGKILL"), START_MS);
    const first = await oracle.#lines.next();
    clearTimeout(timer);
    if (first.value === "ready") return oracle;
    throw new Error(`flink did not start:\n${(await new Response(child.stderr).text()).slice(-2000)}`);
  }

  /** One question at a time. */
  async ask(question: FlinkQuestion): Promise<FlinkAnswer> {
    this.#child.stdin.write(`${JSON.stringify(question)}\n`);
    this.#child.stdin.flush();
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error(`flink ended:\n${(await new Response(this.#child.stderr).text()).slice(-2000)}`);
    return JSON.parse(value) as FlinkAnswer;
  }

  async stop(): Promise<void> {
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 10_000);
    await this.#child.exited;
    clearTimeout(timer);
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}
