/**
 * `f(…) OVER (PARTITION BY … ORDER BY window_time ROWS BETWEEN n PRECEDING AND CURRENT ROW)` on the results of a window. Each
 * call becomes a column number that no row has, until the SELECT is bound and `results.ts` puts OVER between the results
 * and it. All OVERs of one SELECT have one frame, as in Flink.
 */
import type { Span } from "../core/error.ts";
import type { OrderItem, WindowFrame, WindowSpecification } from "../sql/tree.ts";
import { AggregateBinder } from "./bind-aggregate.ts";
import type { CallNode } from "./bind-context.ts";
import { bindExpression, type Surroundings } from "./bind-expression.ts";
import { columnOf, expressionKey } from "./expression.ts";
import type { AggregateCall, BoundExpression, SortItem } from "./plan.ts";
import type { QueryContext, SelectScope } from "./query-context.ts";
import { BIGINT, isNested } from "./type-rules.ts";

/** Column numbers from here on are OVER calls. */
export const OVER_BASE = 1 << 25;
const MOST_PRECEDING = 100_000;
const ONE_OVER = "put the second one around a subquery with the first";

/** What OVER reads, as bound: its parts are over what the SELECT's items are over. */
export interface BoundOver {
  readonly partitionBy: readonly BoundExpression[];
  readonly preceding: number | null;
  readonly calls: readonly AggregateCall[];
}

/** The column number of ROW_NUMBER. */
export const RANK_INDEX = 1 << 26;

/** What ROW_NUMBER reads, as bound. The window is among `partitionBy`. */
export interface BoundRank {
  readonly partitionBy: readonly BoundExpression[];
  readonly orderBy: readonly SortItem[];
  readonly span: Span;
}

