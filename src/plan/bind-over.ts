/**
 * `f(…) OVER (PARTITION BY … ORDER BY window_time ROWS BETWEEN n PRECEDING AND CURRENT ROW)` on the results of a window. Each
 * call becomes a column number that no row has, until the SELECT is bound and `results.ts` puts OVER between the results
 * and it: one operator for the calls of one partition and frame. LAG and the ranks by time are written as aggregates over frames
 * of their own, those of a later level reading those of an earlier one; ranks inside a window are `windowTop`.
 */
import type { Span } from "../core/error.ts";
import type { NamedWindow, OrderItem, WindowSpecification } from "../sql/tree.ts";
import { AggregateBinder } from "./bind-aggregate.ts";
import type { CallNode } from "./bind-context.ts";
import { bindExpression, type Surroundings } from "./bind-expression.ts";
import { castTo } from "./cast.ts";
import { call, columnOf, expressionKey, literal, rewrite } from "./expression.ts";
import {
  type BoundLead,
  type BoundOvers,
  type BoundRank,
  FRAME_CALLS,
  isOverCall,
  LEAD_BASE,
  LEAD_THERE,
  MOST_FRAMES,
  OVER_BASE,
  RANK_INDEX,
  type RankFunction,
} from "./over-calls.ts";
import { ALL_SO_FAR, bindFrame, type Frame } from "./over-frame.ts";
import type { OverRows } from "./over-rows.ts";
import { namedWindow } from "./over-window.ts";
import type { AggregateCall, BoundExpression, NamedExpression, SortItem } from "./plan.ts";
import type { QueryContext, SelectScope } from "./query-context.ts";
import { BIGINT, BOOLEAN, isNested } from "./type-rules.ts";

const MOST_LAG = 100_000n;
const STREAM_HINT = "write ORDER BY and the column that WATERMARK is declared on";
const ONE_PARTITION = "give all of them the same PARTITION BY";
const ONE_OVER = "put the second one around a subquery with the first";

interface Distant {
  /** MAX of the value. */
  readonly made: AggregateCall;
  readonly rows: number;
  readonly otherwise: BoundExpression | null;
  readonly partitionBy: readonly BoundExpression[];
  readonly time: BoundExpression;
}

interface OpenFrame {
  readonly key: string;
  /** Those of a level read those of levels before. */
  readonly level: number;
  readonly frame: Frame;
  readonly time: BoundExpression;
  readonly span: Span;
  readonly partitionBy: readonly BoundExpression[];
  readonly base: number;
  readonly calls: AggregateBinder;
}

export class OverBinder {
  readonly #context: QueryContext;
  readonly #select: SelectScope;
  /** Of the SELECT's items, without OVER. */
  readonly #surroundings: Surroundings;
  readonly #rows: OverRows;
  readonly #windows: readonly NamedWindow[];
  readonly #frames: OpenFrame[] = [];
  readonly #leads: (BoundLead & { readonly ahead: NamedExpression[] })[] = [];
  #rank: (BoundRank & { readonly key: string }) | null = null;
  /** Of the call in hand. */
  #span: Span = { start: 0, end: 0 };

  constructor(
    context: QueryContext,
    input: {
      readonly select: SelectScope;
      readonly surroundings: Surroundings;
      readonly rows: OverRows;
      /** What the SELECT defines behind WINDOW. */
      readonly windows: readonly NamedWindow[];
    },
  ) {
    this.#context = context;
    this.#select = input.select;
    this.#surroundings = input.surroundings;
    this.#rows = input.rows;
    this.#windows = input.windows;
  }

