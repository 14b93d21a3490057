/** Files the engine needs beside its code, found the same way in a checkout and inside the compiled binary. */
import { EngineError, ExitCode } from "../core/error.ts";

/**
 * The kernel's bytes: `MILLRACE_KERNEL` (a path; the compiled binary's entry sets it to its embedded copy), else build/ of the
 * checkout. Throws EngineError where set-up has not run.
 */
export async function readKernel(): Promise<Uint8Array> {
  const file = Bun.file(process.env.MILLRACE_KERNEL ?? new URL("../../build/kernel.wasm", import.meta.url));
  if (await file.exists()) return file.bytes();
  throw new EngineError('the kernel "build/kernel.wasm" is not built', {
    domain: "user",
    code: "NOT-SET-UP",
    exitCode: ExitCode.configuration,
    hint: "run npm run setup",
  });
}

export function engineWorkerUrl(): URL {
  return new URL("./worker.ts", import.meta.url);
}
