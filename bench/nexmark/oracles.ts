/** What Nexmark's queries give, in plain code over all events at once. */
import type { CellValue } from "../../src/core/value.ts";
import type { Auction, Bid, Event, Person } from "./events.ts";

export interface Events {
  readonly persons: readonly Person[];
  readonly auctions: readonly Auction[];
  readonly bids: readonly Bid[];
}

export interface Oracle {
  /** Columns that name a row of a changelog; null where rows are only added. */
  readonly keys: number | null;
  readonly rows: (events: Events) => CellValue[][];
}

export class EventLists implements Events {
  readonly persons: Person[] = [];
  readonly auctions: Auction[] = [];
  readonly bids: Bid[] = [];

  add(event: Event): void {
    if (event.type === 0) this.persons.push(event.person);
    else if (event.type === 1) this.auctions.push(event.auction);
    else this.bids.push(event.bid);
  }
}

const micros = (ms: number): bigint => BigInt(ms) * 1000n;
const big = (value: number): bigint => BigInt(value);
const count = (values: Iterable<unknown>): bigint => big(new Set(values).size);
const day = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** However many there are: no call takes as many arguments. */
function most(values: Iterable<number>): number {
  let found = Number.NEGATIVE_INFINITY;
  for (const value of values) found = Math.max(found, value);
  return found;
}

/** The windows of this length, one every `slide`, that a time is in, by their start. */
function windowsOf(at: number, slide: number, size: number): number[] {
  const last = Math.floor(at / slide) * slide;
  return Array.from({ length: size / slide }, (_, i) => last - i * slide);
}

function ranks(all: readonly Bid[]): CellValue[] {
  const ranked = [
    all,
    all.filter(({ price }) => price < 10_000),
    all.filter(({ price }) => price >= 10_000 && price < 1_000_000),
    all.filter(({ price }) => price >= 1_000_000),
  ];
  return [
    ...ranked.map((some) => big(some.length)),
    ...ranked.map((some) => count(some.map(({ bidder }) => bidder))),
    ...ranked.map((some) => count(some.map(({ auction }) => auction))),
  ];
}

export const oracles: Readonly<Record<string, Oracle>> = {
  q0: {
    keys: null,
    rows: ({ bids }) => bids.map((b) => [big(b.auction), big(b.bidder), big(b.price), micros(b.at), b.extra]),
  },
  q1: {
    keys: null,
    rows: ({ bids }) => bids.map((b) => [big(b.auction), big(b.bidder), big(b.price) * 908n, micros(b.at), b.extra]),
  },
  q2: {
    keys: null,
    rows: ({ bids }) => bids.filter((b) => b.auction % 123 === 0).map((b) => [big(b.auction), big(b.price)]),
  },
  q3: {
    keys: null,
    rows: ({ persons, auctions }) =>
      auctions
        .filter(({ category }) => category === 10)
        .flatMap((a) =>
          persons
            .filter((p) => p.id === a.seller && ["OR", "ID", "CA"].includes(p.state))
            .map((p) => [p.name, p.city, p.state, big(a.id)]),
        ),
  },
  q4: {
    keys: 1,
    rows: ({ auctions, bids }) => {
      const byAuction = Map.groupBy(bids, ({ auction }) => auction);
      const finals = auctions.flatMap((a) => {
        const own = (byAuction.get(a.id) ?? []).filter(({ at }) => at >= a.at && at <= a.expires);
        return own.length === 0 ? [] : [{ category: a.category, final: most(own.map(({ price }) => price)) }];
      });
      return [...Map.groupBy(finals, ({ category }) => category)].map(([category, all]) => [
        big(category),
        big(Math.trunc(all.reduce((sum, { final }) => sum + final, 0) / all.length)),
      ]);
    },
  },
  q5: {
    keys: null,
    rows: ({ bids }) => {
      const windows = new Map<number, Map<number, number>>();
      for (const b of bids) {
        for (const start of windowsOf(b.at, 2000, 10_000)) {
          const counts = windows.get(start) ?? new Map<number, number>();
          windows.set(start, counts.set(b.auction, (counts.get(b.auction) ?? 0) + 1));
        }
      }
      return [...windows.values()].flatMap((counts) => {
        const top = most(counts.values());
        return [...counts].filter(([, n]) => n === top).map(([auction, n]) => [big(auction), big(n)]);
      });
    },
  },
  q7: {
    keys: null,
    rows: ({ bids }) => {
      const best = [...Map.groupBy(bids, ({ at }) => Math.floor(at / 10_000) * 10_000 + 10_000)].map(([end, all]) => ({
        end,
        price: most(all.map(({ price }) => price)),
      }));
      return best.flatMap(({ end, price }) =>
        bids
          .filter((b) => b.price === price && b.at >= end - 10_000 && b.at <= end)
          .map((b) => [big(b.auction), big(b.price), big(b.bidder), micros(b.at), b.extra]),
      );
    },
  },
  q8: {
    keys: null,
    rows: ({ persons, auctions }) => {
      const start = (at: number): number => Math.floor(at / 10_000) * 10_000;
      const sellers = new Set(auctions.map((a) => `${a.seller} ${start(a.at)}`));
      return persons
        .filter((p) => sellers.has(`${p.id} ${start(p.at)}`))
        .map((p) => [big(p.id), p.name, micros(start(p.at))]);
    },
  },
  q11: {
    keys: null,
    rows: ({ bids }) =>
      [...Map.groupBy(bids, ({ bidder }) => bidder)].flatMap(([bidder, all]) => {
        const sessions: { start: number; last: number; n: number }[] = [];
        for (const { at } of all) {
          const open = sessions.at(-1);
          if (open === undefined || at - open.last > 10_000) sessions.push({ start: at, last: at, n: 1 });
          else {
            open.last = at;
            open.n++;
          }
        }
        return sessions.map(({ start, last, n }) => [big(bidder), big(n), micros(start), micros(last + 10_000)]);
      }),
  },
  q15: {
    keys: 1,
    rows: ({ bids }) => [...Map.groupBy(bids, ({ at }) => day(at))].map(([date, all]) => [date, ...ranks(all)]),
  },
  q16: {
    keys: 2,
    rows: ({ bids }) =>
      [...Map.groupBy(bids, ({ channel, at }) => `${channel} ${day(at)}`).values()].map((all) => {
        const [first] = all as [Bid];
        const minutes = all.map(({ at }) => new Date(at).toISOString().slice(11, 16)).sort();
        return [first.channel, day(first.at), minutes.at(-1) ?? null, ...ranks(all)];
      }),
  },
  q17: {
    keys: 2,
    rows: ({ bids }) =>
      [...Map.groupBy(bids, ({ auction, at }) => `${auction} ${day(at)}`).values()].map((all) => {
        const [first] = all as [Bid];
        const prices = all.map(({ price }) => price);
        const sum = prices.reduce((a, b) => a + b, 0);
        return [
          big(first.auction),
          day(first.at),
          ...ranks(all).slice(0, 4),
          big(-most(prices.map((one) => -one))),
          big(most(prices)),
          big(Math.trunc(sum / all.length)),
          big(sum),
        ];
      }),
  },
};
