/** Programs without expressions for tests of input and output: SELECT *, and COUNT(*) per window. */
import { expect } from "bun:test";
import type { DataType } from "../../src/core/type.ts";
import type { Kernel } from "../../src/kernel/kernel.ts";
import { physicalOf } from "../../src/kernel/physical.ts";
import type { JsonDecodeProgram, KernelProgram, MetadataProgram } from "../../src/kernel/program.ts";
import { BIGINT, type Row, rowsOf, TIMESTAMP } from "./harness.ts";

export interface Field {
  readonly type: DataType;
  readonly from: "value" | "key" | Exclude<MetadataProgram["kind"], "header">;
}

export function decoder(fields: readonly Field[], from: Field["from"]): JsonDecodeProgram {
  return {
    kind: "json",
    fields: fields.flatMap(({ type, from: place }, index) =>
      place === from ? [{ path: [`c${index}`], type, register: index, name: `c${index}` }] : [],
    ),
    validation: "full",
    ignoreParseErrors: false,
    failOnMissingField: false,
    timestampFormat: "lenient",
  };
}

/** SELECT every column FROM … [WHERE a BOOLEAN column]. */
export function projectProgram(fields: readonly Field[], where: number | null = null): KernelProgram {
  const physical = fields.map(({ type }) => physicalOf(type));
  const copies = fields.map((_, index) => index + fields.length);
  return {
    version: 1,
    registers: [...physical, ...physical],
    constants: [],
    sources: [
      {
        decode: decoder(fields, "value"),
        keyDecode: fields.some(({ from }) => from === "key") ? decoder(fields, "key") : null,
        metadata: fields.flatMap(({ from }, register) =>
          from === "value" || from === "key" ? [] : [{ kind: from, register }],
        ),
        compute: [],
        eventTime: null,
      },
    ],
    queries: [
      {
        kind: "project",
        source: 0,
        inputs: copies.map((to, from) => ({ from, to })),
        filter: where === null ? null : { instructions: [], register: where },
        compute: [],
        outputs: fields.map(({ type }, index) => ({
          name: `c${index}`,
          register: copies[index] as number,
          type,
          nullable: true,
        })),
      },
    ],
  };
}

export const utf8 = new TextEncoder();

export function lay(kernel: Kernel, text: string): void {
  const bytes = utf8.encode(text);
  const input = kernel.input(0);
  input.reserve(bytes.length, text.length + 1);
  new Uint8Array(input.buffer()).set(bytes, input.bytes);
}

export function runAll(kernel: Kernel, rows: number): Row[] {
  const out: Row[] = [];
  kernel.ingestBegin(0, rows);
  for (let more = true; more; ) {
    more = kernel.ingestNext(0);
    const batch = kernel.takeOutput(0);
    if (batch !== null) out.push(...rowsOf(batch));
    expect(kernel.takeOutput(0)).toBeNull();
  }
  return out;
}

export function runLines(kernel: Kernel, text: string): Row[] {
  kernel.ensurePartitions(0, 1);
  lay(kernel, text);
  const { rows } = kernel
    .input(0)
    .splitLines({ used: utf8.encode(text).length, final: true, partition: 0, position: 0n });
  return runAll(kernel, rows);
}

export const value = (type: DataType): Field => ({ type, from: "value" });

/** Lays records and their keys end to end. */
export function layKeyed(kernel: Kernel, records: readonly { key: string; value: string }[]): void {
  kernel.ensurePartitions(0, 1);
  const keys = records.map(({ key }) => key).join("");
  lay(
    kernel,
    records
      .map(({ value: text }) => text)
      .join("")
      .padEnd(keys.length),
  );
  const input = kernel.input(0);
  const view = new DataView(input.buffer());
  new Uint8Array(input.buffer()).set(utf8.encode(keys), input.keyBytes);
  let end = 0;
  let keyEnd = 0;
  view.setInt32(input.offsets, 0, true);
  view.setInt32(input.keyOffsets, 0, true);
  records.forEach(({ key, value: text }, index) => {
    end += text.length;
    keyEnd += key.length;
    view.setInt32(input.offsets + index * 4 + 4, end, true);
    view.setInt32(input.keyOffsets + index * 4 + 4, keyEnd, true);
    view.setInt32(input.partitions + index * 4, 0, true);
  });
}

/** SELECT window start, column 1, COUNT(*) … GROUP BY 1-second windows of column 0 (nothing is late), column 1. */
export function countProgram(fields: readonly Field[]): KernelProgram {
  const program = projectProgram(fields);
  const [source] = program.sources;
  const [query] = program.queries;
  if (source === undefined || query === undefined) throw new RangeError("a program has a source and a query");
  const first = program.registers.length;
  const output = (name: string, register: number, type: DataType) => ({ name, register, type, nullable: true });
  return {
    ...program,
    registers: [...program.registers, ...[TIMESTAMP, BIGINT, BIGINT].map(physicalOf)],
    sources: [{ ...source, eventTime: null }],
    queries: [
      {
        kind: "window-aggregate",
        source: 0,
        inputs: query.inputs,
        filter: null,
        compute: [],
        window: {
          kind: "tumbling",
          sizeMs: 1000,
          stepMs: 1000,
          offsetMs: 0,
          timeRegister: fields.length,
          unitsPerMs: 1000,
        },
        keys: [{ register: fields.length + 1, type: BIGINT, name: "k" }],
        aggregates: [
          {
            function: "COUNT",
            argument: null,
            distinct: false,
            filter: null,
            resultType: BIGINT,
            result: first + 2,
            parameter: 12,
            name: "n",
          },
        ],
        emit: { windowStart: first, windowEnd: null, windowTime: null, keys: [first + 1], compute: [], having: null },
        outputs: [output("start", first, TIMESTAMP), output("k", first + 1, BIGINT), output("n", first + 2, BIGINT)],
      },
    ],
  };
}
