/** Query parameters to a view query. Every parameter is known and well-formed, or the answer says which is not. */
import { nearestName } from "../core/nearest.ts";
import { type Condition, type ConditionOperator, conditionOperators } from "../views/filter.ts";
import type { OrderItem } from "../views/order.ts";
import type { Selection } from "../views/select.ts";
import type { Consistency, ViewQuery } from "../views/view.ts";
import { badRequest } from "./problem.ts";

export const DEFAULT_LIMIT = 1000;
export const MAX_LIMIT = 100_000;
/** Conditions and order columns of one request, each, at most. */
const MAX_ITEMS = 32;

/** Throws Problem 400 for a parameter that the route does not read. */
export function checkParameters(parameters: URLSearchParams, known: readonly string[]): void {
  for (const name of parameters.keys()) {
    if (known.includes(name)) continue;
    const nearest = nearestName(name, known);
    const list = known.length === 0 ? "it takes none" : `it takes ${known.join(", ")}`;
    const hint = nearest === null ? list : `did you mean "${nearest}"?`;
    throw badRequest("unknown-parameter", `this request takes no parameter "${name.slice(0, 60)}"`, hint);
  }
}

export function readViewQuery(parameters: URLSearchParams): ViewQuery {
  const cursor = single(parameters, "cursor");
  return {
    ...readSelection(parameters),
    consistency: readConsistency(parameters),
    order: readOrder(parameters),
    limit: readCount(parameters, "limit", { fallback: DEFAULT_LIMIT, least: 1 }),
    ...(cursor === undefined ? {} : { cursor }),
  };
}

export function readSelection(parameters: URLSearchParams): Selection {
  const where = parameters.getAll("where").map(readCondition);
  if (where.length > MAX_ITEMS) throw badRequest("where", `${where.length} conditions are more than ${MAX_ITEMS}`);
  const from = single(parameters, "from");
  const to = single(parameters, "to");
  return { where, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

export function readConsistency(parameters: URLSearchParams): Consistency {
  const text = single(parameters, "consistency") ?? "committed";
  if (text === "committed" || text === "latest") return text;
  throw badRequest("consistency", `consistency is committed or latest, not "${text.slice(0, 60)}"`);
}

export function readCount(
  parameters: URLSearchParams,
  name: string,
  bounds: { readonly fallback: number; readonly least: number },
): number {
  const text = single(parameters, name);
  if (text === undefined) return bounds.fallback;
  const count = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  if (count >= bounds.least && count <= MAX_LIMIT) return count;
  throw badRequest(name, `${name} is a whole number from ${bounds.least} to ${MAX_LIMIT}, not "${text.slice(0, 60)}"`);
}

/** Throws Problem 400 when a parameter that may be given once is repeated. */
export function single(parameters: URLSearchParams, name: string): string | undefined {
  const values = parameters.getAll(name);
  if (values.length > 1)
    throw badRequest("repeated-parameter", `the parameter "${name}" is given ${values.length} times`);
  return values[0];
}

const CONDITION = new RegExp(`^(.+?):(${conditionOperators.join("|")}):(.*)$`, "s");

function readCondition(text: string): Condition {
  const parts = CONDITION.exec(text);
  if (parts === null) {
    throw badRequest(
      "where",
      `"${text.slice(0, 60)}" is no condition`,
      `write where=column:op:value with op one of ${conditionOperators.join(", ")}`,
    );
  }
  return { column: parts[1] as string, op: parts[2] as ConditionOperator, text: parts[3] as string };
}

/** `a,b:desc`, also `-b`; repeated parameters go on. */
function readOrder(parameters: URLSearchParams): OrderItem[] {
  const items = parameters.getAll("order").flatMap((text) => text.split(","));
  if (items.length > MAX_ITEMS) throw badRequest("order", `${items.length} order columns are more than ${MAX_ITEMS}`);
  return items.map((item) => {
    const parts = /^(-?)(.+?)(?::(asc|desc))?$/s.exec(item);
    if (parts === null || (parts[1] === "-" && parts[3] !== undefined)) {
      throw badRequest("order", `"${item.slice(0, 60)}" is no order column`, "write order=column:asc,other:desc");
    }
    return { column: parts[2] as string, descending: parts[1] === "-" || parts[3] === "desc" };
  });
}
