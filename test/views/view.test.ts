import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Op } from "../../src/core/batch.ts";
import { batchFromRows } from "../../src/core/batch-builder.ts";
import { EngineError } from "../../src/core/error.ts";
import type { Schema } from "../../src/core/type.ts";
import type { CellValue } from "../../src/core/value.ts";
import { View, type ViewRows } from "../../src/views/view.ts";
import { MINUTE, never, type Row, rowsOf, schema, viewOf } from "./fixture.ts";

function problem(run: () => unknown): { message: string; code: string; hint: string | undefined } {
  try {
    run();
  } catch (error) {
    if (error instanceof EngineError) return { message: error.message, code: error.code, hint: error.hint };
    throw error;
  }
  throw new Error("nothing was thrown");
}

const row: fc.Arbitrary<Row> = fc.tuple(
  fc.integer({ min: 0, max: 9 }).map((minute) => BigInt(minute) * MINUTE),
  fc.option(fc.constantFrom("/", "/a", "/b", "/\u{1f986}", "/\uffee", "")),
  fc.bigInt({ min: -3n, max: 3n }),
  fc.option(fc.double()),
);
const change = fc.tuple(row, fc.constantFrom(Op.insert, Op.updateBefore, Op.updateAfter, Op.delete));

/** Code points, for an order that owes nothing to the code under test. */
const points = (text: string) => Array.from(text, (character) => character.codePointAt(0) as number);
function naiveCompare(a: CellValue, b: CellValue): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  if (typeof a === "string" && typeof b === "string") {
    const [left, right] = [points(a), points(b)];
    const at = left.findIndex((point, index) => point !== right[index]);
    return at < 0 ? left.length - right.length : (left[at] as number) - (right[at] ?? -1);
  }
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
  if (Number.isNaN(b)) return -1;
  return a === b ? 0 : (a as bigint) < (b as bigint) ? -1 : 1;
}

describe("an append-only view", () => {
  const orders = fc.uniqueArray(fc.record({ at: fc.nat(3), descending: fc.boolean() }), {
    selector: ({ at }) => at,
    maxLength: 4,
  });

  test("reads by any order, in pages of any size, what a sort of all rows gives", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(row, { maxLength: 12 })),
        orders,
        fc.integer({ min: 1, max: 9 }),
        (batches, by, limit) => {
          const view = viewOf();
          for (const rows of batches) view.append(batchFromRows(schema, rows));
          const order = by.map(({ at, descending }) => ({ column: schema.fields[at]?.name ?? "", descending }));
          const expected = batches.flat().sort((a, b) => {
            for (const { at, descending } of by) {
              const compared = naiveCompare(a[at] as CellValue, b[at] as CellValue);
              if (compared !== 0) return descending ? -compared : compared;
            }
            return 0;
          });
          const found: CellValue[][] = [];
          let cursor: string | undefined;
          do {
            const page: ViewRows = view.read({ order, limit, ...(cursor === undefined ? {} : { cursor }) });
            expect(page.batch.rows).toBeLessThanOrEqual(limit);
            found.push(...rowsOf(page.batch));
            cursor = page.next ?? undefined;
          } while (cursor !== undefined);
          expect(found).toEqual(expected);
        },
      ),
    );
  });

  test("pages neither repeat nor skip a row while rows are added between them", () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1 }), fc.array(row), fc.boolean(), (before, added, descending) => {
        const view = viewOf();
        const tagged = (rows: Row[], base: bigint) => rows.map((r, i): Row => [r[0], r[1], base + BigInt(i), r[3]]);
        view.append(batchFromRows(schema, tagged(before, 0n)));
        const order = [{ column: "page", descending }];
        const seen: bigint[] = [];
        let cursor: string | undefined;
        let extra = 1000n;
        do {
          const page: ViewRows = view.read({ order, limit: 2, ...(cursor === undefined ? {} : { cursor }) });
          seen.push(...rowsOf(page.batch).map((cells) => cells[2] as bigint));
          cursor = page.next ?? undefined;
          const next = added.pop();
          if (next !== undefined) view.append(batchFromRows(schema, tagged([next], extra++)));
        } while (cursor !== undefined);
        expect(new Set(seen).size).toBe(seen.length);
        const old = seen.filter((n) => n < 1000n).sort((a, b) => Number(a - b));
        expect(old).toEqual(before.map((_, i) => BigInt(i)));
      }),
    );
  });

  test("refuses updates, since there is no key to find the row by", () => {
    const view = viewOf();
    const update = batchFromRows(schema, [[0n, "/", 1n, null]], { op: new Uint8Array([Op.updateAfter]) });
    expect(problem(() => view.append(update)).code).toBe("VIEW-NEEDS-KEY");
  });

  test("answers stay as they were when rows arrive later", () => {
    const view = viewOf();
    view.append(batchFromRows(schema, [[0n, "/a", 1n, 0.5]]));
    const before = view.read({ limit: 10 });
    view.append(batchFromRows(schema, [[MINUTE, "/b", 2n, null]]));
    expect(rowsOf(before.batch)).toEqual([[0n, "/a", 1n, 0.5]]);
    expect(view.read({ limit: 10 }).batch.rows).toBe(2);
  });
});

