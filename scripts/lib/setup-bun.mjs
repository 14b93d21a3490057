/**
 * Bun from npm: its package carries a placeholder until its install script has run, and install scripts are off here. The
 * placeholder is tiny, the program is not.
 */
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { run, tailOf } from "./run.mjs";
import { buildFolder, hashOf, root } from "./stamp.mjs";

const packageFolder = join(root, "node_modules", "bun");
const PROGRAM_BYTES = 1 << 20;

function programSize() {
  try {
    return statSync(join(packageFolder, "bin", "bun.exe")).size;
  } catch {
    return 0;
  }
}

export const bunStep = {
  name: "bun",
  hash: () => hashOf({ paths: [join(packageFolder, "package.json")] }),
  isUsable: (stamp) => stamp.failed !== true && (stamp.external === true || programSize() > PROGRAM_BYTES),
  isRequired: () => true,
  async run(progress) {
    if (programSize() > PROGRAM_BYTES) return { notice: null };
    const log = join(buildFolder, "bun-install.log");
    rmSync(log, { force: true });
    progress.start("bun");
    const code = await run(process.execPath, ["install.js"], { cwd: packageFolder, log, onLine: progress.detail });
    if (code === 0 && programSize() > PROGRAM_BYTES) {
      progress.done("ready");
      return { notice: null };
    }
    progress.done("failed");
    if (process.versions.bun !== undefined) return { external: true, notice: null };
    return { failed: true, notice: `bun: node_modules/bun/install.js failed; run npm install first\n${tailOf(log)}` };
  },
};
