/**
 * The standing data set: web clicks with Zipf pages (1,000) and users (1,000,000), shuffled within 5 s, one row in a thousand
 * later than that. Row i is a pure function of (seed, i), so the same seed gives the same bytes for every batch size, and any
 * partition can be made or resumed without the others. Partition p of n holds rows p, p + n, p + 2n, … of the one stream.
 */
import { formatDays, MS_PER_DAY } from "../../core/calendar.ts";
import type { EpochMs } from "../../core/type.ts";
import { ByteWriter } from "./byte-writer.ts";
import { drawUint32, foldSeed, mix32, rowSeed, scaleDraw } from "./mix.ts";
import { createZipf, type Zipf } from "./zipf.ts";

export interface ClickstreamOptions {
  /** A whole number of 0 … 2^53 − 1. */
  readonly seed: number;
  /** Event time of row 0 before it is shuffled. Default 2024-05-01T00:00:00Z. */
  readonly startMs?: EpochMs;
  /** Rows of all partitions in a second of event time. Default 10,000. */
  readonly eventsPerSecond?: number;
  readonly partitions?: number;
  /** Which partition this generator makes: 0 … partitions − 1. */
  readonly partition?: number;
  /** Where to begin, counted within the partition. */
  readonly firstRow?: number;
}

/** One click, as the JSON has it. `event_timestamp` is `yyyy-MM-dd HH:mm:ss.SSS`, UTC. */
export interface Click {
  readonly user_id: number;
  readonly page: string;
  readonly action: string;
  readonly event_timestamp: string;
  readonly session_id: string;
  readonly device: string;
  readonly country: string;
  readonly event_id: string;
  /** Seconds, 0 … 3599. */
  readonly session_duration: number;
}

export interface Clickstream {
  /** The next row of the partition. */
  readonly row: number;
  /**
   * Writes whole JSON lines, each ended by a newline, from `offset` on and returns where they end and how many they are; stops
   * before `maxRows` when fewer than `clickMaxBytes` are left. `ends[k]` becomes the end of the k-th row written.
   */
  fill(buffer: Uint8Array, offset: number, maxRows: number, ends?: Int32Array): { rows: number; end: number };
  /** The same rows as objects. */
  rows(count: number): Generator<Click>;
}

export const clickstreamStartMs: EpochMs = 1_714_521_600_000;
export const clickstreamEventsPerSecond = 10_000;
/** Every row delayed less than this is in order enough for a watermark 5 s behind. */
const SHUFFLE_MS = 5000;
/** Late rows are up to this much later than that. */
const LATE_MS = 60_000;
/** One row in a thousand, of 2^32 draws. */
const LATE_BELOW = 4_294_967;
const SESSION_MS = 1_800_000;
const USERS = 1_000_000;
const PAGES = 1000;
/** No row is longer. */
export const clickMaxBytes = 320;

const actions: readonly string[] = [
  "view",
  "view",
  "view",
  "view",
  "view",
  "click",
  "click",
  "scroll",
  "cart",
  "purchase",
];
const devices: readonly string[] = ["mobile", "mobile", "mobile", "desktop", "desktop", "tablet"];
const countries: readonly string[] = [
  "US",
  "US",
  "US",
  "DE",
  "GB",
  "FR",
  "JP",
  "BR",
  "IN",
  "CA",
  "AU",
  "ES",
  "IT",
  "NL",
  "SE",
  "MX",
];
const topPages: readonly string[] = ["/home", "/search", "/cart", "/checkout", "/account", "/deals", "/new", "/help"];
const sections: readonly string[] = ["shoes", "bags", "books", "games", "music", "garden", "toys", "tools"];

/** Names by rank: rank 0 is the page most seen. */
export const clickstreamPages: readonly string[] = Array.from(
  { length: PAGES },
  (_, rank) => topPages[rank] ?? `/${sections[rank % sections.length]}/${rank}`,
);

/** What a row is before it has a form. One is kept and drawn into again and again. */
interface Draft {
  user: number;
  page: number;
  action: number;
  timeMs: EpochMs;
  device: number;
  country: number;
  /** 20 bits that, with the user, name the session. */
  session: number;
  /** 24 bits that keep event ids from being guessed in order. */
  salt: number;
  index: number;
  duration: number;
}

export function createClickstream(options: ClickstreamOptions): Clickstream {
  const { startMs = clickstreamStartMs, eventsPerSecond = clickstreamEventsPerSecond } = options;
  const { partitions = 1, partition = 0, firstRow = 0 } = options;
  const seed = foldSeed(options.seed);
  const msPerEvent = 1000 / eventsPerSecond;
  const drafted = draftOf();
  const writer = new ClickWriter();
  let row = firstRow;
  const draw = () => {
    const index = row++ * partitions + partition;
    drawClick(drafted, { seed, index, dueMs: startMs + Math.floor(index * msPerEvent) });
  };
  return {
    get row() {
      return row;
    },
    fill(buffer, offset, maxRows, ends) {
      const last = buffer.length - clickMaxBytes;
      let rows = 0;
      let end = offset;
      while (rows < maxRows && end <= last) {
        draw();
        end = writer.write(buffer, end, drafted);
        if (ends !== undefined) ends[rows] = end;
        rows++;
      }
      return { rows, end };
    },
    *rows(count) {
      for (let made = 0; made < count; made++) {
        draw();
        yield clickOf(drafted);
      }
    },
  };
}

