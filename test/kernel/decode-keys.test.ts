/** Fields that a table takes from JSON record keys, beside those from the value. */
import { expect, test } from "bun:test";
import { PHYS_I64, PHYS_STR } from "../../assembly/shared/layout.ts";
import type { JsonDecodeProgram } from "../../src/kernel/program.ts";
import { defaults } from "./decode-harness.ts";
import { BIGINT, freshKernel, rowsOf, STRING } from "./harness.ts";

interface KeyedRecord {
  readonly key: string;
  readonly value: string;
}

function run(records: readonly KeyedRecord[], options: Partial<JsonDecodeProgram> = {}) {
  const kernel = freshKernel();
  const field = (path: string, register: number) => ({
    path: [path],
    type: register === 1 ? STRING : BIGINT,
    register,
    name: path,
  });
  const decode = (fields: JsonDecodeProgram["fields"]): JsonDecodeProgram => ({
    kind: "json",
    ...defaults,
    ...options,
    fields,
  });
  kernel.load({
    version: 1,
    constants: [],
    registers: [PHYS_I64, PHYS_STR, PHYS_I64, PHYS_I64, PHYS_STR, PHYS_I64],
    sources: [
      {
        decode: decode([field("v", 0)]),
        keyDecode: decode([field("k", 1), field("n", 2)]),
        metadata: [],
        compute: [],
        eventTime: null,
      },
    ],
    queries: [
      {
        kind: "project",
        source: 0,
        inputs: [0, 1, 2].map((from) => ({ from, to: from + 3 })),
        filter: null,
        compute: [],
        outputs: [field("v", 0), field("k", 1), field("n", 2)].map((one) => ({
          ...one,
          register: one.register + 3,
          nullable: true,
        })),
      },
    ],
  });
  kernel.ensurePartitions(0, 1);
  const input = kernel.input(0);
  input.reserve(1 << 16, records.length);
  const view = new DataView(input.buffer());
  const bytes = new Uint8Array(input.buffer());
  const ends = { value: 0, key: 0 };
  view.setInt32(input.offsets, 0, true);
  view.setInt32(input.keyOffsets, 0, true);
  records.forEach(({ key, value }, i) => {
    ends.value += new TextEncoder().encodeInto(value, bytes.subarray(input.bytes + ends.value)).written;
    ends.key += new TextEncoder().encodeInto(key, bytes.subarray(input.keyBytes + ends.key)).written;
    view.setInt32(input.offsets + i * 4 + 4, ends.value, true);
    view.setInt32(input.keyOffsets + i * 4 + 4, ends.key, true);
    view.setInt32(input.partitions + i * 4, 0, true);
  });
  kernel.ingestBegin(0, records.length);
  kernel.ingestNext(0);
  const batch = kernel.takeOutput(0);
  return {
    rows: batch === null ? [] : rowsOf(batch),
    bad: kernel.badRows(0).map(({ record, reason }) => [record, reason]),
  };
}

test("each row has the fields of its own record's key, also behind records that give no row", () => {
  const records = [
    { key: '{"k":"a","n":1}', value: '{"v":10}' },
    { key: '{"k":"lost","n":2}', value: "{" },
    { key: '{"n":3,"k":"\\u00e9"}', value: '[{"v":30},{"v":31}]' },
    { key: "", value: '{"v":40}' },
    { key: "{}", value: '{"v":50}' },
  ];
  expect(run(records)).toEqual({
    rows: [
      [10n, "a", 1n],
      [30n, "é", 3n],
      [31n, "é", 3n],
      [40n, null, null],
      [50n, null, null],
    ],
    bad: [[1, 16]],
  });
});

const odd = [
  { key: "plain text", value: '{"v":1}' },
  { key: '{"k":"a","n":"x"}', value: '{"v":2}' },
  { key: '{"k":"b","n":3}', value: '{"v":3}' },
];

test("a key that does not fit makes a bad row of a record that is read", () => {
  expect(run(odd)).toEqual({
    rows: [[3n, "b", 3n]],
    bad: [
      [0, 22],
      [1, 22],
    ],
  });
});

test("a key that does not fit is NULL where parse errors are ignored", () => {
  expect(run(odd, { ignoreParseErrors: true })).toEqual({
    rows: [
      [1n, null, null],
      [2n, "a", null],
      [3n, "b", 3n],
    ],
    bad: [],
  });
});
