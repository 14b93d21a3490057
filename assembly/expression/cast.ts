// Casts by what they turn into what. The rules are Flink's (CastRules of 1.15 and later): a cast that fails poisons its lane
// with ERR_CAST, or gives NULL under TRY_CAST; DECIMAL results of too many digits are NULL.
import { OP_CAST_DEC_F64, OP_CAST_DEC_STR, OP_CAST_F64_BOOL } from "../shared/opcode";
import { castDecimal } from "./cast-decimal";
import { castNumber } from "./cast-number";
import { castText } from "./cast-text";
import { castTime } from "./cast-time";

export function runCast(opcode: i32, ins: usize, rows: i32): void {
  if (opcode <= OP_CAST_F64_BOOL) return castNumber(opcode, ins, rows);
  if (opcode <= OP_CAST_DEC_F64) return castDecimal(opcode, ins, rows);
  if (opcode <= OP_CAST_DEC_STR) return castText(opcode, ins, rows);
  return castTime(opcode, ins, rows);
}
