/** What comes with a record beside key, value, offset and time, as columns: leader epoch, kind of timestamp, headers by name. */
import { describe, expect, test } from "bun:test";
import { PHYS_STR } from "../../assembly/shared/layout.ts";
import type { DataType } from "../../src/core/type.ts";
import { physicalOf } from "../../src/kernel/physical.ts";
import type { KernelProgram } from "../../src/kernel/program.ts";
import { BIGINT, freshKernel, type Row, STRING } from "./harness.ts";
import { projectProgram, runAll, utf8, value } from "./project.ts";

describe("envelopes", () => {
  /** A value that is null has the length −1. */
  function envelope(
    epoch: number,
    time: number,
    headers: readonly (readonly [string, Uint8Array | null])[],
  ): Uint8Array {
    const ints = (...values: number[]) => new Uint8Array(Int32Array.from(values).buffer);
    const parts = headers.map(([name, bytes]) =>
      Buffer.concat([
        ints(utf8.encode(name).length, bytes?.length ?? -1),
        utf8.encode(name),
        bytes ?? new Uint8Array(),
      ]),
    );
    return Buffer.concat([ints(epoch, time), ...parts]);
  }

  const names = ["id", "ide", "", "größe"];
  const types: readonly DataType[] = [{ kind: "int" }, STRING, ...names.map((): DataType => ({ kind: "bytes" }))];

  /** SELECT epoch, time type, a header each. */
  function envelopeProgram(): KernelProgram {
    const physical = types.map(physicalOf);
    const [half, firstName] = [types.length, 2 * types.length];
    return {
      version: 1,
      registers: [...physical, ...physical, ...names.map(() => PHYS_STR)],
      constants: names.map((name, i) => ({ register: firstName + i, value: name })),
      sources: [
        {
          decode: { kind: "raw", register: null, utf8: false },
          keyDecode: null,
          metadata: [
            { kind: "leader-epoch", register: 0 },
            { kind: "timestamp-type", register: 1 },
            ...names.map((_, i) => ({ kind: "header" as const, register: 2 + i, name: firstName + i })),
          ],
          compute: [],
          eventTime: null,
        },
      ],
      queries: [
        {
          kind: "project",
          source: 0,
          inputs: types.map((_, i) => ({ from: i, to: half + i })),
          filter: null,
          compute: [],
          outputs: types.map((type, i) => ({ name: `c${i}`, register: half + i, type, nullable: true })),
        },
      ],
    };
  }

  test("give leader epoch, kind of timestamp and headers by name; of equal names the last, NULL where there is none", () => {
    const kernel = freshKernel();
    kernel.load(envelopeProgram());
    kernel.ensurePartitions(0, 1);
    const rows: [Uint8Array, Row][] = [
      [envelope(-1, 0, []), [null, "NoTimestampType", null, null, null, null]],
      [envelope(0, 1, [["id", utf8.encode("1")]]), [0, "CreateTime", utf8.encode("1"), null, null, null]],
      [
        envelope(2147483647, 2, [
          ["", utf8.encode("nameless")],
          ["id", utf8.encode("first")],
          ["ide", null],
          ["größe", Uint8Array.of(0xff, 0)],
          ["id", utf8.encode("last")],
        ]),
        [2147483647, "LogAppendTime", utf8.encode("last"), null, utf8.encode("nameless"), Uint8Array.of(0xff, 0)],
      ],
      [
        envelope(7, 1, [
          ["ide", utf8.encode("")],
          ["id", utf8.encode("x")],
          ["id", null],
        ]),
        [7, "CreateTime", null, utf8.encode(""), null, null],
      ],
      // Larger than the region's room at first.
      [
        envelope(1, 1, [["id", new Uint8Array(5 << 20).fill(7)]]),
        [1, "CreateTime", new Uint8Array(5 << 20).fill(7), null, null, null],
      ],
    ];
    for (const [bytes, expected] of rows) {
      const record = { partition: 0, position: 0n, timestamp: 0n, bytes: utf8.encode("x"), key: new Uint8Array() };
      kernel.input(0).layRecord({ ...record, envelope: bytes });
      expect(kernel.record(0, 0).envelope).toEqual(Uint8Array.from(bytes));
      expect(runAll(kernel, 1)).toEqual([expected]);
    }
  });

  test("are not there where nothing reads them", () => {
    const kernel = freshKernel();
    kernel.load(projectProgram([value(BIGINT), { type: BIGINT, from: "offset" }]));
    expect(kernel.input(0).wantsEnvelopes).toBe(false);
    expect(kernel.record(0, 0).envelope.length).toBe(0);
  });
});
