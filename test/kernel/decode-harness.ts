/** A JSON decoder for tests: a kernel whose only query hands the decoded columns out, beside the record each row came from. */
import type { DataType } from "../../src/core/type.ts";
import type { CellValue } from "../../src/core/value.ts";
import type { SourceCounters } from "../../src/kernel/counters.ts";
import type { Kernel } from "../../src/kernel/kernel.ts";
import { physicalOf } from "../../src/kernel/physical.ts";
import type { JsonDecodeProgram } from "../../src/kernel/program.ts";
import { BIGINT, freshKernel, rowsOf } from "./harness.ts";

export interface TestField {
  readonly path: readonly string[];
  readonly type: DataType;
}

export type DecodeOptions = Omit<JsonDecodeProgram, "kind" | "fields">;

export const defaults: DecodeOptions = {
  validation: "full",
  ignoreParseErrors: false,
  failOnMissingField: false,
  timestampFormat: "lenient",
};

export interface DecodedRow {
  readonly record: number;
  readonly values: readonly CellValue[];
}

export interface DecodedBad {
  readonly record: number;
  readonly reason: number;
  readonly column: string | null;
  readonly at: number;
}

export interface Decoded {
  readonly rows: readonly DecodedRow[];
  readonly bad: readonly DecodedBad[];
  readonly counters: SourceCounters;
}

const utf8 = new TextEncoder();

export class TestDecoder {
  readonly #kernel: Kernel = freshKernel();
  readonly #fields: readonly TestField[];

  constructor(fields: readonly TestField[], options: Partial<DecodeOptions> = {}) {
    this.#fields = fields;
    const offset = fields.length;
    const decoded = fields.map(({ path, type }, register) => ({ path, type, register, name: path.join(".") }));
    const outputs = decoded.map(({ name, type, register }) => ({ name, type, register, nullable: true }));
    this.#kernel.load({
      version: 1,
      constants: [],
      registers: [...fields.map(({ type }) => physicalOf(type)), physicalOf(BIGINT)],
      sources: [
        {
          decode: { kind: "json", ...defaults, ...options, fields: decoded },
          keyDecode: null,
          metadata: [{ kind: "offset", register: offset }],
          compute: [],
          eventTime: null,
        },
      ],
      queries: [
        {
          kind: "project",
          source: 0,
          inputs: [],
          filter: null,
          compute: [],
          outputs: [...outputs, { name: "record", type: BIGINT, register: offset, nullable: false }],
        },
      ],
    });
    this.#kernel.ensurePartitions(0, 1);
  }

  /** Hands the records over as one batch. `counters` go on from batch to batch. */
  run(records: readonly (string | Uint8Array)[]): Decoded {
    const kernel = this.#kernel;
    this.#fill(records.map((record) => (typeof record === "string" ? utf8.encode(record) : record)));
    kernel.ingestBegin(0, records.length);
    const rows: DecodedRow[] = [];
    const bad: DecodedBad[] = [];
    let more = true;
    while (more) {
      more = kernel.ingestNext(0);
      for (const { record, reason, column, at } of kernel.badRows(0)) bad.push({ record, reason, column, at });
      const batch = kernel.takeOutput(0);
      for (const row of batch === null ? [] : rowsOf(batch)) {
        rows.push({ record: Number(row[this.#fields.length]), values: row.slice(0, -1) });
      }
    }
    return { rows, bad, counters: kernel.sourceCounters(0) };
  }

  #fill(records: readonly Uint8Array[]): void {
    const input = this.#kernel.input(0);
    const total = records.reduce((sum, record) => sum + record.length, 0);
    input.reserve(total, records.length);
    const view = new DataView(input.buffer());
    const bytes = new Uint8Array(input.buffer());
    let end = 0;
    view.setInt32(input.offsets, 0, true);
    records.forEach((record, index) => {
      bytes.set(record, input.bytes + end);
      end += record.length;
      view.setInt32(input.offsets + index * 4 + 4, end, true);
      view.setInt32(input.partitions + index * 4, 0, true);
      view.setBigInt64(input.positions + index * 8, BigInt(index), true);
    });
  }
}

/** The one value that the text of a JSON value becomes in a column of `type`, or the reason there is no row. */
export function decodeOne(
  type: DataType,
  json: string,
  options: Partial<DecodeOptions> = {},
): CellValue | { bad: number } {
  const { rows, bad } = new TestDecoder([{ path: ["v"], type }], options).run([`{"v":${json}}`]);
  const [row] = rows;
  return row === undefined ? { bad: bad[0]?.reason ?? -1 } : (row.values[0] as CellValue);
}
