// Reads the words of an encoded program (src/kernel/encode-program.ts writes them). Everything is 4-byte aligned, blobs and
// 64-bit words 8-byte aligned. Reading past the end is our bug: it stops the kernel with STATUS_PROGRAM.

import { fail } from "../memory/fail";
import { registerCount } from "../memory/registers";
import { STATUS_PROGRAM } from "../shared/abi";
import { INS_BYTES } from "../shared/layout";

let cursor: usize = 0;
let end: usize = 0;

export function openReader(address: usize, length: u32): void {
  cursor = address;
  end = address + length;
}

function take(bytes: usize): usize {
  if (bytes > end - cursor) fail(STATUS_PROGRAM);
  const at: usize = cursor;
  cursor += bytes;
  return at;
}

function align(): void {
  cursor = (cursor + 7) & ~7;
  if (cursor > end) fail(STATUS_PROGRAM);
}

export function readWord(): u32 {
  return load<u32>(take(4));
}

export function readLong(): i64 {
  align();
  return load<i64>(take(8));
}

/** Address of `bytes` bytes inside the program, which stays where it is while it is loaded. */
export function readBytes(bytes: u32): usize {
  align();
  const at: usize = take(bytes);
  align();
  return at;
}

export function requireProgram(condition: bool): void {
  if (!condition) fail(STATUS_PROGRAM);
}

/** Register numbers are checked once, here. */
export function readRegister(): u32 {
  const register: u32 = readWord();
  requireProgram(register < registerCount());
  return register;
}

/** Register + 1, or 0 for none. */
export function readOptionalRegister(): u32 {
  const register: u32 = readWord();
  requireProgram(register <= registerCount());
  return register;
}

/** Stores the address of an instruction list and its length. */
export function readCode(address: usize, count: usize): void {
  const instructions: u32 = readWord();
  store<u32>(count, instructions);
  store<u32>(address, <u32>readBytes(instructions * INS_BYTES));
}
