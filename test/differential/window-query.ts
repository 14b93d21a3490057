/** Random windowed aggregations: keys, aggregates, HAVING, expressions over them, DISTINCT, and a query around it all. */
import { type RandomAggregate, randomAggregates } from "./aggregate.ts";
import { duckOutput } from "./cell.ts";
import type { Dice } from "./dice.ts";
import { Expressions, type Leaf } from "./expression.ts";
import { anyBad, logic, type Node } from "./node.ts";
import { both, columnNode, countsOf, type From, judged, type RandomQuery, randomFrom } from "./query.ts";
import type { RandomTable } from "./script.ts";
import { boundLeaves, legacyWindow, namedHop, type RandomWindow, randomWindow, sharedWindow } from "./window.ts";

interface Parts {
  readonly from: From;
  readonly window: RandomWindow;
  readonly where: Node | null;
  readonly keys: readonly Node[];
  readonly aggregates: readonly RandomAggregate[];
  /** Over bounds, keys and exact aggregates. */
  readonly having: Node | null;
  /** A condition on the window's columns, written in WHERE. */
  readonly windowFilter: Node | null;
  readonly plain: readonly Leaf[];
  readonly distinct: boolean;
  /** Picks rows and columns of the result. */
  readonly outer: { readonly condition: Node | null } | null;
}

/** Mostly not of what every row has its own of, so that groups have several rows. */
function keyNode(dice: Dice, expressions: Expressions): Node {
  for (;;) {
    const node = columnNode(dice, expressions);
    const unique = /\b(id|ts|time_ms)\b/.test(node.duck);
    if (node.computed !== true && (!unique || dice.chance(0.1))) return node;
  }
}

function keyLeaf(key: Node, index: number): Leaf {
  return { type: key.type, flink: key.flink, duck: `k${index}`, bad: null, samples: [] };
}

function named(leaf: Leaf, index: number): Leaf {
  return { ...leaf, flink: `o${index}` };
}

export function randomWindowQuery(dice: Dice, table: RandomTable, index: number): RandomQuery {
  const from = randomFrom(dice, table, index);
  const expressions = new Expressions(dice, from.leaves, true);
  const legacy = dice.chance(0.2);
  const distinct = !legacy && dice.chance(0.1);
  const shared = dice.chance(0.4);
  const inFrom = shared ? sharedWindow : randomWindow;
  const inGroup = shared ? namedHop : legacyWindow;
  const window = (legacy ? inGroup : inFrom)(dice, from);
  const bounds = boundLeaves(window, from, { start: "ws", end: "we" });
  const keys = Array.from({ length: dice.pick([0, 0, 1, 1, 1, 2, 3, 4]) }, () => keyNode(dice, expressions));
  const aggregates = distinct ? [] : randomAggregates(dice, expressions, { rows: table.rows.length });
  const above = [...bounds, ...keys.map(keyLeaf), ...aggregates.flatMap(({ leaf }) => leaf ?? [])];
  const over = new Expressions(dice, above, false);
  const projected = Array.from({ length: distinct ? 0 : dice.pick([0, 0, 1, 2]) }, () => ({
    ...over.any(2),
    samples: [],
  }));
  const plain = [...above, ...projected];
  const outside = new Expressions(dice, plain.map(named), false);
  return assemble({
    from,
    window,
    where: dice.chance(0.5) ? expressions.condition(3) : null,
    keys,
    aggregates,
    having: !distinct && dice.chance(0.3) ? over.condition(2) : null,
    windowFilter: !legacy && dice.chance(0.15) ? new Expressions(dice, bounds, false).condition(1) : null,
    plain: distinct ? plain.filter((leaf) => leaf.flink !== "window_time") : plain,
    distinct,
    outer: !distinct && dice.chance(0.2) ? { condition: dice.chance(0.7) ? outside.condition(2) : null } : null,
  });
}

