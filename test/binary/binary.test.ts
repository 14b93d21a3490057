/** The single binary, built and run where there is nothing but itself: no node_modules, no environment. */
import { beforeAll, describe, expect, test } from "bun:test";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { TemporaryFolder } from "../connectors/file/temporary-folder.ts";

const root = join(import.meta.dir, "../..");
const binary = join(root, "dist/millrace");

beforeAll(() => {
  rmSync(binary, { force: true });
  const build = Bun.spawnSync([process.execPath, join(root, "scripts/build.ts")], { cwd: root });
  if (!build.success) throw new Error(build.stderr.toString());
}, 120_000);

function start(folder: TemporaryFolder, args: readonly string[]) {
  return Bun.spawn([binary, ...args], { cwd: folder.path, env: {}, stdout: "pipe", stderr: "pipe" });
}

describe("dist/millrace", () => {
  test("is there", () => {
    expect(existsSync(binary)).toBe(true);
  });

  test("checks a script", async () => {
    using folder = new TemporaryFolder();
    folder.write("wrong.sql", "SELECT 1 FORM t;");
    const running = start(folder, ["check", "wrong.sql"]);
    const [err, code] = await Promise.all([new Response(running.stderr).text(), running.exited]);
    expect(code).toBe(1);
    expect(err).toContain("wrong.sql:1:");
  });

  test("runs the demo with its own kernel, thread, server and page, and prints windows", async () => {
    using folder = new TemporaryFolder();
    const running = start(folder, ["demo", "--port", "0", "--json"]);
    const errors = lines(running.stderr);
    const { value: serving } = await errors.next();
    const url = (JSON.parse(serving as string) as { serving: string }).serving;
    expect(await (await fetch(`${url}/livez`)).text()).toContain("ok");
    expect(await (await fetch(url)).text()).toStartWith("<!doctype html>");
    const rows = lines(running.stdout);
    const { value: row } = await rows.next();
    expect(Object.keys(JSON.parse(row as string) as object)).toEqual([
      "window_start",
      "page",
      "clicks",
      "users",
      "users_approx",
    ]);
    running.kill("SIGINT");
    for await (const _ of rows);
    expect(await running.exited).toBe(0);
  }, 30_000);
});

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of stream) {
    const parts = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = parts.pop() as string;
    yield* parts;
  }
}
