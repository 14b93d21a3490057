/**
 * Kernel bytes to a running kernel: its own memory and a clock to measure by, which is all the module imports. No I/O: the caller brings the bytes.
 */
import { instantiateSync } from "@assemblyscript/loader";
import { ABI_VERSION } from "../../assembly/shared/abi.ts";
import { EngineError } from "../core/error.ts";
import { Kernel, type KernelExports, type KernelOptions } from "./kernel.ts";
import { KernelMemory } from "./memory.ts";

/** Throws EngineError when the bytes are no kernel of this version. */
export function loadKernel(bytes: Uint8Array, options: KernelOptions = {}): Kernel {
  const memory = new KernelMemory();
  const exports = instantiate(bytes, memory, options.now ?? (() => 0));
  if (exports.abiVersion() !== ABI_VERSION) throw notAKernel("was built from another version of the source");
  return new Kernel(exports, memory, options);
}

function instantiate(bytes: Uint8Array, memory: KernelMemory, now: () => number): KernelExports {
  try {
    const source = new Uint8Array(bytes).buffer;
    return instantiateSync(source, { env: { memory: memory.memory }, measure: { now } })
      .exports as unknown as KernelExports;
  } catch (cause) {
    throw notAKernel("does not start", cause);
  }
}

function notAKernel(what: string, cause?: unknown): EngineError {
  return new EngineError(`the kernel module "kernel.wasm" ${what}`, {
    domain: "internal",
    code: "KERNEL-MODULE",
    hint: "run `npm run build` to build it anew",
    cause,
  });
}
