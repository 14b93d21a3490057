/**
 * Nexmark's events (Tucker, Tufte, Papadimos, Maier, 2002; proportions and ratios as Beam's and Flink's generators have them): of fifty
 * events one is a person, three are auctions, forty-six bids; half the bids go to the newest hundredth auction, three of four sellers and
 * bidders are hot ones. Deterministic by its seed; event time goes up by a tenth of a millisecond an event.
 */
import { seededRandom } from "./random.ts";

export interface Person {
  readonly id: number;
  readonly name: string;
  readonly emailAddress: string;
  readonly creditCard: string;
  readonly city: string;
  readonly state: string;
  readonly at: number;
  readonly extra: string;
}

export interface Auction {
  readonly id: number;
  readonly itemName: string;
  readonly description: string;
  readonly initialBid: number;
  readonly reserve: number;
  readonly at: number;
  readonly expires: number;
  readonly seller: number;
  readonly category: number;
  readonly extra: string;
}

export interface Bid {
  readonly auction: number;
  readonly bidder: number;
  readonly price: number;
  readonly channel: string;
  readonly url: string;
  readonly at: number;
  readonly extra: string;
}

export type Event =
  | { readonly type: 0; readonly person: Person }
  | { readonly type: 1; readonly auction: Auction }
  | { readonly type: 2; readonly bid: Bid };

const FIRST_ID = 1000;
const FIRST_CATEGORY = 10;
const CATEGORIES = 5;
const PERSONS = 1;
const AUCTIONS = 3;
const CYCLE = 50;
/** Auctions that get bids, and persons who are about. */
const AUCTIONS_OPEN = 100;
const PERSONS_ABOUT = 1000;
const HOT = 100;
const EVENTS_PER_MS = 10;
const BEGIN = Date.UTC(2024, 4, 1);
const CHANNELS = 10_000;

const states = ["AZ", "CA", "ID", "OR", "WA", "WY"] as const;
const cities = [
  "Phoenix",
  "Los Angeles",
  "San Francisco",
  "Boise",
  "Portland",
  "Bend",
  "Redmond",
  "Seattle",
  "Kent",
  "Cheyenne",
] as const;
const firstNames = ["Ada", "Grace", "Edsger", "Barbara", "Alan", "Donald", "Leslie", "Tony", "Frances", "Jim"] as const;
const lastNames = ["Kay", "Gray", "Codd", "Stone", "Moore", "Young", "Walton", "Noris", "Abrams", "White"] as const;
const hotChannels = ["Google", "Facebook", "Baidu", "Apple"] as const;

/** Calls `take` with each of `count` events, in order of their time. */
export function forEachEvent(count: number, seed: number, take: (event: Event) => void): void {
  const random = seededRandom(seed);
  const below = (most: number): number => Math.floor(random() * most);
  const letters = (least: number, most: number): string => {
    let text = "";
    for (let left = least + below(most - least + 1); left > 0; left--) text += String.fromCharCode(97 + below(26));
    return text;
  };
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const price = (): number => Math.round(10 ** (random() * 6) * 100);
  for (let number = 0; number < count; number++) {
    const at = BEGIN + Math.floor(number / EVENTS_PER_MS);
    const cycle = Math.floor(number / CYCLE);
    const place = number % CYCLE;
    const lastPerson = cycle;
    const lastAuction = cycle * AUCTIONS + Math.min(Math.max(place - PERSONS, 0), AUCTIONS - 1);
    const anyPerson = (): number => FIRST_ID + Math.max(0, lastPerson - below(Math.min(lastPerson + 1, PERSONS_ABOUT)));
    const hotPerson = (): number => FIRST_ID + Math.floor(lastPerson / HOT) * HOT;
    if (place < PERSONS) {
      const name = `${pick(firstNames)} ${pick(lastNames)}`;
      const emailAddress = `${letters(3, 7)}@${letters(3, 5)}.com`;
      const creditCard = Array.from({ length: 4 }, () => String(below(10_000)).padStart(4, "0")).join(" ");
      const person = {
        id: FIRST_ID + lastPerson,
        name,
        emailAddress,
        creditCard,
        city: pick(cities),
        state: pick(states),
        at,
      };
      take({ type: 0, person: { ...person, extra: letters(60, 140) } });
    } else if (place < PERSONS + AUCTIONS) {
      const initialBid = price();
      const auction = {
        id: FIRST_ID + lastAuction,
        itemName: letters(8, 20),
        description: letters(40, 100),
        initialBid,
        reserve: initialBid + price(),
        at,
        expires: at + 1 + below(20_000),
        seller: below(4) > 0 ? hotPerson() : anyPerson(),
        category: FIRST_CATEGORY + below(CATEGORIES),
      };
      take({ type: 1, auction: { ...auction, extra: letters(150, 350) } });
    } else {
      const newest = Math.floor(lastAuction / HOT) * HOT;
      const open = Math.max(0, lastAuction - below(Math.min(lastAuction + 1, AUCTIONS_OPEN)));
      const hot = below(2) > 0;
      const channel = hot ? pick(hotChannels) : `channel-${below(CHANNELS)}`;
      const bid = {
        auction: FIRST_ID + (below(2) > 0 ? newest : open),
        bidder: below(4) > 0 ? hotPerson() + 1 : anyPerson(),
        price: price(),
        channel,
        url: `https://www.nexmark.com/${letters(3, 6)}/${letters(3, 6)}/item.htm?query=1${hot ? "" : `&channel_id=${below(1 << 30)}`}`,
        at,
      };
      take({ type: 2, bid: { ...bid, extra: letters(10, 40) } });
    }
  }
}

const time = (ms: number): string => new Date(ms).toISOString().slice(0, 23).replace("T", " ");

/** The event as a record of Nexmark's table. */
export function recordOf(event: Event): string {
  const record = { event_type: event.type, person: null, auction: null, bid: null };
  if (event.type === 0) {
    const { at, extra, ...person } = event.person;
    return JSON.stringify({ ...record, person: { ...person, dateTime: time(at), extra } });
  }
  if (event.type === 1) {
    const { at, expires, seller, category, extra, ...auction } = event.auction;
    const times = { dateTime: time(at), expires: time(expires) };
    return JSON.stringify({ ...record, auction: { ...auction, ...times, seller, category, extra } });
  }
  const { at, extra, ...bid } = event.bid;
  return JSON.stringify({ ...record, bid: { ...bid, dateTime: time(at), extra } });
}