describe("filters", () => {
  const sql: Record<string, (order: number) => boolean> = {
    eq: (o) => o === 0,
    ne: (o) => o !== 0,
    lt: (o) => o < 0,
    le: (o) => o <= 0,
    gt: (o) => o > 0,
    ge: (o) => o >= 0,
  };

  for (const op of ["eq", "ne", "lt", "le", "gt", "ge"] as const) {
    test(`${op} holds for the rows SQL says, NULL for none`, () => {
      fc.assert(
        fc.property(
          fc.array(row),
          fc.constantFrom("/a", "", "/\uffee"),
          fc.bigInt({ min: -4n, max: 4n }),
          (rows, page, clicks) => {
            const view = viewOf();
            view.append(batchFromRows(schema, rows));
            const byPage = view.read({ where: [{ column: "page", op, text: page }], limit: 1000 });
            const holds = sql[op] ?? never();
            expect(rowsOf(byPage.batch)).toEqual(rows.filter((r) => r[1] !== null && holds(naiveCompare(r[1], page))));
            const byClicks = view.read({ where: [{ column: "clicks", op, text: `${clicks}` }], limit: 1000 });
            expect(rowsOf(byClicks.batch)).toEqual(rows.filter((r) => holds(naiveCompare(r[2], clicks))));
          },
        ),
      );
    });
  }

  test("every literal is read by its column's type, exactly", () => {
    const types: Schema = {
      fields: [
        { name: "d", type: { kind: "decimal", precision: 10, scale: 2 }, nullable: false },
        { name: "f", type: { kind: "float" }, nullable: false },
        { name: "ltz", type: { kind: "timestamp_ltz", precision: 3 }, nullable: false },
        { name: "day", type: { kind: "date" }, nullable: false },
        { name: "at", type: { kind: "time", precision: 0 }, nullable: false },
        { name: "flag", type: { kind: "boolean" }, nullable: false },
        { name: "raw", type: { kind: "bytes" }, nullable: false },
        { name: "n", type: { kind: "double" }, nullable: false },
      ],
    };
    const view = new View({ name: "types", schema: types, primaryKey: null, transactional: false });
    const bytes = new Uint8Array([10, 255]);
    view.append(
      batchFromRows(types, [[1005n, 0.1, 1_714_564_800_500_000n, 19_844, 43_200_000, true, bytes, Number.NaN]]),
    );
    const holds = (text: string): boolean => {
      const [column = "", op = "eq", ...rest] = text.split("|");
      return view.read({ where: [{ column, op: op as "eq", text: rest.join("|") }], limit: 1 }).batch.rows === 1;
    };
    const yes = ["d|eq|10.05", "d|lt|10.0500001", "d|in|1,10.050", "f|eq|0.1", "ltz|eq|2024-05-01T14:00:00.5+02:00"];
    yes.push(
      "ltz|eq|1714564800500",
      "ltz|gt|2024-05-01 12:00",
      "ltz|ge|2024-05-01",
      "day|eq|2024-05-01",
      "at|eq|12:00",
    );
    yes.push("flag|eq|true", "flag|gt|false", "raw|eq|x'0aFF'", "raw|lt|x'0b'", "n|ne|1");
    for (const text of yes) expect([text, holds(text)]).toEqual([text, true]);
    for (const text of ["d|gt|10.05", "n|eq|NaN", "n|ge|1", "flag|in|false", "ltz|lt|1714564800500"]) {
      expect([text, holds(text)]).toEqual([text, false]);
    }
    for (const text of [
      "d|eq|1e3",
      "d|eq|.",
      "ltz|eq|yesterday",
      "ltz|eq|2024-02-30",
      "at|eq|24:00",
      "flag|eq|1",
      "raw|eq|0a",
    ]) {
      expect([text, problem(() => holds(text)).code]).toEqual([text, "LITERAL"]);
    }
  });

  test("what cannot be understood names the column, its type and what to write", () => {
    const view = viewOf();
    expect(problem(() => view.read({ where: [{ column: "clicks", op: "eq", text: "many" }], limit: 1 }))).toEqual({
      message: 'column "clicks" is BIGINT: "many" does not fit it',
      code: "LITERAL",
      hint: "write a whole number",
    });
    expect(problem(() => view.read({ order: [{ column: "click", descending: false }], limit: 1 }))).toEqual({
      message: 'view "pages" has no column "click"',
      code: "UNKNOWN-COLUMN",
      hint: 'did you mean "clicks"?',
    });
    for (const cursor of [
      "",
      "zzz",
      "e30",
      btoa('{"v":1,"o":"pages","k":[],"s":"1"}'),
      btoa('{"v":1,"o":"other","k":[],"s":1}'),
    ]) {
      expect(problem(() => view.read({ cursor, limit: 1 })).code).toBe("CURSOR");
    }
  });

  test("in takes a list, in which a comma can be escaped", () => {
    const view = viewOf();
    view.append(
      batchFromRows(
        schema,
        ["a", "b,c", "\\", null].map((page): Row => [0n, page, 0n, null]),
      ),
    );
    const pages = (text: string) =>
      rowsOf(view.read({ where: [{ column: "page", op: "in", text }], limit: 9 }).batch).map((cells) => cells[1]);
    expect(pages("a,b\\,c")).toEqual(["a", "b,c"]);
    expect(pages("\\\\,x")).toEqual(["\\"]);
  });

  test("from is inclusive, to is exclusive, and segments outside the range are passed over", () => {
    const view = viewOf();
    for (let minute = 0n; minute < 6n; minute++)
      view.append(batchFromRows(schema, [[minute * MINUTE, "/", minute, null]]));
    const read = view.read({ from: "1970-01-01T00:02Z", to: "1970-01-01 00:04:00", limit: 10 });
    expect(rowsOf(read.batch).map((cells) => cells[2])).toEqual([2n, 3n]);
    const plain = new View({
      ...{ name: "v", primaryKey: null, transactional: false },
      schema: { fields: schema.fields.slice(1) },
    });
    expect(problem(() => plain.read({ from: "2024-01-01", limit: 1 })).code).toBe("NO-WINDOW");
  });
});

