/**
 * Expressions through the real kernel: rows go in as JSON, every expression is a project query of its own, and what comes
 * back are oracle values. A row that a query reports as bad is an error in that lane.
 */
import type { Batch } from "../../src/core/batch.ts";
import type { DataType } from "../../src/core/type.ts";
import { cellReader } from "../../src/core/value.ts";
import { compileExpression } from "../../src/engine/compile-expression.ts";
import { ProgramBuilder } from "../../src/engine/program-builder.ts";
import { physicalOf } from "../../src/kernel/physical.ts";
import type { KernelProgram, ProjectQueryProgram, Register } from "../../src/kernel/program.ts";
import type { BoundExpression } from "../../src/plan/plan.ts";
import { formatTime } from "../oracle/expression-time.ts";
import { poison, type Value } from "../oracle/expression-value.ts";
import { feed, freshKernel } from "./harness.ts";

/** One row when the expressions read no column. */
export function runThroughKernel(
  types: readonly DataType[],
  rows: readonly (readonly Value[])[],
  expressions: readonly BoundExpression[],
): Value[][] {
  const kernel = freshKernel();
  kernel.load(programOf(types, expressions));
  kernel.ensurePartitions(0, 1);
  const results: Value[][] = expressions.map(() => []);
  for (let start = 0; start < rows.length; start += VECTOR) {
    const part = rows.slice(start, start + VECTOR);
    feed(
      kernel,
      part.map((row) => ({ text: rowText(types, row) })),
    );
    const bad = kernel.badRows(0);
    expressions.forEach((expression, query) => {
      const failed = new Set(bad.filter(({ column }) => column === `e${query}`).map(({ record }) => record));
      const cells = cellsOf(kernel.takeOutput(query), expression.type);
      let next = 0;
      for (let row = 0; row < part.length; row++) {
        results[query]?.push(failed.has(row) ? poison : (cells[next++] as Value));
      }
      if (next !== cells.length)
        throw new Error(
          `${JSON.stringify(bad.slice(0, 3))} ${rowText(types, part[bad[0]?.record ?? 0] ?? [])} query ${query} gave ${cells.length} rows where ${next} were expected`,
        );
    });
  }
  return results;
}

/** Rows of one vector: `feed` runs a whole input, and output is of the last vector. */
const VECTOR = 2048;

function programOf(types: readonly DataType[], expressions: readonly BoundExpression[]): KernelProgram {
  const builder = new ProgramBuilder();
  const columns = types.map((type) => builder.allocate(physicalOf(type)));
  const queries = expressions.map((expression, index) => projectOf(builder, { columns, expression, index }));
  const fields = types.map((type, index) => ({
    path: [`c${index}`],
    type,
    register: columns[index] as Register,
    name: `c${index}`,
  }));
  return {
    version: 1,
    registers: builder.registers,
    constants: builder.constants,
    sources: [
      {
        decode: {
          kind: "json",
          fields,
          validation: "full",
          ignoreParseErrors: false,
          failOnMissingField: false,
          timestampFormat: "SQL",
        },
        keyDecode: null,
        metadata: [],
        compute: [],
        eventTime: null,
      },
    ],
    queries,
  };
}

interface ProjectSpec {
  readonly columns: readonly Register[];
  readonly expression: BoundExpression;
  readonly index: number;
}

function projectOf(builder: ProgramBuilder, { columns, expression, index }: ProjectSpec): ProjectQueryProgram {
  const inputs = columns.map((from) => ({ from, to: builder.allocate(builder.registers[from] as number) }));
  const register = compileExpression(
    builder,
    expression,
    inputs.map(({ to }) => to),
  );
  return {
    kind: "project",
    source: 0,
    inputs,
    filter: null,
    compute: builder.takeInstructions([register]),
    outputs: [{ name: `e${index}`, register, type: expression.type, nullable: true }],
  };
}

function rowText(types: readonly DataType[], row: readonly Value[]): string {
  const fields = types.map((type, index) => `"c${index}":${cellText(type, row[index] as Value)}`);
  return `{${fields.join(",")}}`;
}

function cellText(type: DataType, value: Value): string {
  if (value === null || typeof value === "boolean" || typeof value === "symbol") return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return Object.is(value, -0) ? "-0.0" : String(value);
  if (type.kind === "decimal") return `${value}e-${type.scale}`;
  const temporal = type.kind === "date" || type.kind === "time" || type.kind.startsWith("timestamp");
  if (!temporal) return String(value);
  return `"${formatTime(value as bigint, type)}${type.kind === "timestamp_ltz" ? "Z" : ""}"`;
}

function cellsOf(batch: Batch | null, type: DataType): Value[] {
  const column = batch?.columns[0];
  if (batch === null || column === undefined) return [];
  const read = cellReader(column, type);
  const whole = type.kind !== "float" && type.kind !== "double";
  return Array.from({ length: batch.rows }, (_, row) => {
    const cell = read(row);
    if (cell instanceof Uint8Array) throw new Error("bytes are no oracle value");
    return typeof cell === "number" && whole ? BigInt(cell) : cell;
  });
}
