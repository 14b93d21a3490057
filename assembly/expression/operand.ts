// Where the operands of an instruction are: addresses of values and validity, by way of the register file.
// A destination is never an operand of the same instruction (the program builder sees to it), so loops may write as they read.
import {
  INS_A,
  INS_B,
  INS_BYTES,
  INS_C,
  INS_DST,
  INS_FLAGS,
  INS_IMMEDIATE,
  REG_BYTES,
  REG_VALIDITY,
  REG_VALUES,
} from "../shared/layout";

let file: usize = 0;

/** Address of the register descriptors (shared/layout.ts). */
export function setRegisterFile(base: usize): void {
  file = base;
}

function values(ins: usize, operand: usize): usize {
  return load<u32>(file + load<u32>(ins + operand) * REG_BYTES, REG_VALUES);
}

function validity(ins: usize, operand: usize): usize {
  return load<u32>(file + load<u32>(ins + operand) * REG_BYTES, REG_VALIDITY);
}

export function dstValues(ins: usize): usize {
  return values(ins, INS_DST);
}

export function dstValidity(ins: usize): usize {
  return validity(ins, INS_DST);
}

export function aValues(ins: usize): usize {
  return values(ins, INS_A);
}

export function aValidity(ins: usize): usize {
  return validity(ins, INS_A);
}

export function bValues(ins: usize): usize {
  return values(ins, INS_B);
}

export function bValidity(ins: usize): usize {
  return validity(ins, INS_B);
}

export function cValues(ins: usize): usize {
  return values(ins, INS_C);
}

export function cValidity(ins: usize): usize {
  return validity(ins, INS_C);
}

export function flagsOf(ins: usize): u32 {
  return load<u16>(ins, INS_FLAGS);
}

export function immediateOf(ins: usize): i64 {
  return load<i64>(ins, INS_IMMEDIATE);
}

export function nextInstruction(ins: usize): usize {
  return ins + INS_BYTES;
}
