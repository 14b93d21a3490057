/**
 * Events that several streams of one view need at the same moment, made once: whoever watches a page with the same conditions is at
 * the same place after every change. The key must name everything an event depends on.
 */
export class EventCache<V> {
  readonly #kept = new Map<string, V>();
  readonly #size: number;

  /** Keeps the last `size` values. */
  constructor(size: number) {
    this.#size = size;
  }

  get(key: string, make: () => V): V {
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    const made = make();
    this.#kept.set(key, made);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#size) break;
      this.#kept.delete(oldest);
    }
    return made;
  }
}