function bareAggregates({ aggregates }: Parts): RandomAggregate[] {
  return aggregates.filter(({ leaf }) => leaf === null);
}

function flinkOf(parts: Parts): string {
  const { window, where, windowFilter, keys, having, plain, distinct, outer } = parts;
  const items = [...plain, ...bareAggregates(parts)];
  const list = items.map(({ flink }, i) => `${flink} AS o${i}`).join(", ");
  const conditions = [where, windowFilter].flatMap((condition) => (condition === null ? [] : `(${condition.flink})`));
  const below = `FROM ${window.flink}${conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`}`;
  if (distinct) return `SELECT DISTINCT ${list} ${below}`;
  const group = [...window.group, ...keys.map((key) => key.flink)].join(", ");
  const inner = `SELECT ${list} ${below} GROUP BY ${group}${having === null ? "" : ` HAVING ${having.flink}`}`;
  if (outer === null) return inner;
  return `SELECT * FROM (${inner}) AS q${outer.condition === null ? "" : ` WHERE ${outer.condition.flink}`}`;
}

/** True of a group that cannot be judged or, where it leaves, cannot be shown. A sum in a group that HAVING drops fails nothing. */
function overflowOf(having: Node | null, plain: readonly Node[]): string | null {
  const shown = anyBad(...plain.map(({ bad }) => bad));
  const leaves = having === null ? "TRUE" : `coalesce(${having.duck}, FALSE)`;
  return anyBad(having?.bad ?? null, shown === null ? null : `(${leaves} AND ${shown})`);
}

function assemble(parts: Parts): RandomQuery {
  const { from, window, where, keys, aggregates, plain } = parts;
  const bare = bareAggregates(parts);
  const open = `[w for w in ${window.all} if NOT coalesce(watermark_ms >= w.we - 1, FALSE)]`;
  const source = judged({
    filter: both(from.filter, where),
    late: `len(${open}) = 0`,
    parts: [...keys, ...aggregates.flatMap((aggregate) => aggregate.parts)],
    columns: [
      `${open} AS open`,
      ...keys.map((key, i) => `${key.duck} AS k${i}`),
      ...aggregates.flatMap(({ columns }) => columns),
    ],
  });
  const names = ["we", "ws", ...keys.map((_, i) => `k${i}`)];
  const counted = `(SELECT * EXCLUDE (w), w.we AS we, w.ws AS ws FROM (SELECT *, unnest(open) AS w FROM ${source} WHERE verdict = 'counted'))`;
  const grouped = `FROM ${counted} GROUP BY ${names.join(", ")}`;
  const columns = [
    ...plain.map(({ type, duck }) => duckOutput(type, duck)),
    ...bare.map(({ duck }) => duck),
    ...bare.map(({ within }) => within ?? "0"),
  ];
  const conditions = [parts.having, parts.windowFilter, parts.outer?.condition ?? null].flatMap((node) => node ?? []);
  const having = conditions.reduce<Node | null>((a, b) => (a === null ? b : logic("AND", a, b)), null);
  const overflowing = overflowOf(having, plain);
  const order = names.map((name) => `${name} ASC NULLS FIRST`).join(", ");
  return {
    views: from.views,
    flink: `${flinkOf(parts)};`,
    duckCounts: countsOf(source),
    duckRows: `SELECT ${columns.join(", ")} ${grouped}${having === null ? "" : ` HAVING ${having.duck}`} ORDER BY ${order}`,
    duckOverflows:
      overflowing === null ? null : `SELECT CAST(count(*) AS INTEGER) FROM (SELECT 1 ${grouped} HAVING ${overflowing})`,
    outputs: [
      ...plain.map(({ type }) => ({ type, unscaled: false, within: null })),
      ...bare.map(({ type, unscaled, within }, i) => ({
        type,
        unscaled,
        within: within === null ? null : plain.length + bare.length + i,
      })),
    ],
    isProjection: false,
  };
}