  /** Null when no item has OVER. */
  get bound(): BoundOvers | null {
    if (this.#frames.length === 0 && this.#leads.length === 0 && this.#rank === null) return null;
    // Frames by time come first: they may need the rows that a sort gives together.
    const place = ({ level, frame }: OpenFrame): number => level * 2 + Number(frame.unit === "ROWS");
    const overs = this.#frames
      .toSorted((a, b) => place(a) - place(b))
      .map(({ frame, base, time, span, partitionBy, calls }) => ({
        ...frame,
        base,
        time,
        span,
        partitionBy,
        calls: calls.calls,
      }));
    if (this.#leads.length > 0 && this.#rank?.windowless === false) {
      this.#context.report.unsupported(`LEAD beside ${this.#rank.function} in the window`, this.#rank.span, ONE_OVER);
      return { overs, leads: [], rank: null };
    }
    return { overs, leads: this.#leads, rank: this.#rank };
  }

  /** What the query calls the result of an item that is such a call and nothing else. */
  rename(expression: BoundExpression | null, alias: string | null): void {
    if (alias === null || expression?.kind !== "column" || !isOverCall(expression)) return;
    if (expression.index >= LEAD_BASE) return;
    const at = expression.index - OVER_BASE;
    this.#frames[Math.floor(at / FRAME_CALLS)]?.calls.rename(at % FRAME_CALLS, alias);
  }

  bind(node: CallNode, written: WindowSpecification): BoundExpression | null {
    this.#span = node.span;
    const over = namedWindow(this.#context.report, written, this.#windows);
    if (over === null) return null;
    switch (node.name) {
      case "ROW_NUMBER":
      case "RANK":
      case "DENSE_RANK":
        return this.#bindRank(node, over, node.name);
      case "LAG":
        return this.#bindLag(node, over);
      case "LEAD":
        return this.#bindLead(node, over);
      default:
        return this.#bindAggregate(node, over);
    }
  }

  #bindAggregate(node: CallNode, over: WindowSpecification): BoundExpression | null {
    // Bound once where nobody reads it, so that errors are said once and come in the order of the text.
    const probe = this.#callsAt(OVER_BASE);
    if (this.#rows.kind === "bare") return this.#notBare(node);
    const known = probe.bind(node);
    if (known === null && !probe.knows(node)) {
      for (const argument of node.arguments) bindExpression(this.#surroundings, argument);
      const hint = "aggregates such as SUM and AVG work OVER results";
      return this.#context.report.unsupported(`${node.name} OVER (…)`, node.span, hint);
    }
    const partitionBy = this.#partitions(over);
    const time = this.#timeOf(over);
    const frame = bindFrame(this.#surroundings, over);
    const [made] = probe.calls;
    if (known === null || made === undefined || partitionBy === null || time === null || frame === null) return null;
    const ranged = frame.unit === "ROWS" ? time : this.#rangeTime(over, time);
    const value = ranged && this.#call(made, { partitionBy, frame, time: ranged });
    return value && rewrite(known, ({ kind }) => (kind === "column" ? value : null));
  }

  /** LAG(x [, n [, default]]) is the only value of the frame that is the row n before. */
  #bindLag(node: CallNode, over: WindowSpecification): BoundExpression | null {
    const bound = this.#bindDistant(node, over);
    if (bound === null) return null;
    const { made, rows, partitionBy, time } = bound;
    const place = { partitionBy, frame: { unit: "ROWS", preceding: rows, until: rows }, time } as const;
    const before = this.#call({ ...made, nullable: true }, place);
    if (bound.otherwise === null) return before;
    return this.#whereThere(before, this.#call(this.#countOf("rows there"), place), bound.otherwise);
  }

  /** LEAD(x [, n [, default]]) waits for the row n behind. */
  #bindLead(node: CallNode, over: WindowSpecification): BoundExpression | null {
    const bound = this.#bindDistant(node, over);
    if (bound === null) return null;
    const { made, rows, partitionBy, time } = bound;
    const [expression] = made.arguments;
    if (expression === undefined || rows === 0) return expression ?? null;
    const known = this.#leads.find((lead) => lead.rows === rows);
    const base = LEAD_BASE + this.#leads.length * (LEAD_THERE + 1);
    const lead = known ?? { base, partitionBy, rows, ahead: [], time, span: node.span };
    if (known === undefined) this.#leads.push(lead);
    const keys = (list: readonly BoundExpression[]): string => list.map(expressionKey).join();
    if (keys(partitionBy) !== keys(this.#leads[0]?.partitionBy ?? []))
      return this.#context.report.unsupported("LEADs of different partitions in one SELECT", node.span, ONE_PARTITION);
    const at = lead.ahead.push({ name: made.name, expression }) - 1;
    const value = columnOf(lead.base + at, made.type, true);
    if (bound.otherwise === null) return value;
    return this.#whereThere(value, columnOf(lead.base + LEAD_THERE, BIGINT, false), bound.otherwise);
  }

  #whereThere(value: BoundExpression, there: BoundExpression, otherwise: BoundExpression): BoundExpression {
    const cast = castTo(otherwise, value.type);
    const when = call("EQ", [there, literal(0n, BIGINT)], { type: BOOLEAN });
    // biome-ignore lint/suspicious/noThenProperty: a branch of CASE has one
    return { kind: "case", whens: [{ when, then: cast }], otherwise: value, type: value.type, nullable: true };
  }

  /** The parts of LAG and LEAD. Null after an error. */
  #bindDistant(node: CallNode, over: WindowSpecification): Distant | null {
    const { report } = this.#context;
    const { name } = node;
    if (this.#rows.kind === "bare") return this.#notBare(node);
    const [value, distance, fallback, ...rest] = node.arguments;
    if (value === undefined || rest.length > 0 || node.star || node.distinct || node.filter !== null) {
      const message = `"${name}" takes a value, how many rows away, and what stands for a row that is not there`;
      const hint = `write ${name}(n), or ${name}(n, 2, 0)`;
      return report.error({ code: "ARGUMENT-COUNT", message, span: node.span, hint });
    }
    if (over.frame !== null)
      return report.error({ code: "OVER-FRAME", message: `${name} takes no frame`, span: over.frame.span });
    const probe = this.#callsAt(OVER_BASE);
    const known = probe.bind({ ...node, name: "MAX", arguments: [value] });
    const rows = distance === undefined ? 1 : this.#distance(distance, name);
    const otherwise = fallback === undefined ? null : bindExpression(this.#surroundings, fallback);
    const partitionBy = this.#partitions(over);
    const time = this.#timeOf(over);
    const [made] = probe.calls;
    if (known === null || made === undefined || rows === null || partitionBy === null || time === null) return null;
    return fallback !== undefined && otherwise === null ? null : { made, rows, otherwise, partitionBy, time };
  }

  #notBare(node: CallNode): null {
    const hint =
      "GROUP BY window_start, window_end first, or number the rows: PARTITION BY window_start, window_end, …";
    return this.#context.report.unsupported(
      `${node.name} OVER the rows of a window that are not grouped`,
      node.span,
      hint,
    );
  }

  #distance(node: CallNode["arguments"][number], name: string): number | null {
    const bound = bindExpression(this.#surroundings, node);
    if (bound === null) return null;
    const value = bound.kind === "literal" && typeof bound.value === "bigint" ? bound.value : null;
    if (value !== null && value >= 0n && value <= MOST_LAG) return Number(value);
    const message = `the distance of "${name}" is a whole literal from 0 to ${MOST_LAG}`;
    return this.#context.report.error({ code: "ARGUMENT-TYPE", message, span: node.span });
  }

  #bindRank(node: CallNode, over: WindowSpecification, name: RankFunction): BoundExpression | null {
    const { report } = this.#context;
    if (node.arguments.length > 0 || node.star)
      return report.error({ code: "ARGUMENT-COUNT", message: `"${name}" takes no arguments`, span: node.span });
    const partitionBy = this.#partitions(over);
    const orderBy = over.orderBy.map((item) => this.#sortItem(item));
    if (over.orderBy.length === 0) {
      const hint = "write ORDER BY n DESC for the greatest n first";
      return report.error({ code: "OVER-ORDER", message: `${name} needs ORDER BY`, span: over.span, hint });
    }
    if (over.frame !== null)
      return report.error({ code: "OVER-FRAME", message: `${name} takes no frame`, span: over.frame.span });
    const sorted = orderBy.filter((item) => item !== null);
    const [first, second] = sorted;
    if (partitionBy === null || first === undefined || sorted.length < orderBy.length) return null;
    const { kind, timeOf } = this.#rows;
    if (kind !== "stream" && partitionBy.some((key) => timeOf(key) !== null))
      return this.#rankRows({ node, name, windowless: false, partitionBy, sorted });
    if (kind === "bare") return this.#notBare(node);
    const time = timeOf(first.expression);
    if (second === undefined && !first.descending && first.nullsFirst && time !== null)
      return this.#rankByTime(name, partitionBy, time);
    return this.#rankRows({ node, name, windowless: true, partitionBy, sorted });
  }

  #rankRows(made: {
    readonly node: CallNode;
    readonly name: RankFunction;
    readonly windowless: boolean;
    readonly partitionBy: readonly BoundExpression[];
    readonly sorted: readonly SortItem[];
  }): BoundExpression | null {
    const { node, name, windowless, partitionBy, sorted } = made;
    const order = sorted.map((item) => [expressionKey(item.expression), item.descending, item.nullsFirst]);
    const key = JSON.stringify([name, partitionBy.map(expressionKey), order]);
    if (this.#rank !== null && this.#rank.key !== key)
      return this.#context.report.unsupported(`${name} beside another number of rows`, node.span, ONE_OVER);
    this.#rank = { key, function: name, windowless, partitionBy, orderBy: sorted, span: node.span };
    return columnOf(RANK_INDEX, BIGINT, false);
  }

  /** Ranks in the order in which rows come: how many came, and how often the time went on. */
  #rankByTime(
    name: RankFunction,
    partitionBy: readonly BoundExpression[],
    time: BoundExpression,
  ): BoundExpression | null {
    const all = { partitionBy, frame: ALL_SO_FAR, time };
    const count = this.#countOf("rows so far");
    if (name === "ROW_NUMBER") return this.#call({ ...count, name }, all);
    const last = { ...count, function: "MAX", arguments: [time], type: time.type, nullable: true, name: "time before" };
    const before = this.#call(last, { ...all, frame: { unit: "ROWS", preceding: 1, until: 1 } });
    const later = call("IS_DISTINCT_FROM", [before, time], { type: BOOLEAN, nullable: false });
    if (name === "DENSE_RANK") return this.#call({ ...count, filter: later, name }, { ...all, level: 1 });
    const first = { ...count, function: "MAX", arguments: [this.#call(count, all)], filter: later, name };
    return this.#call(first, { ...all, level: 1 });
  }

  #countOf(name: string): AggregateCall {
    const none = { arguments: [], distinct: false, filter: null, parameters: [] };
    return { function: "COUNT", ...none, type: BIGINT, nullable: false, name };
  }

  /** The call in the operator of its partition and frame. */
  #call(
    made: AggregateCall,
    place: Pick<OpenFrame, "partitionBy" | "frame" | "time"> & { readonly level?: number },
  ): BoundExpression {
    const { partitionBy, frame, time, level = 0 } = place;
    const key = JSON.stringify([partitionBy.map(expressionKey), frame, level]);
    let open = this.#frames.find((known) => known.key === key);
    if (open === undefined) {
      const base = OVER_BASE + Math.min(this.#frames.length, MOST_FRAMES - 1) * FRAME_CALLS;
      open = { key, level, frame, time, span: this.#span, partitionBy, base, calls: this.#callsAt(base) };
      this.#frames.push(open);
      if (this.#frames.length === MOST_FRAMES)
        this.#context.report.unsupported(`${MOST_FRAMES} frames in one SELECT`, this.#span, ONE_OVER);
    }
    return open.calls.add(made);
  }

  #callsAt(base: number): AggregateBinder {
    return new AggregateBinder(this.#context, this.#select, { base, inside: this.#surroundings });
  }

  #sortItem(item: OrderItem): SortItem | null {
    const { report } = this.#context;
    const expression = bindExpression(this.#surroundings, item.expression);
    if (expression === null) return null;
    if (isNested(expression.type)) return report.unsupported("ORDER BY a ROW, ARRAY or MAP", item.span);
    const { descending } = item;
    return { expression, descending, nullsFirst: item.nulls === null ? !descending : item.nulls === "FIRST" };
  }

  #partitions(over: WindowSpecification): BoundExpression[] | null {
    const { report } = this.#context;
    const bound = over.partitionBy.map((node) => {
      const expression = bindExpression(this.#surroundings, node);
      if (expression === null || !isNested(expression.type)) return expression;
      return report.unsupported("PARTITION BY a ROW, ARRAY or MAP", node.span, "partition by its fields");
    });
    const there = bound.filter((expression) => expression !== null);
    return there.length === bound.length ? there : null;
  }

  /** What ORDER BY names, when it is the order of the rows. Null after an error. */
  #timeOf(over: WindowSpecification): BoundExpression | null {
    const { report } = this.#context;
    const [first, second] = over.orderBy;
    const window = "write ORDER BY window_time, and window_time into GROUP BY";
    const hint = this.#rows.kind === "stream" ? STREAM_HINT : window;
    if (first === undefined) {
      const message = "OVER needs ORDER BY: a frame is rows in an order";
      return report.error({ code: "OVER-ORDER", message, span: over.span, hint });
    }
    if (second !== undefined) return report.unsupported("OVER with a second ORDER BY column", second.span, hint);
    const bound = bindExpression(this.#surroundings, first.expression);
    if (bound === null) return null;
    if (first.descending || first.nulls === "LAST")
      return report.unsupported("OVER with ORDER BY … DESC", first.span, "time goes up: leave DESC out");
    const time = this.#rows.timeOf(bound);
    if (time !== null) return bound;
    if (this.#rows.kind === "rows") {
      const only =
        "ROW_NUMBER, RANK and DENSE_RANK work here; the rest asks for a table with a WATERMARK, or results of windows";
      return report.unsupported("OVER on rows that have no order of time", first.expression.span, only);
    }
    const what = this.#rows.kind === "stream" ? "the event time" : "the window's time";
    return report.unsupported(`OVER ordered by anything but ${what}`, first.expression.span, hint);
  }

  /** What a frame by time goes by. Null after an error. */
  #rangeTime(over: WindowSpecification, bound: BoundExpression): BoundExpression | null {
    const hint = "write ORDER BY window_time";
    const time = this.#rows.timeOf(bound, true);
    return time ?? this.#context.report.unsupported("a RANGE frame by the start of windows that grow", over.span, hint);
  }
}
