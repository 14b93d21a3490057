/** Functions that take a unit of time: EXTRACT, FLOOR and CEIL of a time, TIMESTAMPDIFF. */
import type { Span } from "../core/error.ts";
import { formatType } from "../core/type-text.ts";
import type { Expression } from "../sql/tree.ts";
import { type BindContext, bindAll, type CallNode } from "./bind-context.ts";
import { castTo } from "./cast.ts";
import { call, literal } from "./expression.ts";
import type { BoundExpression } from "./plan.ts";
import { nearestUnit, unitOf } from "./time-unit.ts";
import { BIGINT, commonType, isTemporal, isTimestamp, STRING } from "./type-rules.ts";

type Of<K extends Expression["kind"]> = Extract<Expression, { kind: K }>;

const dateUnits = [
  "MILLENNIUM",
  "CENTURY",
  "DECADE",
  "YEAR",
  "ISOYEAR",
  "QUARTER",
  "MONTH",
  "WEEK",
  "DAY",
  "DOW",
  "ISODOW",
  "DOY",
];
const clockUnits = ["HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND"];
const roundDateUnits = ["YEAR", "QUARTER", "MONTH", "WEEK", "DAY"];
const roundClockUnits = ["HOUR", "MINUTE", "SECOND", "MILLISECOND"];
const differenceUnits = ["YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND"];

export function bindExtract(context: BindContext, node: Of<"extract">): BoundExpression | null {
  const operand = bindTemporal(context, node.operand, "EXTRACT");
  const units = unitsFor(operand, dateUnits, clockUnits);
  const all = operand !== null && operand.type.kind !== "time" ? [...units, "EPOCH"] : units;
  const known = checkUnit(context, { unit: node.unit, units: all, what: "EXTRACT", operand, span: node.span });
  if (operand === null || !known) return null;
  return call("EXTRACT", [literal(node.unit, STRING), operand], { type: BIGINT });
}

export function bindRoundTime(context: BindContext, node: Of<"roundTime">): BoundExpression | null {
  const operand = bindTemporal(context, node.operand, node.function);
  const units = unitsFor(operand, roundDateUnits, roundClockUnits);
  const known = checkUnit(context, { unit: node.unit, units, what: node.function, operand, span: node.span });
  if (operand === null || !known) return null;
  return call(`${node.function}_TIME`, [operand, literal(node.unit, STRING)], { type: operand.type });
}

/** Whole units from the first time to the second. */
export function bindTimestampDiff(context: BindContext, node: CallNode): BoundExpression | null {
  const [unitNode, fromNode, toNode] = node.arguments as [Expression, Expression, Expression];
  const unit = unitOf(unitNode) ?? "";
  const known = checkUnit(context, {
    unit,
    units: differenceUnits,
    what: "TIMESTAMPDIFF",
    operand: null,
    span: unitNode.span,
  });
  const times = bindAll(context, [fromNode, toNode])?.map((time, i) => {
    if (isTimestamp(time.type) || time.type.kind === "date" || time.type.kind === "null") return time;
    const message = `argument ${i + 2} of "TIMESTAMPDIFF" is ${formatType(time.type)}, but a date or timestamp is expected`;
    return context.report.error({ code: "ARGUMENT-TYPE", message, span: node.arguments[i + 1]?.span ?? node.span });
  });
  if (times === undefined || times.some((time) => time === null) || !known) return null;
  const [from, to] = times as [BoundExpression, BoundExpression];
  const common = commonType(from.type, to.type) ?? from.type;
  const type = common.kind === "null" ? ({ kind: "timestamp", precision: 3 } as const) : common;
  return call("TIMESTAMPDIFF", [literal(unit, STRING), castTo(from, type), castTo(to, type)], {
    type: { kind: "int" },
  });
}

function bindTemporal(context: BindContext, node: Expression, what: string): BoundExpression | null {
  const operand = context.bind(node);
  if (operand === null) return null;
  if (operand.type.kind === "null") return castTo(operand, { kind: "timestamp", precision: 3 });
  if (isTemporal(operand.type)) return operand;
  const message = `the operand of "${what}" is ${formatType(operand.type)}, but a date, time or timestamp is expected`;
  return context.report.error({ code: "ARGUMENT-TYPE", message, span: node.span });
}

function unitsFor(
  operand: BoundExpression | null,
  date: readonly string[],
  clock: readonly string[],
): readonly string[] {
  if (operand?.type.kind === "date") return date;
  return operand?.type.kind === "time" ? clock : [...date, ...clock];
}

interface UnitCheck {
  readonly unit: string;
  readonly units: readonly string[];
  readonly what: string;
  readonly operand: BoundExpression | null;
  readonly span: Span;
}

function checkUnit(context: BindContext, { unit, units, what, operand, span }: UnitCheck): boolean {
  if (units.includes(unit)) return true;
  const from = operand === null ? "" : ` of ${formatType(operand.type)}`;
  const message = unit === "" ? `"${what}" takes a unit first` : `"${what}"${from} knows no unit "${unit}"`;
  context.report.error({ code: "UNKNOWN-UNIT", message, span, hint: nearestUnit(unit, units) });
  return false;
}
