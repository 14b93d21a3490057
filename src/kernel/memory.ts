/**
 * The one file that touches WebAssembly memory. Views are made anew whenever the memory has grown, since growing detaches
 * the buffer; nothing here keeps an address longer than a call. All numbers are little-endian.
 */
import { CONTROL } from "../../assembly/shared/abi.ts";

const WASM_PAGE_BYTES = 65_536;
/** What the module itself asks for (asconfig.json). */
const INITIAL_PAGES = 64;
const MAXIMUM_PAGES = 65_536;

export class KernelMemory {
  readonly memory: WebAssembly.Memory;
  #buffer: ArrayBuffer;
  #bytes: Uint8Array;
  #view: DataView;

  constructor() {
    this.memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: MAXIMUM_PAGES });
    this.#buffer = this.memory.buffer as ArrayBuffer;
    this.#bytes = new Uint8Array(this.#buffer);
    this.#view = new DataView(this.#buffer);
  }

  /** The whole memory as it is now; detached by the next growth. */
  buffer(): ArrayBuffer {
    if (this.memory.buffer !== this.#buffer) this.#renew();
    return this.#buffer;
  }

  get byteLength(): number {
    return this.memory.buffer.byteLength;
  }

  get mostBytes(): number {
    return MAXIMUM_PAGES * WASM_PAGE_BYTES;
  }

  u32(address: number): number {
    return this.#current().getUint32(address, true);
  }

  i32(address: number): number {
    return this.#current().getInt32(address, true);
  }

  i64(address: number): bigint {
    return this.#current().getBigInt64(address, true);
  }

  setU32(address: number, value: number): void {
    this.#current().setUint32(address, value, true);
  }

  /** A 64-bit argument or result of a kernel call. */
  control(offset: number): bigint {
    return this.i64(CONTROL + offset);
  }

  setControl(offset: number, value: bigint): void {
    this.#current().setBigInt64(CONTROL + offset, value, true);
  }

  /** A copy, owned by the caller. */
  copyOut(address: number, length: number): Uint8Array {
    this.buffer();
    return this.#bytes.slice(address, address + length);
  }

  copyIn(address: number, bytes: Uint8Array): void {
    this.buffer();
    this.#bytes.set(bytes, address);
  }

  #current(): DataView {
    if (this.memory.buffer !== this.#buffer) this.#renew();
    return this.#view;
  }

  #renew(): void {
    this.#buffer = this.memory.buffer as ArrayBuffer;
    this.#bytes = new Uint8Array(this.#buffer);
    this.#view = new DataView(this.#buffer);
  }
}
