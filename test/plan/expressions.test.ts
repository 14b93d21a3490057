/** Random well-typed expressions bind without an error and keep what the plan promises about them. */
import { describe, expect, test } from "bun:test";
import { formatType } from "../../src/core/type-text.ts";
import { kernelFunctions } from "../../src/engine/compile-expression.ts";
import { scalarFunctions } from "../../src/plan/functions.ts";
import { inputsOf } from "../../src/plan/inputs.ts";
import type { Plan, PlanNode } from "../../src/plan/plan.ts";
import { planFromJson, planToJson } from "../../src/plan/plan-json.ts";
import { seededRandom } from "../engine/simulated-source.ts";
import { plan } from "./plan-text.ts";
import { columnsSql, ExpressionGenerator, families } from "./random-expression.ts";
import { expectWellTyped, functionIds } from "./well-typed.ts";

function planned(text: string): Plan {
  const result = plan(`${columnsSql}\n${text}`);
  expect([text, result.errors]).toEqual([text, []]);
  if (result.plan === null) throw new Error("no plan without errors");
  return result.plan;
}

/** Text of the types of the columns of `SELECT items FROM t`. */
function typesOf(items: string): string[] {
  const fields = planned(`SELECT ${items} FROM t;`).queries[0]?.root.schema.fields ?? [];
  return fields.map(({ type, nullable }) => `${formatType(type)}${nullable ? "" : " NOT NULL"}`);
}

function eachNode(node: PlanNode, visit: (node: PlanNode) => void): void {
  visit(node);
  for (const input of inputsOf(node)) eachNode(input, visit);
}

describe("bound expressions", () => {
  const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);

  test(`of random well-typed text bind and keep the contract (SEED=${seed})`, () => {
    const random = seededRandom(seed);
    const generator = new ExpressionGenerator(random);
    for (let round = 0; round < 400; round++) {
      const family = families[round % families.length] ?? "number";
      const text = `SELECT ${generator.make(family, 1 + (round % 4))} AS x FROM t WHERE ${generator.make("boolean", 2)};`;
      const made = planned(text);
      for (const query of made.queries) {
        eachNode(query.root, (node) => {
          if (node.kind === "filter") expectWellTyped(node.condition, node.input.schema.fields);
          if (node.kind !== "project") return;
          for (const { expression } of node.columns) expectWellTyped(expression, node.input.schema.fields);
        });
      }
      expect(planFromJson(planToJson(made))).toEqual(made);
    }
  });

  test("use only functions that the kernel computes", () => {
    const missing = [...functionIds].filter((id) => !kernelFunctions.includes(id));
    expect(missing).toEqual([]);
    const ids = scalarFunctions.filter(({ rewrite }) => rewrite === undefined).map(({ id }) => id);
    expect(ids.filter((id) => !functionIds.has(id))).toEqual([]);
  });
});

describe("types of results", () => {
  test("of arithmetic follow Flink", () => {
    expect(typesOf("i + l, i / 2, m + 1, m * m, m / 3, m % 2, f + m, i % l, l % i")).toEqual([
      "BIGINT",
      "INT NOT NULL",
      "DECIMAL(13, 2)",
      "DECIMAL(21, 4)",
      "DECIMAL(21, 13)",
      "DECIMAL(10, 2)",
      "DOUBLE",
      "BIGINT",
      "INT",
    ]);
  });

  test("of literals are as narrow as their text", () => {
    expect(typesOf("1, 3000000000, 1.50, 1e0, 'abc', DATE '2024-01-01', TIMESTAMP '2024-01-01 00:00:00.12'")).toEqual([
      "INT NOT NULL",
      "BIGINT NOT NULL",
      "DECIMAL(3, 2) NOT NULL",
      "DOUBLE NOT NULL",
      "CHAR(3) NOT NULL",
      "DATE NOT NULL",
      "TIMESTAMP(2) NOT NULL",
    ]);
  });

  test("of branches meet in one type", () => {
    expect(typesOf("CASE WHEN b THEN 'a' ELSE 'bcd' END, COALESCE(m, 1), IF(b, i, l), COALESCE(s, 'x')")).toEqual([
      "VARCHAR(3) NOT NULL",
      "DECIMAL(12, 2) NOT NULL",
      "BIGINT",
      "STRING NOT NULL",
    ]);
  });

  test("of functions follow Flink", () => {
    expect(
      typesOf("ROUND(m, 1), FLOOR(m), ROUND(d, 1), CHAR_LENGTH(s), EXTRACT(DAY FROM ts), SPLIT_INDEX('a', ',', 0)"),
    ).toEqual(["DECIMAL(10, 1)", "DECIMAL(10, 0)", "DOUBLE", "INT", "BIGINT", "STRING"]);
  });
});
