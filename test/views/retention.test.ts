import { describe, expect, test } from "bun:test";
import { batchFromRows } from "../../src/core/batch-builder.ts";
import { MINUTE, type Row, rowsOf, schema, viewOf } from "./fixture.ts";

describe("retention", () => {
  test("drops whole windows, oldest first, and counts them", () => {
    const view = viewOf({ maxRows: 25 });
    for (let minute = 0n; minute < 10n; minute++) {
      view.append(
        batchFromRows(
          schema,
          Array.from({ length: 10 }, (_, n): Row => [minute * MINUTE, `/${n}`, minute, null]),
        ),
      );
    }
    expect(view.info()).toMatchObject({ rows: 20, windows: 2, droppedRows: 80, droppedWindows: 8 });
    expect(new Set(rowsOf(view.read({ limit: 100 }).batch).map((cells) => cells[2]))).toEqual(new Set([8n, 9n]));
  });

  test("a window larger than the bound loses its oldest rows", () => {
    const view = viewOf({ maxRows: 10, primaryKey: [1] });
    view.append(
      batchFromRows(
        schema,
        Array.from({ length: 30 }, (_, n): Row => [0n, `/${n}`, BigInt(n), null]),
      ),
    );
    expect(view.info()).toMatchObject({ rows: 10, droppedRows: 20, droppedWindows: 0 });
    view.append(batchFromRows(schema, [[0n, "/0", 99n, null]]));
    expect(rowsOf(view.read({ limit: 100 }).batch).map((cells) => cells[2])).toContain(99n);
  });

  test("bytes are bounded too", () => {
    const view = viewOf({ maxBytes: 20_000, logRows: 0 });
    const page = "x".repeat(100);
    for (let minute = 0n; minute < 500n; minute++)
      view.append(batchFromRows(schema, [[minute * MINUTE, page, minute, null]]));
    const { rows, bytes, droppedRows } = view.info();
    expect(bytes).toBeLessThanOrEqual(20_000);
    expect(rows).toBeGreaterThan(50);
    expect(rows + droppedRows).toBe(500);
    expect(rowsOf(view.tail({ limit: 1 }).batch)[0]?.[2]).toBe(499n);
  });
});

describe("what an answer reflects", () => {
  test("without checkpoints, what was emitted is committed", () => {
    const view = viewOf();
    view.append(batchFromRows(schema, [[0n, "/", 1n, null]], { watermark: 100, epoch: 0 }));
    view.advance(200, 0);
    view.advance(150, 0);
    expect(view.read({ limit: 1 })).toMatchObject({ watermark: 200, epoch: 0, sequence: 1 });
  });

  test("with checkpoints, committed reads see an epoch whole, once it is committed", () => {
    const view = viewOf({ transactional: true, primaryKey: [1] });
    const put = (clicks: bigint, epoch: number) =>
      view.append(batchFromRows(schema, [[0n, "/", clicks, null]], { watermark: epoch * 10, epoch }));
    const clicks = (consistency: "committed" | "latest") =>
      rowsOf(view.read({ limit: 9, consistency }).batch).map((cells) => cells[2]);
    put(1n, 1);
    put(2n, 1);
    expect([clicks("latest"), clicks("committed")]).toEqual([[2n], []]);
    put(3n, 2);
    view.commit(1);
    expect([clicks("latest"), clicks("committed")]).toEqual([[3n], [2n]]);
    expect(view.position("committed")).toEqual({ watermark: 10, epoch: 1, sequence: 2 });
    expect(view.position("latest")).toEqual({ watermark: 20, epoch: 2, sequence: 3 });
    view.commit(2);
    expect(clicks("committed")).toEqual([3n]);
  });

  test("listeners hear of every change until they leave", () => {
    const view = viewOf();
    let heard = 0;
    const leave = view.subscribe(() => heard++);
    view.append(batchFromRows(schema, [[0n, "/", 1n, null]]));
    view.advance(5, 0);
    leave();
    view.advance(6, 0);
    expect(heard).toBe(2);
  });
});