export class OverBinder {
  readonly #context: QueryContext;
  /** Of the SELECT's items, without OVER. */
  readonly #surroundings: Surroundings;
  readonly #calls: AggregateBinder;
  /** Whether ORDER BY this is the order in which results leave. */
  readonly #isTime: (expression: BoundExpression) => boolean;
  #rank: (BoundRank & { readonly key: string }) | null = null;
  #frame: {
    readonly key: string;
    readonly partitionBy: readonly BoundExpression[];
    readonly preceding: number | null;
  } | null = null;

  constructor(
    context: QueryContext,
    input: {
      readonly select: SelectScope;
      readonly surroundings: Surroundings;
      readonly isTime: (expression: BoundExpression) => boolean;
    },
  ) {
    this.#context = context;
    this.#surroundings = input.surroundings;
    this.#isTime = input.isTime;
    this.#calls = new AggregateBinder(context, input.select, { base: OVER_BASE, inside: input.surroundings });
  }

  /** Null when no item is ROW_NUMBER. */
  get rank(): BoundRank | null {
    return this.#rank;
  }

  /** Null when no item has OVER. */
  get bound(): BoundOver | null {
    return this.#frame && { ...this.#frame, calls: this.#calls.calls };
  }

  /** What the query calls the result of an item that is such a call and nothing else. */
  rename(expression: BoundExpression | null, alias: string | null): void {
    const index = expression === null ? -1 : overIndex(expression);
    if (index >= 0 && alias !== null) this.#calls.rename(index, alias);
  }

  bind(node: CallNode, over: WindowSpecification): BoundExpression | null {
    const { report } = this.#context;
    if (node.name === "ROW_NUMBER") return this.#bindRank(node, over);
    if (this.#rank !== null) return report.unsupported("ROW_NUMBER beside another OVER", node.span, ONE_OVER);
    const call = this.#calls.bind(node);
    if (call === null && !this.#calls.knows(node)) {
      for (const argument of node.arguments) bindExpression(this.#surroundings, argument);
      return report.unsupported(`${node.name} OVER (…)`, node.span, "aggregates such as SUM and AVG work OVER results");
    }
    const partitionBy = this.#partitions(over);
    const ordered = this.#checkOrder(over);
    const start = this.#start(over);
    if (call === null || partitionBy === null || !ordered || start === null) return null;
    const { preceding } = start;
    const key = JSON.stringify([partitionBy.map(expressionKey), preceding]);
    if (this.#frame !== null && this.#frame.key !== key)
      return report.unsupported("a second OVER with another frame in one SELECT", over.span, ONE_OVER);
    this.#frame = { key, partitionBy, preceding };
    return call;
  }

  #bindRank(node: CallNode, over: WindowSpecification): BoundExpression | null {
    const { report } = this.#context;
    if (node.arguments.length > 0 || node.star)
      return report.error({ code: "ARGUMENT-COUNT", message: '"ROW_NUMBER" takes no arguments', span: node.span });
    const partitionBy = this.#partitions(over);
    const orderBy = over.orderBy.map((item) => this.#sortItem(item));
    if (over.orderBy.length === 0) {
      const hint = "write ORDER BY n DESC for the greatest n first";
      return report.error({ code: "OVER-ORDER", message: "ROW_NUMBER needs ORDER BY", span: over.span, hint });
    }
    if (over.frame !== null)
      return report.error({ code: "OVER-FRAME", message: "ROW_NUMBER takes no frame", span: over.frame.span });
    const sorted = orderBy.filter((item) => item !== null);
    if (partitionBy === null || sorted.length < orderBy.length) return null;
    if (!partitionBy.some(this.#isTime)) {
      const hint = "write OVER (PARTITION BY window_start, window_end, … ORDER BY …)";
      return report.unsupported("ROW_NUMBER over more than one window", over.span, hint);
    }
    const key = JSON.stringify(
      [partitionBy, sorted].map((list) =>
        list.map((one) =>
          "expression" in one ? [expressionKey(one.expression), one.descending, one.nullsFirst] : expressionKey(one),
        ),
      ),
    );
    if (this.#frame !== null || (this.#rank !== null && this.#rank.key !== key))
      return report.unsupported("ROW_NUMBER beside another OVER", node.span, ONE_OVER);
    this.#rank = { key, partitionBy, orderBy: sorted, span: node.span };
    return columnOf(RANK_INDEX, BIGINT, false);
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

  #checkOrder(over: WindowSpecification): boolean {
    const { report } = this.#context;
    const [first, second] = over.orderBy;
    const hint = "write ORDER BY window_time, and window_time into GROUP BY";
    if (first === undefined) {
      report.error({
        code: "OVER-ORDER",
        message: "OVER needs ORDER BY: a frame is rows in an order",
        span: over.span,
        hint,
      });
      return false;
    }
    if (second !== undefined) {
      report.unsupported("OVER with a second ORDER BY column", second.span, hint);
      return false;
    }
    return this.#checkOrderItem(first, hint);
  }

  #checkOrderItem(item: OrderItem, hint: string): boolean {
    const { report } = this.#context;
    const bound = bindExpression(this.#surroundings, item.expression);
    if (bound === null) return false;
    if (item.descending || item.nulls === "LAST") {
      report.unsupported("OVER with ORDER BY … DESC", item.span, "time goes up: leave DESC out");
      return false;
    }
    if (this.#isTime(bound)) return true;
    report.unsupported("OVER ordered by anything but the window's time", item.expression.span, hint);
    return false;
  }

  #start(over: WindowSpecification): Pick<BoundOver, "preceding"> | null {
    const { report } = this.#context;
    const { frame } = over;
    const hint = "write ROWS BETWEEN 2 PRECEDING AND CURRENT ROW";
    if (frame === null) return report.unsupported("OVER without a ROWS frame", over.span, hint);
    if (frame.unit !== "ROWS") return report.unsupported("OVER with a RANGE frame", frame.span, hint);
    if (frame.end.kind !== "currentRow")
      return report.unsupported("a frame that ends elsewhere than at CURRENT ROW", frame.span, hint);
    return this.#startOf(frame, hint);
  }

  #startOf(frame: WindowFrame, hint: string): Pick<BoundOver, "preceding"> | null {
    const { report } = this.#context;
    const { start } = frame;
    if (start.kind === "currentRow") return { preceding: 0 };
    if (start.kind === "unboundedPreceding") return { preceding: null };
    if (start.kind !== "preceding") {
      return report.unsupported("a frame that starts elsewhere than a number of rows PRECEDING", frame.span, hint);
    }
    const bound = bindExpression(this.#surroundings, start.offset);
    if (bound === null) return null;
    const value = bound.kind === "literal" && typeof bound.value === "bigint" ? bound.value : null;
    if (value !== null && value >= 0n && value <= BigInt(MOST_PRECEDING)) return { preceding: Number(value) };
    const message = `the rows of a frame are a whole literal from 0 to ${MOST_PRECEDING}`;
    return report.error({ code: "OVER-FRAME", message, span: start.offset.span, hint });
  }
}

/** A placeholder's number among the calls, or −1. */
export function overIndex(expression: BoundExpression): number {
  const call = expression.kind === "column" && expression.index >= OVER_BASE && expression.index < RANK_INDEX;
  return call ? expression.index - OVER_BASE : -1;
}
