/** What several encoders of the program write: instructions, optional registers, types, output columns. */
import * as abi from "../../assembly/shared/abi.ts";
import { INS_BYTES } from "../../assembly/shared/layout.ts";
import { EngineError } from "../core/error.ts";
import type { DataType } from "../core/type.ts";
import type { ByteWriter } from "./byte-writer.ts";
import type { Instruction, QueryProgram, Register } from "./program.ts";

export function encodeCode(out: ByteWriter, code: readonly Instruction[]): void {
  out.word(code.length);
  const bytes = new ArrayBuffer(code.length * INS_BYTES);
  const view = new DataView(bytes);
  code.forEach((instruction, index) => {
    const at = index * INS_BYTES;
    view.setUint16(at, instruction.opcode, true);
    view.setUint16(at + 2, instruction.flags, true);
    view.setUint32(at + 4, instruction.dst, true);
    view.setUint32(at + 8, instruction.a, true);
    view.setUint32(at + 12, instruction.b, true);
    view.setUint32(at + 16, instruction.c, true);
    view.setUint32(at + 20, instruction.d, true);
    view.setBigInt64(at + 24, instruction.immediate, true);
  });
  out.blob(new Uint8Array(bytes));
}

/** 0 = none. */
export function optional(register: Register | null): number {
  return register === null ? 0 : register + 1;
}

export function encodeOutputs(out: ByteWriter, outputs: QueryProgram["outputs"]): void {
  out.word(outputs.length);
  for (const output of outputs) out.words([output.register, typeCode(output.type)]);
}

/** Code, precision and scale of a type in one word. */
export function typeCode(type: DataType): number {
  switch (type.kind) {
    case "boolean":
      return abi.TYPE_BOOLEAN;
    case "tinyint":
      return abi.TYPE_TINYINT;
    case "smallint":
      return abi.TYPE_SMALLINT;
    case "int":
      return abi.TYPE_INT;
    case "bigint":
      return abi.TYPE_BIGINT;
    case "float":
      return abi.TYPE_FLOAT;
    case "double":
      return abi.TYPE_DOUBLE;
    case "decimal":
      return abi.TYPE_DECIMAL | (type.precision << 8) | (type.scale << 16);
    case "string":
    case "char":
    case "varchar":
    case "bytes":
      return abi.TYPE_STRING;
    case "date":
      return abi.TYPE_DATE;
    case "time":
      return abi.TYPE_TIME;
    case "timestamp":
    case "timestamp_ltz":
      return abi.TYPE_TIMESTAMP;
    case "interval_day":
      return abi.TYPE_INTERVAL_DAY;
    case "interval_month":
      return abi.TYPE_INTERVAL_MONTH;
    default:
      throw new EngineError(`a column of type ${type.kind} has no place in the kernel`, {
        domain: "internal",
        code: "BUG",
      });
  }
}
