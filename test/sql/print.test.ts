import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parse } from "../../src/sql/parse.ts";
import { printExpression, printQuery } from "../../src/sql/print.ts";
import type { Expression, Query } from "../../src/sql/tree.ts";
import { withoutSpans } from "./tree-walk.ts";

const seed = Number(process.env.MILLRACE_FUZZ_SEED ?? 20_241_106);

function queryOf(text: string): Query {
  const { statements, errors } = parse(text);
  expect(errors).toEqual([]);
  const statement = statements[0];
  if (statement?.kind !== "query") throw new Error(`no query: ${text}`);
  return statement.query;
}

function expressionOf(text: string): Expression {
  const query = queryOf(`SELECT ${text}`);
  if (query.kind !== "select") throw new Error("no select");
  return query.items[0]?.expression as Expression;
}

/** Printed text gives the same tree, and the same text again. */
function roundTrip(query: Query): void {
  const printed = printQuery(query);
  const again = queryOf(printed);
  expect(withoutSpans(again)).toEqual(withoutSpans(query));
  expect(printQuery(again)).toBe(printed);
}

describe("printExpression", () => {
  test("puts parentheses where precedence asks for them, and nowhere else", () => {
    const texts = [
      "(a + b) * c",
      "a + b * c",
      "a - (b - c)",
      "a - b - c",
      "NOT (a AND b)",
      "NOT a = b",
      "(NOT a) = b",
      "(a OR b) AND c",
      "- (a + b)",
      "(a IS NULL) BETWEEN b AND c",
      "a IS NOT NULL",
      "a BETWEEN SYMMETRIC b AND c",
      "(a).b",
      "(a + b)[1]",
      "CASE WHEN a THEN 'it''s' ELSE NULL END",
      "COUNT(DISTINCT a) FILTER (WHERE b > 1)",
      "`select` + `a b`",
    ];
    for (const text of texts) expect(printExpression(expressionOf(text))).toBe(text);
  });

  const folder = join(import.meta.dir, "../golden/parse");
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".sql") && !file.startsWith("error-"))) {
    test(`every query of ${name} is printed to the tree it came from`, () => {
      for (const statement of parse(readFileSync(join(folder, name), "utf8")).statements) {
        if (statement.kind === "query" || statement.kind === "insert" || statement.kind === "createView") {
          roundTrip(statement.query);
        }
      }
    });
  }

  test(`random trees of operators survive printing and parsing (seed ${seed})`, () => {
    const zero = { start: 0, end: 0 };
    const column = (name: string): Expression => {
      const parts = [{ name, quoted: false, span: zero }];
      return { kind: "column", name: { parts, span: zero }, span: zero };
    };
    const { tree } = fc.letrec<{ tree: Expression }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 6, withCrossShrink: true },
        fc.constantFrom("a", "b", "end_").map(column),
        fc.record({
          kind: fc.constant("binaryOperation" as const),
          operator: fc.constantFrom("+", "-", "*", "/", "%", "||", "=", "<>", "<", ">=", "AND", "OR"),
          left: tie("tree"),
          right: tie("tree"),
          span: fc.constant(zero),
        }),
        fc.record({
          kind: fc.constant("unary" as const),
          operator: fc.constantFrom("NOT", "-", "+"),
          operand: tie("tree"),
          span: fc.constant(zero),
        }),
        fc.record({
          kind: fc.constant("between" as const),
          operand: tie("tree"),
          low: tie("tree"),
          high: tie("tree"),
          not: fc.boolean(),
          symmetric: fc.boolean(),
          span: fc.constant(zero),
        }),
        fc.record({
          kind: fc.constant("is" as const),
          operand: tie("tree"),
          test: fc.constantFrom("NULL", "TRUE", "UNKNOWN"),
          not: fc.boolean(),
          span: fc.constant(zero),
        }),
        fc.record({
          kind: fc.constant("isDistinctFrom" as const),
          left: tie("tree"),
          right: tie("tree"),
          not: fc.boolean(),
          span: fc.constant(zero),
        }),
        fc.record({
          kind: fc.constant("item" as const),
          operand: tie("tree"),
          index: tie("tree"),
          span: fc.constant(zero),
        }),
      ) as fc.Arbitrary<Expression>,
    }));
    fc.assert(
      fc.property(tree, (expression) => {
        expect(withoutSpans(expressionOf(printExpression(expression)))).toEqual(withoutSpans(expression));
      }),
      { seed, numRuns: 500 },
    );
  });
});