function draftOf(): Draft {
  return { user: 0, page: 0, action: 0, timeMs: 0, device: 0, country: 0, session: 0, salt: 0, index: 0, duration: 0 };
}

let userRanks: Zipf | null = null;
let pageRanks: Zipf | null = null;

function drawClick(click: Draft, at: { seed: number; index: number; dueMs: EpochMs }): void {
  userRanks ??= createZipf(USERS);
  pageRanks ??= createZipf(PAGES);
  const start = rowSeed(at.seed, at.index);
  const rank = userRanks.pick(drawUint32(start, 0), drawUint32(start, 1));
  click.user = userOf(rank);
  click.page = pageRanks.pick(drawUint32(start, 2), drawUint32(start, 3));
  const mixed = drawUint32(start, 4);
  click.action = (mixed & 0xffff) % actions.length;
  click.duration = scaleDraw(drawUint32(start, 5), 1 + scaleDraw(mixed, 3600));
  const late = drawUint32(start, 6) < LATE_BELOW;
  const delay = drawUint32(start, 7);
  click.timeMs = at.dueMs - (late ? SHUFFLE_MS + scaleDraw(delay, LATE_MS) : scaleDraw(delay, SHUFFLE_MS));
  const traits = mix32(click.user ^ at.seed) >>> 0;
  click.device = (traits & 0xff) % devices.length;
  click.country = ((traits >>> 8) & 0xff) % countries.length;
  const sessionNumber = Math.floor((click.timeMs + (traits >>> 12)) / SESSION_MS);
  click.session = (mix32(traits + Math.imul(sessionNumber, 0x9e3779b9 | 0)) >>> 12) & 0xfffff;
  click.salt = drawUint32(start, 8) >>> 8;
  click.index = at.index;
}

/**
 * Scatters ranks over the ids 1 … 1,000,000, one to one: 387,420,489 = 3^18 shares no factor with a million. The remainder by
 * division is exact below 2^53 and, unlike `%` of doubles, one instruction.
 */
function userOf(rank: number): number {
  const scattered = rank * 387_420_489 + 271_828;
  return ((scattered - Math.floor(scattered / USERS) * USERS) | 0) + 1;
}

function clickOf(click: Draft): Click {
  const day = Math.floor(click.timeMs / MS_PER_DAY);
  const clock = new Date(click.timeMs - day * MS_PER_DAY).toISOString().slice(11, 23);
  return {
    user_id: click.user,
    page: clickstreamPages[click.page] as string,
    action: actions[click.action] as string,
    event_timestamp: `${formatDays(day)} ${clock}`,
    session_id: hexOf(click.user, 5) + hexOf(click.session, 5),
    device: devices[click.device] as string,
    country: countries[click.country] as string,
    event_id: hexOf(click.salt, 6) + hexOf(click.index, 10),
    session_duration: click.duration,
  };
}

function hexOf(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0").slice(-digits);
}

const ascii = new TextEncoder();

/** Writes rows from parts that were encoded once. */
class ClickWriter {
  readonly #out = new ByteWriter();
  readonly #user = ascii.encode('{"user_id":');
  readonly #pages = clickstreamPages.map((page) => ascii.encode(`,"page":"${page}","action":"`));
  readonly #actions = actions.map((action) => ascii.encode(`${action}","event_timestamp":"`));
  readonly #session = ascii.encode('","session_id":"');
  readonly #origins = devices.map((device) =>
    countries.map((country) => ascii.encode(`","device":"${device}","country":"${country}","event_id":"`)),
  );
  readonly #duration = ascii.encode('","session_duration":');
  readonly #end = ascii.encode("}\n");

  /** Returns the position after the row. */
  write(buffer: Uint8Array, at: number, click: Draft): number {
    const out = this.#out;
    out.bytes = buffer;
    out.at = at;
    out.copy(this.#user);
    out.decimal(click.user);
    out.copy(this.#pages[click.page] as Uint8Array);
    out.copy(this.#actions[click.action] as Uint8Array);
    out.timestamp(click.timeMs);
    out.copy(this.#session);
    out.hex(click.user, 5);
    out.hex(click.session, 5);
    out.copy((this.#origins[click.device] as Uint8Array[])[click.country] as Uint8Array);
    out.hex(click.salt, 6);
    const high = Math.floor(click.index / 1_048_576);
    out.hex(high | 0, 5);
    out.hex((click.index - high * 1_048_576) | 0, 5);
    out.copy(this.#duration);
    out.decimal(click.duration);
    out.copy(this.#end);
    return out.at;
  }
}
