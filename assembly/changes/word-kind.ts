// What the words of an aggregate's bag (bag.ts) stand for, by the type of its argument.
import { physicalOf } from "../memory/registers";
import { AGG_ARGUMENT } from "../program/query";
import { PHYS_DEC, PHYS_F64, PHYS_STR } from "../shared/layout";
import { WORD_BYTES, WORD_DECIMAL, WORD_DOUBLE, WORD_LONG } from "./bag";

export function wordKind(aggregate: usize): u32 {
  const physical: u32 = physicalOf(load<u32>(aggregate, AGG_ARGUMENT) - 1);
  if (physical === PHYS_F64) return WORD_DOUBLE;
  if (physical === PHYS_STR) return WORD_BYTES;
  return physical === PHYS_DEC ? WORD_DECIMAL : WORD_LONG;
}

/** Whether the values stand in the cells of the bag themselves. */
export function bagOfWords(aggregate: usize): bool {
  return wordKind(aggregate) <= WORD_DOUBLE;
}
