import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  type Click,
  clickMaxBytes,
  clickstreamPages,
  clickstreamStartMs,
  createClickstream,
} from "../../../src/connectors/datagen/clickstream.ts";

function bytesOf(options: Parameters<typeof createClickstream>[0], rows: number): Uint8Array {
  const buffer = new Uint8Array(rows * clickMaxBytes + clickMaxBytes);
  const filled = createClickstream(options).fill(buffer, 0, rows);
  expect(filled.rows).toBe(rows);
  return buffer.subarray(0, filled.end);
}

function linesOf(bytes: Uint8Array): string[] {
  const text = new TextDecoder().decode(bytes);
  expect(text.endsWith("\n")).toBe(true);
  return text.slice(0, -1).split("\n");
}

function clicksOf(options: Parameters<typeof createClickstream>[0], rows: number): Click[] {
  return [...createClickstream(options).rows(rows)];
}

const epochMs = (click: Click) => Date.parse(`${click.event_timestamp.replace(" ", "T")}Z`);

describe("clickstream", () => {
  test("gives the bytes it gave when it was first published", () => {
    const hash = new Bun.CryptoHasher("sha256").update(bytesOf({ seed: 42 }, 20_000)).digest("hex");
    expect(hash).toBe("177f1231ed2d2d099476905b7c2cea50183de1bfea2066f4f65fd95300ddec00");
  });

  test("gives the same bytes for every batch size", () => {
    const whole = bytesOf({ seed: 7 }, 3000);
    const batches = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(batches, fc.integer({ min: clickMaxBytes, max: 8192 }), (sizes, room) => {
        const stream = createClickstream({ seed: 7 });
        const buffer = new Uint8Array(room);
        let at = 0;
        for (let step = 0; stream.row < 1500; step++) {
          const filled = stream.fill(buffer, 0, sizes[step % sizes.length] as number);
          expect(Buffer.compare(buffer.subarray(0, filled.end), whole.subarray(at, at + filled.end))).toBe(0);
          at += filled.end;
        }
      }),
      { numRuns: 30 },
    );
  });

  test("gives other bytes for another seed", () => {
    expect(Buffer.compare(bytesOf({ seed: 1 }, 100), bytesOf({ seed: 2 }, 100))).not.toBe(0);
    expect(Buffer.compare(bytesOf({ seed: 1 }, 100), bytesOf({ seed: 2 ** 32 + 1 }, 100))).not.toBe(0);
  });

  test("gives the rows as objects that it gives as JSON", () => {
    const lines = linesOf(bytesOf({ seed: 3 }, 5000));
    expect(lines.map((line) => JSON.parse(line) as Click)).toEqual(clicksOf({ seed: 3 }, 5000));
  });

  test("deals one stream out to its partitions", () => {
    const whole = linesOf(bytesOf({ seed: 5 }, 999));
    const dealt = [0, 1, 2].map((partition) => linesOf(bytesOf({ seed: 5, partitions: 3, partition }, 333)));
    whole.forEach((line, index) => {
      expect(dealt[index % 3]?.[Math.floor(index / 3)]).toBe(line);
    });
  });

  test("goes on from any row", () => {
    const whole = linesOf(bytesOf({ seed: 5 }, 500));
    expect(linesOf(bytesOf({ seed: 5, firstRow: 123 }, 100))).toEqual(whole.slice(123, 223));
  });

  test("tells where each row ends", () => {
    const buffer = new Uint8Array(64 * clickMaxBytes);
    const ends = new Int32Array(50);
    const { end } = createClickstream({ seed: 9 }).fill(buffer, 100, 50, ends);
    expect(ends[49]).toBe(end);
    for (const at of ends) expect(buffer[at - 1]).toBe(10);
    expect(linesOf(buffer.subarray(100, end))).toHaveLength(50);
  });

  test("writes nothing where the room is smaller than a row may be", () => {
    expect(createClickstream({ seed: 9 }).fill(new Uint8Array(clickMaxBytes - 1), 0, 5)).toEqual({ rows: 0, end: 0 });
  });

  test("is within 5 s of order but for one row in a thousand", () => {
    const rows = 200_000;
    let dueMs = clickstreamStartMs;
    let late = 0;
    for (const click of createClickstream({ seed: 11, eventsPerSecond: 1000 }).rows(rows)) {
      const behind = dueMs++ - epochMs(click);
      expect(behind >= 0 && behind < 65_000).toBe(true);
      if (behind >= 5000) late++;
    }
    // 200 expected, standard deviation 14: five of them to either side.
    expect(late).toBeGreaterThan(130);
    expect(late).toBeLessThan(270);
  });

  test("follows Zipf's law in pages and users", () => {
    const rows = 300_000;
    const pages = new Map<string, number>();
    const users = new Map<number, number>();
    for (const click of createClickstream({ seed: 13 }).rows(rows)) {
      pages.set(click.page, (pages.get(click.page) ?? 0) + 1);
      users.set(click.user_id, (users.get(click.user_id) ?? 0) + 1);
      expect(click.user_id >= 1 && click.user_id <= 1_000_000).toBe(true);
    }
    const harmonic = (n: number) => Array.from({ length: n }, (_, k) => 1 / (k + 1)).reduce((a, b) => a + b, 0);
    for (const rank of [0, 1, 2, 9, 99]) {
      const expected = rows / (rank + 1) / harmonic(1000);
      const seen = pages.get(clickstreamPages[rank] as string) ?? 0;
      expect(Math.abs(seen - expected)).toBeLessThan(5 * Math.sqrt(expected));
    }
    const mostSeen = [...users.values()].sort((a, b) => b - a).slice(0, 3);
    mostSeen.forEach((seen, rank) => {
      const expected = rows / (rank + 1) / harmonic(1_000_000);
      expect(Math.abs(seen - expected)).toBeLessThan(5 * Math.sqrt(expected));
    });
  });

  test("has about 200 bytes a row and never more than it says", () => {
    const far = { seed: 2 ** 53 - 1, startMs: Date.UTC(9998, 11, 31), firstRow: 2 ** 45 };
    const bytes = bytesOf(far, 50_000);
    expect(Math.max(...linesOf(bytes).map((line) => line.length + 1))).toBeLessThanOrEqual(clickMaxBytes);
    const mean = bytesOf({ seed: 17 }, 50_000).length / 50_000;
    expect(mean).toBeGreaterThan(190);
    expect(mean).toBeLessThan(220);
  });

  test("has a thousand pages, each name once, and no id twice", () => {
    expect(new Set(clickstreamPages).size).toBe(1000);
    const ids = clicksOf({ seed: 19 }, 20_000).map((click) => click.event_id);
    expect(new Set(ids).size).toBe(20_000);
  });
});