describe("a keyed view", () => {
  const keyOf = (cells: readonly CellValue[]) => `${cells[0]}|${cells[1] === null ? "null" : `"${cells[1]}"`}`;

  test("holds, and its change log replays to, what a map by key holds after any changes", () => {
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 10 }), { maxLength: 30 }), (batches) => {
        const view = viewOf({ primaryKey: [0, 1] });
        const expected = new Map<string, Row>();
        for (const changes of batches) {
          const op = Uint8Array.from(changes, ([, kind]) => kind);
          view.append(
            batchFromRows(
              schema,
              changes.map(([cells]) => cells),
              { op },
            ),
          );
          for (const [cells, kind] of changes) {
            expected.delete(keyOf(cells));
            if (kind === Op.insert || kind === Op.updateAfter) expected.set(keyOf(cells), cells);
          }
        }
        expect(rowsOf(view.read({ limit: 1000 }).batch)).toEqual([...expected.values()]);
        expect(view.info().rows).toBe(expected.size);
        const log = view.changesAfter(0, { limit: 10_000 });
        expect(log === null ? null : rowsOf(log.batch)).toEqual(batches.flat().map(([cells]) => cells));
        expect([...(log?.batch.op ?? new Uint8Array(batches.flat().length))]).toEqual(
          batches.flat().map(([, kind]) => kind),
        );
      }),
    );
  });

  test("frees replaced rows, keeps the live ones, and says when a reader is too far behind", () => {
    const view = viewOf({ primaryKey: [1], logRows: 50 });
    for (let n = 0; n < 5000; n++) view.append(batchFromRows(schema, [[0n, `/${n % 7}`, BigInt(n), null]]));
    const info = view.info();
    expect(info).toMatchObject({ rows: 7, sequence: 5000, droppedRows: 0 });
    expect(info.logStart).toBeGreaterThan(4500);
    expect(info.bytes).toBeLessThan(64 * 1024);
    expect(rowsOf(view.read({ limit: 10 }).batch).map((cells) => cells[2])).toEqual([
      4993n,
      4994n,
      4995n,
      4996n,
      4997n,
      4998n,
      4999n,
    ]);
    expect(view.changesAfter(10, { limit: 5 })).toBeNull();
    const changes = view.changesAfter(4990, { limit: 5 });
    expect(changes?.last).toBe(4995);
    expect(rowsOf(changes?.batch ?? never()).map((cells) => cells[2])).toEqual([4990n, 4991n, 4992n, 4993n, 4994n]);
  });
});
