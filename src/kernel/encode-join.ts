/** A join as the kernel reads it (assembly/join/program.ts). */
import * as abi from "../../assembly/shared/abi.ts";
import { assert } from "../core/error.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { encodeCode, encodeOutputs, optional, typeCode } from "./encode-parts.ts";
import type { JoinQueryProgram } from "./program.ts";

/** The parts before it are those every query begins with: a join reads two others, and has no filter of its own. */
export function encodeJoin(out: ByteWriter, { source, keys, sides, emit, outputs, ...query }: JoinQueryProgram): void {
  out.words([abi.QUERY_JOIN, source, sides[0].query + 1, 0]);
  out.blob(new Uint8Array(0));
  out.word(0);
  encodeCode(out, []);
  encodeCode(out, []);
  out.word(0);
  const { windowed, interval } = query;
  out.words([interval === null ? (windowed ? abi.JOIN_WINDOWS : abi.JOIN_ROWS) : abi.JOIN_INTERVAL, keys.length]);
  keys.forEach(({ type }, i) => {
    out.words([sides[0].keys[i] ?? 0, typeCode(type)]);
  });
  for (const side of sides) {
    assert(side.keys.length === keys.length, "both sides have all keys");
    out.words([side.query + 1, side.kept ? 1 : 0, ...side.keys, side.columns.length]);
    out.blob(new Uint8Array(Uint32Array.from(side.columns.flatMap(({ from, to }) => [from, to])).buffer));
  }
  if (interval !== null) {
    out.long(BigInt(interval.leastMs));
    out.long(BigInt(interval.mostMs));
    for (const { timeRegister, unitsPerMs, judged } of interval.sides) {
      out.word(timeRegister);
      out.long(BigInt(unitsPerMs));
      out.word(judged ? 1 : 0);
    }
  }
  out.blob(new Uint8Array(Uint32Array.from(emit.keys).buffer));
  encodeCode(out, emit.compute);
  out.word(optional(emit.having));
  encodeOutputs(out, outputs);
}
