/** How a data type is kept in a kernel register, and in which unit. */
import { PHYS_BOOL, PHYS_DEC, PHYS_F64, PHYS_I64, PHYS_STR } from "../../assembly/shared/layout.ts";
import { EngineError } from "../core/error.ts";
import type { DataType } from "../core/type.ts";

export function physicalOf(type: DataType): number {
  switch (type.kind) {
    case "boolean":
      return PHYS_BOOL;
    case "float":
    case "double":
      return PHYS_F64;
    case "decimal":
      return PHYS_DEC;
    case "string":
    case "char":
    case "varchar":
    case "bytes":
      return PHYS_STR;
    case "row":
    case "array":
    case "map":
    case "null":
      throw new EngineError(`a value of type ${type.kind} is not kept in one register`, {
        domain: "internal",
        code: "BUG",
      });
    default:
      return PHYS_I64;
  }
}

/** Units of a timestamp's i64 in one millisecond: 1000 for precision 0…6, 1000000 beyond. */
export function unitsPerMs(type: DataType): number {
  return (type.kind === "timestamp" || type.kind === "timestamp_ltz") && type.precision > 6 ? 1_000_000 : 1000;
}
