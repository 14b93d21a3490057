/**
 * Nexmark's queries, from their published text, against plain code over the same events. What does not run yet is listed with the
 * message that says so.
 */
import { describe, expect, test } from "bun:test";
import { forEachEvent, recordOf } from "../../bench/nexmark/events.ts";
import { EventLists, type Oracle, oracles } from "../../bench/nexmark/oracles.ts";
import { queryNames, scriptOf } from "../../bench/nexmark/scripts.ts";
import { Op } from "../../src/core/batch.ts";
import type { CellValue } from "../../src/core/value.ts";
import { planText } from "../../src/engine/plan-text.ts";
import { sorted } from "../engine/changelog.ts";
import { type CollectingSink, runSimulated } from "../engine/run-simulated.ts";
import { SimulatedSource } from "../engine/simulated-source.ts";

const EVENTS = 40_000;
const events = new EventLists();
const { persons, auctions, bids } = events;
const records: string[] = [];
forEachEvent(EVENTS, 7, (event) => {
  // Slower than the benchmark, so that there are windows and sessions to close: a millisecond an event.
  records.push(recordOf(slowed(event)));
  events.add(slowed(event));
});

function slowed<T extends Parameters<Parameters<typeof forEachEvent>[2]>[0]>(event: T): T {
  const begin = Date.UTC(2024, 4, 1);
  const later = (at: number): number => begin + (at - begin) * 20;
  if (event.type === 0) return { ...event, person: { ...event.person, at: later(event.person.at) } };
  if (event.type === 1) {
    const { at, expires } = event.auction;
    return { ...event, auction: { ...event.auction, at: later(at), expires: later(at) + (expires - at) } };
  }
  return { ...event, bid: { ...event.bid, at: later(event.bid.at) } };
}

async function run(query: string): Promise<CollectingSink> {
  const source = () => new SimulatedSource([records], { seed: 3, maxBatch: 3000 });
  const { sinks } = await runSimulated(scriptOf(query, { path: "/tmp/none", output: "/tmp/none" }), source);
  return sinks[0] as CollectingSink;
}

/** The rows that are left when changes are applied by key. */
function newest(sink: CollectingSink, keys: number): CellValue[][] {
  const kept = new Map<string, CellValue[]>();
  let at = 0;
  for (const { op, rows } of sink.batches) {
    for (let i = 0; i < rows; i++) {
      const row = sink.rows[at++] as CellValue[];
      const key = sorted([row.slice(0, keys)])[0] ?? "";
      const kind = op?.[i] ?? Op.insert;
      if (kind === Op.delete || kind === Op.updateBefore) kept.delete(key);
      else kept.set(key, row);
    }
  }
  return [...kept.values()];
}

describe("Nexmark", () => {
  test.each(Object.keys(oracles))("%s gives what plain code gives", async (query) => {
    const { keys, rows } = oracles[query] as Oracle;
    const sink = await run(query);
    const ours = keys === null ? sink.rows : newest(sink, keys);
    const expected = rows(events);
    expect(expected.length).toBeGreaterThan(0);
    expect(sorted(ours)).toEqual(sorted(expected));
  });

  test("q12 counts every bid in one window of processing time", async () => {
    const sink = await run("q12");
    const counts = new Map<CellValue, bigint>();
    for (const [bidder = null, count, start, end] of sink.rows) {
      expect((end as bigint) - (start as bigint)).toBe(10_000_000n);
      counts.set(bidder, (counts.get(bidder) ?? 0n) + (count as bigint));
    }
    const expected = [...Map.groupBy(bids, ({ bidder }) => bidder)].map(([bidder, all]) => [
      BigInt(bidder),
      BigInt(all.length),
    ]);
    expect(sorted([...counts])).toEqual(sorted(expected));
  });

  test("events have the benchmark's proportions", () => {
    expect([persons.length, auctions.length, bids.length].map((n) => n / EVENTS)).toEqual([0.02, 0.06, 0.92]);
    const newest = bids.filter(({ auction }) => auction % 100 === 0).length / bids.length;
    expect(newest).toBeGreaterThan(0.45);
    expect(newest).toBeLessThan(0.56);
  });

  test("what each of the others lacks", () => {
    const lacking = queryNames.flatMap((query) => {
      const { errors } = planText({ text: scriptOf(query, { path: "/tmp/none", output: "/tmp/none" }), settings: {} });
      return errors[0] === undefined ? [] : [`${query}: ${errors[0].message}`];
    });
    expect(lacking).toMatchSnapshot();
  });
});
