/**
 * Live views as Server-Sent Events (WHATWG HTML, "Server-sent events"). A client is a place in the view's change log, not
 * a queue: it pulls when its socket has room, so a slow one costs nothing but its place, and is dropped, told so and counted
 * once it is too far behind. Event ids are `instance.sequence`; a reconnect continues behind the last one, and where that
 * is gone (or another run's) the client gets `reset` with the newest rows.
 */

import type { Counter, Gauge } from "../metrics/metrics.ts";
import type { Selection } from "../views/select.ts";
import type { Consistency, LimitedSelection, View, ViewPosition } from "../views/view.ts";
import { EventCache } from "./event-cache.ts";
import { rowsEvent, toJson, watermarkText } from "./json.ts";
import { defaultStreamLimits, type ServerParts, type StreamLimits } from "./parts.ts";
import { Problem } from "./problem.ts";

export interface StreamRequest {
  readonly selection: Selection;
  readonly consistency: Consistency;
  /** Newest rows sent first, and after a reset. */
  readonly snapshotRows: number;
  /** Id of the last event seen. */
  readonly after: string | null;
  readonly headOnly: boolean;
}

const HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-store, no-transform",
  "x-accel-buffering": "no",
};

/** The streams that are open. */
export class StreamHub {
  readonly #limits: StreamLimits;
  readonly #instance: string;
  readonly #clients = new Set<StreamClient>();
  readonly #shared = new EventCache<{ readonly following: Following }>(KEPT_EVENTS);
  readonly #open: Gauge;
  readonly #dropped: Counter;

  constructor(parts: ServerParts) {
    this.#limits = { ...defaultStreamLimits, ...parts.streamLimits };
    this.#instance = parts.instance;
    const { metrics } = parts;
    this.#open = metrics.gauge({ name: "millrace_http_stream_clients", help: "Streams that are open." }).with();
    const help = "Streams ended because the client read too slowly.";
    this.#dropped = metrics.counter({ name: "millrace_http_streams_dropped_total", help }).with();
  }

  open(view: View, request: StreamRequest): Response {
    // Compiles the selection, so that what it does not understand is answered before the stream begins.
    view.tail({ ...request.selection, consistency: request.consistency, limit: 0 });
    if (request.headOnly) return new Response(null, { headers: HEADERS });
    if (this.#clients.size >= this.#limits.clients) {
      throw new Problem({
        status: 503,
        code: "too-many-streams",
        title: "Too many streams are open",
        detail: `${this.#limits.clients} streams are open, which is as many as there may be`,
        headers: { "retry-after": "5" },
      });
    }
    const client = new StreamClient(view, request, {
      limits: this.#limits,
      shared: this.#shared,
      instance: this.#instance,
      ended: (dropped) => {
        this.#clients.delete(client);
        this.#open.set(this.#clients.size);
        if (dropped) this.#dropped.add();
      },
    });
    this.#clients.add(client);
    this.#open.set(this.#clients.size);
    return new Response(client.body, { headers: HEADERS });
  }

