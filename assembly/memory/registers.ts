// The register file: one descriptor a register (shared/layout.ts), each with its own VECTOR_ROWS values and, right behind
// them, VECTOR_ROWS validity bytes. A descriptor may be pointed at another register's values (an alias) and back.
import {
  PHYS_BOOL,
  PHYS_DEC,
  REG_BYTES,
  REG_OWN,
  REG_TYPE,
  REG_VALIDITY,
  REG_VALUES,
  SLACK_BYTES,
  VECTOR_ROWS,
} from "../shared/layout";
import { allocateZeroed, release } from "./heap";

let base: usize = 0;
let total: u32 = 0;

/** Bytes a value of a physical type takes. */
export function widthOf(physical: u32): u32 {
  if (physical === PHYS_BOOL) return 1;
  return physical === PHYS_DEC ? 16 : 8;
}

/** Makes room for `count` registers; `defineRegister` gives each its type. Returns the file's address. */
export function openRegisters(count: u32): usize {
  base = allocateZeroed(count * REG_BYTES + REG_BYTES);
  total = count;
  return base;
}

export function defineRegister(register: u32, physical: u32): void {
  const at: usize = descriptor(register);
  const own: usize = allocateZeroed(VECTOR_ROWS * (widthOf(physical) + 1) + 2 * SLACK_BYTES) + SLACK_BYTES;
  store<u32>(at, physical, REG_TYPE);
  store<u32>(at, <u32>own, REG_OWN);
  unalias(register);
}

export function closeRegisters(): void {
  for (let i: u32 = 0; i < total; i++) {
    const own: usize = load<u32>(descriptor(i), REG_OWN);
    if (own !== 0) release(own - SLACK_BYTES);
  }
  release(base);
  base = 0;
  total = 0;
}

export function registerCount(): u32 {
  return total;
}

export function descriptor(register: u32): usize {
  return base + register * REG_BYTES;
}

export function valuesOf(register: u32): usize {
  return load<u32>(descriptor(register), REG_VALUES);
}

export function validityOf(register: u32): usize {
  return load<u32>(descriptor(register), REG_VALIDITY);
}

export function physicalOf(register: u32): u32 {
  return load<u32>(descriptor(register), REG_TYPE);
}

export function alias(register: u32, target: u32): void {
  const at: usize = descriptor(register);
  store<u32>(at, <u32>valuesOf(target), REG_VALUES);
  store<u32>(at, <u32>validityOf(target), REG_VALIDITY);
}

export function unalias(register: u32): void {
  const at: usize = descriptor(register);
  const own: u32 = load<u32>(at, REG_OWN);
  store<u32>(at, own, REG_VALUES);
  store<u32>(at, own + VECTOR_ROWS * widthOf(load<u32>(at, REG_TYPE)), REG_VALIDITY);
}
