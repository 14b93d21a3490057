/**
 * Which rows of a view a read takes: its conditions and window range made into one test per segment, and the walks that
 * collect rows by it. Segments whose windows lie outside the range are passed over unread.
 */
import { EngineError } from "../core/error.ts";
import { type Condition, compileConditions, parseForColumn, type RowTest, type SegmentTest } from "./filter.ts";
import { comparePlaces, FirstRows, type OrderColumn, type Place, type PlacedRow, placeRow } from "./order.ts";
import { fieldType, firstRowAfter, isLive, type RowReference, type Segment } from "./segment.ts";
import type { TableSettings } from "./table.ts";

/** The column "from" and "to" bound, and retention goes by. */
export const windowColumnName = "window_start";

export interface Selection {
  /** All must hold. */
  readonly where?: readonly Condition[];
  /** window_start ≥ from and < to. */
  readonly from?: string;
  readonly to?: string;
}

/** Null for a segment that holds no row of the selection. */
export type SegmentSelection = (segment: Segment) => RowTest | null;

/** Throws EngineError (domain user) that names the column or literal it does not understand. */
export function compileSelection(settings: TableSettings, selection: Selection): SegmentSelection {
  const { name, schema, windowColumn } = settings;
  const conditions = compileConditions(schema, name, selection.where ?? []);
  if (selection.from === undefined && selection.to === undefined) return conditions;
  if (windowColumn < 0) {
    throw new EngineError(`view "${name}" has no timestamp column "${windowColumnName}" for "from" and "to" to bound`, {
      domain: "user",
      code: "NO-WINDOW",
      hint: "use where=column:ge:value",
    });
  }
  const column = { name: windowColumnName, type: fieldType(schema, windowColumn) };
  const bound = (text: string | undefined): bigint | null => {
    const operand = text === undefined ? null : parseForColumn(column, text);
    return operand?.kind === "number" ? BigInt(operand.value) : null;
  };
  const range = { from: bound(selection.from), to: bound(selection.to), windowColumn };
  return (segment) => withinRange(segment, range, conditions);
}

interface WindowRange {
  readonly from: bigint | null;
  readonly to: bigint | null;
  readonly windowColumn: number;
}

function withinRange(segment: Segment, range: WindowRange, conditions: SegmentTest): RowTest | null {
  const { from, to, windowColumn } = range;
  const { windows } = segment;
  if (windows === null || (from !== null && windows.last < from) || (to !== null && windows.first >= to)) return null;
  const read = segment.readers[windowColumn];
  const holds = conditions(segment);
  return (row) => {
    const window = read?.(row);
    if (typeof window !== "bigint") return false;
    return (from === null || window >= from) && (to === null || window < to) && holds(row);
  };
}

/** The first rows in order of arrival, after a place. */
export function firstRows(
  segments: readonly Segment[],
  test: SegmentSelection,
  page: { after: Place | null; limit: number },
): readonly PlacedRow[] {
  const found: PlacedRow[] = [];
  const after = page.after?.sequence ?? 0;
  for (const segment of segments) {
    if (segment.lastSequence <= after) continue;
    const holds = test(segment);
    if (holds === null) continue;
    for (let row = firstRowAfter(segment, after); row < segment.batch.rows; row++) {
      if (!isLive(segment, row) || !holds(row)) continue;
      found.push(placeRow([], segment, row));
      if (found.length === page.limit) return found;
    }
  }
  return found;
}

/** The first rows by order, after a place. */
export function sortedRows(
  segments: readonly Segment[],
  test: SegmentSelection,
  page: { order: readonly OrderColumn[]; after: Place | null; limit: number },
): readonly PlacedRow[] {
  const first = new FirstRows(page.order, page.limit);
  for (const segment of segments) {
    const holds = test(segment);
    if (holds === null) continue;
    for (let row = 0; row < segment.batch.rows; row++) {
      if (!isLive(segment, row) || !holds(row)) continue;
      const placed = placeRow(page.order, segment, row);
      if (page.after === null || comparePlaces(page.order, placed, page.after) > 0) first.add(placed);
    }
  }
  return first.take();
}

/** The last rows, in order of arrival. */
export function lastRows(segments: readonly Segment[], test: SegmentSelection, limit: number): RowReference[] {
  const rows: RowReference[] = [];
  for (const segment of segments.toReversed()) {
    const holds = rows.length < limit ? test(segment) : null;
    if (holds === null) continue;
    for (let row = segment.batch.rows - 1; row >= 0 && rows.length < limit; row--) {
      if (isLive(segment, row) && holds(row)) rows.push({ segment, row });
    }
  }
  return rows.reverse();
}

/** Those of the rows given that pass, live or not. */
export function selectRows(rows: readonly RowReference[], test: SegmentSelection): RowReference[] {
  let current: Segment | null = null;
  let holds: RowTest | null = null;
  return rows.filter(({ segment, row }) => {
    if (segment !== current) holds = test(segment);
    current = segment;
    return holds?.(row) ?? false;
  });
}
