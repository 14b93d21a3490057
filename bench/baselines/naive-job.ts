/** The job as one would write it by hand: JSON.parse, Map and Set, lateness by partition as ours judges it. */
interface Group {
  count: number;
  sum: number;
  min: number;
  max: number;
  users: Set<number>;
}

export class NaiveJob {
  readonly #groups = new Map<string, Group>();
  readonly #watermarks = new Map<number, number>();
  readonly #windowMs: number;
  readonly #delayMs: number;
  #events = 0;
  #late = 0;

  constructor(windowMs: number, delayMs: number) {
    this.#windowMs = windowMs;
    this.#delayMs = delayMs;
  }

  add(line: string, partition: number): void {
    const event = JSON.parse(line) as {
      page: string;
      user_id: number;
      event_timestamp: string;
      session_duration: number;
    };
    const time = Date.parse(`${event.event_timestamp.replace(" ", "T")}Z`);
    this.#events++;
    const before = this.#watermarks.get(partition) ?? Number.NEGATIVE_INFINITY;
    if (time - this.#delayMs > before) this.#watermarks.set(partition, time - this.#delayMs);
    const end = time - (time % this.#windowMs) + this.#windowMs;
    if (before >= end - 1) {
      this.#late++;
      return;
    }
    const key = `${end}|${event.page}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { count: 0, sum: 0, min: Infinity, max: -Infinity, users: new Set() };
      this.#groups.set(key, group);
    }
    const value = event.session_duration;
    group.count++;
    group.sum += value;
    if (value < group.min) group.min = value;
    if (value > group.max) group.max = value;
    group.users.add(event.user_id);
  }

  /** Totals over all groups; `ms` is what the caller took. */
  totals(ms: number): Readonly<Record<string, number>> {
    const all = { events: this.#events, ms, late: this.#late, groups: this.#groups.size, count: 0, sum: 0, users: 0 };
    for (const group of this.#groups.values()) {
      all.count += group.count;
      all.sum += group.sum;
      all.users += group.users.size;
    }
    return all;
  }
}