  /** Ends every stream, with `data` as its last event; clients reconnect by themselves. */
  close(data: string): void {
    for (const client of [...this.#clients]) client.close(data);
  }
}

/** What follows a place in a view: null where the changes are gone. */
type Following = {
  readonly position: ViewPosition;
  /** Last change looked at. */
  readonly last: number;
  readonly rows: number;
  readonly data: string;
} | null;

/** A page of a busy view is some 100 kB. */
const KEPT_EVENTS = 16;

interface ClientSettings {
  readonly shared: EventCache<{ readonly following: Following }>;
  readonly limits: StreamLimits;
  readonly instance: string;
  ended(dropped: boolean): void;
}

const utf8 = new TextEncoder();
const RETRY_MS = 1000;

class StreamClient {
  readonly body: ReadableStream<Uint8Array>;
  readonly #view: View;
  readonly #request: StreamRequest;
  readonly #settings: ClientSettings;
  /** What is asked for, as text. */
  readonly #asked: string;
  readonly #unsubscribe: () => void;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  /** Last change sent, or passed over by the conditions. */
  #last: number;
  /** Reason of a reset that is to come first. */
  #reset: string | null = null;
  #sentWatermark: number | null = null;
  /** Set while a pull waits for something to send. */
  #wake: (() => void) | null = null;
  #over = false;

  constructor(view: View, request: StreamRequest, settings: ClientSettings) {
    this.#view = view;
    this.#request = request;
    this.#settings = settings;
    this.#asked = JSON.stringify([view.name, request.consistency, request.selection]);
    const { sequence } = view.position(request.consistency);
    const resumed = request.after === null ? null : this.#sequenceOf(request.after, sequence);
    this.#last = resumed ?? sequence;
    if (request.after === null ? request.snapshotRows > 0 : resumed === null) {
      this.#reset = request.after === null ? "start" : "the place to resume from is gone";
    }
    this.#unsubscribe = view.subscribe(() => this.#changed());
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
          controller.enqueue(utf8.encode(`retry: ${RETRY_MS}\n\n`));
        },
        pull: (controller) => this.#pull(controller),
        cancel: () => this.#end(false),
      },
      { highWaterMark: 1 },
    );
  }

  close(data: string): void {
    if (this.#over) return;
    this.#end(false);
    this.#controller?.enqueue(utf8.encode(`event: end\ndata: ${data}\n\n`));
    this.#controller?.close();
  }

  /** Null for an id that is not of this run, or lies ahead of what there is. */
  #sequenceOf(id: string, newest: number): number | null {
    const parts = /^([\w-]+)\.(\d{1,15})$/.exec(id);
    if (parts === null || parts[1] !== this.#settings.instance) return null;
    const sequence = Number(parts[2]);
    return sequence <= newest ? sequence : null;
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    let event = this.#next();
    while (event === null && !this.#over) {
      const woken = await this.#wait();
      event = this.#over ? null : woken ? this.#next() : ": still here\n\n";
    }
    if (event !== null && !this.#over) controller.enqueue(utf8.encode(event));
  }

  /** The next event, or null when there is nothing new. */
  #next(): string | null {
    if (this.#reset !== null) return this.#resetEvent(this.#reset);
    for (;;) {
      const following = this.#following();
      if (following === null) return this.#resetEvent("changes it had not read are gone");
      const { position, last, rows, data } = following;
      const moved = last !== this.#last;
      this.#last = last;
      if (rows > 0) return this.#event("rows", data, position);
      if (moved) continue;
      return position.watermark === this.#sentWatermark ? null : this.#event("watermark", data, position);
    }
  }

  #following(): Following {
    const { limits, shared } = this.#settings;
    const { consistency, selection } = this.#request;
    const { sequence, watermark, epoch } = this.#view.position(consistency);
    const key = `${this.#asked} ${this.#last} ${sequence} ${watermark} ${epoch}`;
    const make = (): Following => {
      const query: LimitedSelection = { ...selection, consistency, limit: limits.eventRows };
      const changes = this.#view.changesAfter(this.#last, query);
      if (changes === null) return null;
      const { batch, last } = changes;
      const told = { watermark: watermarkText(changes.watermark), epoch: changes.epoch };
      return {
        position: { watermark: changes.watermark, epoch: changes.epoch, sequence: changes.sequence },
        last,
        rows: batch.rows,
        data: batch.rows > 0 ? rowsEvent(changes, batch) : toJson(told),
      };
    };
    return shared.get(key, () => ({ following: make() })).following;
  }

  #resetEvent(reason: string): string {
    this.#reset = null;
    const { consistency, selection, snapshotRows } = this.#request;
    const rows = this.#view.tail({ ...selection, consistency, limit: snapshotRows });
    this.#last = rows.sequence;
    return this.#event("reset", rowsEvent(rows, rows.batch, { reason }), rows);
  }

  #event(name: string, data: string, position: ViewPosition): string {
    this.#sentWatermark = position.watermark;
    return `event: ${name}\nid: ${this.#settings.instance}.${this.#last}\ndata: ${data}\n\n`;
  }

  /** True when the view changed, false when it is time for a sign of life. */
  #wait(): Promise<boolean> {
    return new Promise((resolve) => {
      const beat = setTimeout(() => settle(false), this.#settings.limits.heartbeatMs);
      const settle = (woken: boolean): void => {
        clearTimeout(beat);
        this.#wake = null;
        resolve(woken);
      };
      this.#wake = () => settle(true);
    });
  }

  #changed(): void {
    if (this.#wake !== null) {
      this.#wake();
      return;
    }
    const behind = this.#view.position(this.#request.consistency).sequence - this.#last;
    if (behind <= this.#settings.limits.behindRows || this.#over) return;
    const data = toJson({ reason: "this client reads too slowly", behindRows: behind });
    this.#controller?.enqueue(utf8.encode(`event: dropped\ndata: ${data}\n\n`));
    this.#controller?.close();
    this.#end(true);
  }

  #end(dropped: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.#unsubscribe();
    this.#wake?.();
    this.#settings.ended(dropped);
  }
}
