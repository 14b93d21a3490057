/** The WebAssembly kernel: AssemblyScript's compiler over assembly/, as asconfig.json says, into build/kernel.wasm. */
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run, tailOf } from "./run.mjs";
import { buildFolder, hashOf, root } from "./stamp.mjs";

const output = join(buildFolder, "kernel.wasm");
const compiler = join(root, "node_modules", "assemblyscript");

export const kernelStep = {
  name: "kernel",
  hash: () => hashOf({ paths: [join(root, "assembly"), join(root, "asconfig.json"), join(compiler, "package.json")] }),
  isUsable: (stamp) => stamp.failed !== true && existsSync(output),
  isRequired: () => true,
  async run(progress) {
    const log = join(buildFolder, "kernel.log");
    const folder = join(buildFolder, `kernel.${process.pid}.tmp`);
    rmSync(log, { force: true });
    mkdirSync(folder, { recursive: true });
    progress.start("kernel");
    const made = join(folder, "kernel.wasm");
    const args = [join(compiler, "bin", "asc.js"), "--target", "release", "--outFile", made];
    const code = await run(process.execPath, args, { cwd: root, log, onLine: progress.detail });
    if (code === 0 && existsSync(made)) {
      renameSync(made, output);
      rmSync(folder, { recursive: true, force: true });
      progress.done("compiled");
      return { notice: null };
    }
    rmSync(folder, { recursive: true, force: true });
    progress.done("failed");
    return { failed: true, notice: `kernel: asc failed (whole log: ${log})\n${tailOf(log)}` };
  },
};
