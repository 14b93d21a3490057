/**
 * The live feed of a view. EventSource reconnects by itself and names the last event it saw; where the server refuses (it
 * restarts, the view is not there yet) we try again, ever more slowly.
 */
import { parseJson } from "./format.ts";
import type { RowsEvent } from "./rows.ts";

export interface Position {
  readonly watermark: string | null;
  readonly epoch: number;
}

/** What the server says before it ends. */
export interface LastWords {
  readonly jobs: readonly {
    readonly name: string;
    readonly phase: string;
    readonly error: { readonly message: string; readonly hint: string | null } | null;
  }[];
}

export interface FeedListener {
  /** Everything anew: the newest rows, `limit` at most. */
  reset(event: RowsEvent, limit: number): void;
  rows(event: RowsEvent): void;
  ended(words: LastWords): void;
  position(position: Position): void;
  state(state: "live" | "waiting" | "lost"): void;
}

const SNAPSHOT_ROWS = 10_000;
const FIRST_RETRY_MS = 1000;
const MAX_RETRY_MS = 10_000;

/** Returns what ends the feed. */
export function openFeed(view: string, listener: FeedListener): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let retryMs = FIRST_RETRY_MS;
  const connect = (): void => {
    const opened = new EventSource(`/v1/views/${encodeURIComponent(view)}/stream?snapshot=${SNAPSHOT_ROWS}`);
    source = opened;
    const on = (name: string, take: (data: RowsEvent & Position) => void): void =>
      opened.addEventListener(name, (event) => take(parseJson<RowsEvent & Position>(event.data)));
    opened.onopen = () => {
      retryMs = FIRST_RETRY_MS;
      listener.state("live");
    };
    on("reset", (data) => {
      listener.reset(data, SNAPSHOT_ROWS);
      listener.position(data);
    });
    on("rows", (data) => {
      listener.rows(data);
      listener.position(data);
    });
    on("watermark", (data) => listener.position(data));
    opened.addEventListener("end", (event) => listener.ended(parseJson<LastWords>(event.data)));
    opened.onerror = () => {
      const refused = opened.readyState === EventSource.CLOSED;
      listener.state(refused ? "lost" : "waiting");
      if (!refused) return;
      timer = setTimeout(connect, retryMs);
      retryMs = Math.min(MAX_RETRY_MS, retryMs * 2);
    };
  };
  connect();
  return () => {
    if (timer !== null) clearTimeout(timer);
    source?.close();
  };
}
