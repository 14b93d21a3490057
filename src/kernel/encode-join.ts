/** A join as the kernel reads it (assembly/join/program.ts). */
import * as abi from "../../assembly/shared/abi.ts";
import { assert } from "../core/error.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { encodeCode, encodeOutputs, optional, typeCode } from "./encode-parts.ts";
import type { JoinIntervalProgram } from "./join-program.ts";
import { unitsPerMs } from "./physical.ts";
import type { JoinQueryProgram } from "./program.ts";

/** The parts before it are those every query begins with: a join reads two others, and has no filter of its own. */
export function encodeJoin(out: ByteWriter, { source, keys, sides, emit, outputs, ...query }: JoinQueryProgram): void {
  out.words([abi.QUERY_JOIN, source, sides[0].query + 1, 0]);
  out.blob(new Uint8Array(0));
  out.word(0);
  encodeCode(out, []);
  encodeCode(out, []);
  out.word(0);
  const { windows, interval } = query;
  const kind = windows === null ? abi.JOIN_ROWS : abi.JOIN_WINDOWS;
  out.words([interval === null ? kind : abi.JOIN_INTERVAL, keys.length]);
  keys.forEach(({ type }, i) => {
    out.words([sides[0].keys[i] ?? 0, typeCode(type)]);
  });
  for (const side of sides) {
    assert(side.keys.length === keys.length, "both sides have all keys");
    out.words([side.query + 1, side.kept ? 1 : 0, ...side.keys, side.columns.length]);
    out.blob(new Uint8Array(Uint32Array.from(side.columns.flatMap(({ from, to }) => [from, to])).buffer));
  }
  if (interval !== null) encodeInterval(out, interval);
  if (windows !== null) {
    out.word(given[windows.gives]);
    for (const judgedBy of windows.judgedBy) {
      out.long(BigInt(unitsPerMs(keys[0]?.type ?? TIMESTAMP_3)));
      out.word(judgedBy === null ? 0 : judgedBy === "partition" ? 1 : 2);
    }
  }
  out.blob(new Uint8Array(Uint32Array.from(emit.keys).buffer));
  encodeCode(out, emit.compute);
  out.word(optional(emit.having));
  encodeOutputs(out, outputs);
}

const TIMESTAMP_3 = { kind: "timestamp", precision: 3 } as const;

const given = {
  pairs: abi.JOIN_PAIRS,
  semi: abi.JOIN_SEMI,
  anti: abi.JOIN_ANTI,
  "not-in": abi.JOIN_NOT_IN,
} as const;

function encodeInterval(out: ByteWriter, { leastMs, mostMs, sides }: JoinIntervalProgram): void {
  out.long(BigInt(leastMs));
  out.long(BigInt(mostMs));
  for (const { timeRegister, unitsPerMs, judged } of sides) {
    out.word(timeRegister);
    out.long(BigInt(unitsPerMs));
    out.word(judged ? 1 : 0);
  }
}
