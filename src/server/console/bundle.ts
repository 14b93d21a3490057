/**
 * A Bun macro: runs while `assets.ts` is transpiled or compiled, and leaves the console's page, script and style behind as
 * text. So the binary carries them and needs no files, and the source tree needs no build step.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface ConsoleBundle {
  readonly html: string;
  readonly script: string;
  readonly style: string;
}

export function bundleConsole(): ConsoleBundle {
  const here = import.meta.dir;
  const root = join(here, "../../..");
  const entry = join(here, "main.ts");
  const build = Bun.spawnSync([process.execPath, "build", entry, "--minify", "--target=browser", "--format=esm"], {
    cwd: root,
    env: { ...process.env, BUN_BE_BUN: "1" },
    stdout: "pipe",
    stderr: "pipe",
  });
  if (!build.success) throw new Error(`the console does not bundle: ${build.stderr.toString()}`);
  const ours = ["style.css", "chart.css"].map((name) => join(here, name));
  const styles = [join(root, "node_modules/uplot/dist/uPlot.min.css"), ...ours];
  const read = (path: string): string => readFileSync(path, "utf8");
  return {
    html: read(join(here, "index.html")),
    script: build.stdout.toString(),
    style: styles.map(read).join(""),
  };
}
