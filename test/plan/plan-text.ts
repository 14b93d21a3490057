/** A script planned with the test connectors, and everything it gives as one text to compare. */
import { checkSetting, settingNames } from "../../src/config/options.ts";
import { explainPlan, explainQuery } from "../../src/plan/explain.ts";
import { type PlannedScript, planScript } from "../../src/plan/plan-script.ts";
import { parse } from "../../src/sql/parse.ts";
import type { SqlError } from "../../src/sql/tree.ts";
import { testConnectors } from "./connectors.ts";

export function plan(text: string, initial: Readonly<Record<string, string>> = {}): PlannedScript {
  const catalog = { check: checkSetting, names: settingNames };
  return planScript({ statements: parse(text), text, connectors: testConnectors, settings: { catalog, initial } });
}

/** Errors with place, line and caret; else the plan. */
export function planText(text: string): string {
  const { plan: planned, errors, notices, explained } = plan(text);
  const parts = [
    ...notices.map((notice) => `notice: ${notice}\n`),
    ...errors.map((error) => errorText(text, error)),
    ...explained.flatMap((one) => one.plan.queries.map((query) => `explain ${explainQuery(query)}\n`)),
    ...(planned === null ? [] : [explainPlan(planned)]),
  ];
  return parts.join("\n");
}

function errorText(text: string, { code, message, span, hint }: SqlError): string {
  const lineStart = text.lastIndexOf("\n", span.start - 1) + 1;
  const lineEnd = text.indexOf("\n", span.start) === -1 ? text.length : text.indexOf("\n", span.start);
  const line = text.slice(0, span.start).split("\n").length;
  const column = span.start - lineStart;
  const width = Math.max(1, Math.min(span.end, lineEnd) - span.start);
  return [
    `${line}:${column + 1} error[${code}]: ${message}`,
    `  ${text.slice(lineStart, lineEnd)}`,
    `  ${" ".repeat(column)}${"^".repeat(width)}`,
    ...(hint === null ? [] : [`  hint: ${hint}`]),
    "",
  ].join("\n");
}
