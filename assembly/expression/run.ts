// The interpreter of expressions: one instruction at a time over a whole vector, so that choosing what to do costs nothing a
// row. Each family's module holds plain loops over addresses and counts. Registers are computed for lanes 0 ... rows - 1;
// loops may write further, up to the next multiple of 16, inside the register.
import { INS_OPCODE } from "../shared/layout";
import { OP_I64_SCALE } from "../shared/opcode";
import { runCast } from "./cast";
import { runCompare } from "./compare";
import { runDecimal } from "./decimal";
import { runFloat } from "./float";
import { runInteger } from "./integer";
import { runIntegerStep } from "./integer-step";
import { runLogic } from "./logic";
import { nextInstruction, setRegisterFile } from "./operand";
import { runString } from "./string";
import { runTime } from "./time";

export { setRegisterFile };

/** Runs `count` instructions in order. Strings they make live in scratch memory. Their registers must exist. */
export function runExpressions(instructions: usize, count: i32, rows: i32): void {
  let ins: usize = instructions;
  for (let i: i32 = 0; i < count; i++) {
    runInstruction(load<u16>(ins, INS_OPCODE), ins, rows);
    ins = nextInstruction(ins);
  }
}

function runInstruction(opcode: i32, ins: usize, rows: i32): void {
  switch (opcode >> 8) {
    case 1:
      return runLogic(opcode, ins, rows);
    case 2:
      return runCompare(opcode, ins, rows);
    case 3:
      if (opcode >= OP_I64_SCALE) return runIntegerStep(opcode, ins, rows);
      return runInteger(opcode, ins, rows);
    case 4:
      return runFloat(opcode, ins, rows);
    case 5:
      return runDecimal(opcode, ins, rows);
    case 6:
      return runCast(opcode, ins, rows);
    case 7:
      return runString(opcode, ins, rows);
    case 8:
      return runTime(opcode, ins, rows);
    default:
      unreachable();
  }
}
