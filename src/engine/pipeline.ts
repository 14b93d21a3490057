/**
 * The loop that drives a job: poll → ingest → emit → sinks, one event at a time through the `Job` state machine. It owns no
 * decision: it reports what happened and performs the effects that come back. Sources, sinks, kernel and clock are handed
 * in, so the process and a test with a simulated broker run this same loop.
 */
import type { PollResult, Sink, SourcePartition } from "../connectors/connector.ts";
import type { EpochMs } from "../core/type.ts";
import { END_OF_TIME } from "../watermark/tracker.ts";
import { type Accounting, accountQueries } from "./accounting.ts";
import { BadRecordReader } from "./bad-records.ts";
import { DeadLetterSource, lettersOf } from "./dead-letters.ts";
import { describeJob } from "./describe-job.ts";
import { ResultEmitter } from "./emit-results.ts";
import type { PartialsReceiver } from "./exchange.ts";
import { Job, type JobEffect, type JobEvent, type JobSettings } from "./job.ts";
import type { PipelineParts, PipelineQuery, RunningSource } from "./pipeline-parts.ts";
import type { JobStatus } from "./status.ts";

/** Longest wait for rows in one poll: bounds how stale ticks, stops and other sources get. */
const POLL_WAIT_MS = 5;
const IDLE_REST_MS = 2;
const TICK_MS = 20;
/** How long the loop runs without giving the thread's messages a turn. */
const TURN_MS = 10;

export class Pipeline {
  readonly #parts: PipelineParts;
  readonly #job: Job;
  readonly #sources: RunningSource[] = [];
  readonly #startedAt: EpochMs;
  readonly #results: ResultEmitter;
  readonly #badRecords: BadRecordReader;
  #accounts: readonly (Accounting | null)[] = [];
  #time: EpochMs = Number.MIN_SAFE_INTEGER;
  #stopRequested = false;
  /** What other workers' partitions were last known to say, by source. */
  readonly #others: string[] = [];
  /** Flushes that the first worker was asked for and has not told of. */
  #openFlushes = 0;
  #phase: JobStatus["phase"] = "starting";
  /** How it stood when sources were closed: they are not asked after that. */
  #final: JobStatus | null = null;

  constructor(parts: PipelineParts) {
    this.#parts = parts;
    this.#startedAt = parts.clock.now();
    const { kernel, queries, gives } = parts;
    const givePartial = gives === undefined ? null : gives.givePartial.bind(gives);
    this.#results = new ResultEmitter({ kernel, queries, startedAt: this.#startedAt, givePartial });
    this.#badRecords = new BadRecordReader(parts, this.#sources);
    const settings: JobSettings = {
      commitIntervalMs: parts.commitIntervalMs,
      changesIntervalMs: parts.changesIntervalMs,
      clocked: queries.some(isClocked),
      sources: parts.sources.map((source) => ({
        name: source.name,
        idleTimeoutMs: source.idleTimeoutMs,
        maxDriftMs: source.maxDriftMs,
      })),
    };
    this.#job = new Job(settings, this.#startedAt);
  }

  /** Ends the job in good order after the batch in hand. */
  requestStop(): void {
    this.#stopRequested = true;
  }

  status(): JobStatus {
    if (this.#final !== null) return { ...this.#final, phase: this.#phase };
    return describeJob({
      phase: this.#phase,
      at: this.#parts.clock.now(),
      startedAt: this.#startedAt,
      job: this.#job,
      kernel: this.#parts.kernel,
      sources: this.#sources,
      queries: this.#parts.queries,
      accounts: this.#accounts,
    });
  }

  /** Runs until every source is finished or a stop is asked for. Closes what it opened, also after an error. */
  async run(): Promise<"finished" | "stopped"> {
    try {
      await this.#open();
      this.#phase = "running";
      const reason = await this.#loop();
      // Rows that had waited for their place in the sequence were decided after the last batch.
      this.#countRows();
      this.#phase = reason;
      await this.#close();
      // Not after an error: the first worker must not take what came for all there is.
      this.#parts.gives?.close();
      return reason;
    } catch (error) {
      this.#phase = "failed";
      // What ended the job is the error to tell; closing after it is done as far as it goes.
      await this.#close().catch(() => {});
      throw error;
    }
  }

  async #open(): Promise<void> {
    for (const query of this.#parts.queries) await query.sink.open();
    const { gives, pinned } = this.#parts;
    for (const [index, settings] of this.#parts.sources.entries()) {
      const elsewhere = gives !== undefined && pinned?.has(index) === true;
      const partitions = elsewhere ? [] : await settings.source.open();
      this.#sources.push({
        settings,
        region: this.#parts.kernel.input(index),
        partitions: [],
        positions: new Map(),
        watermark: null,
        warnings: 0,
        lastWarning: null,
        lastBadRow: null,
        nextBadRow: 0,
        deadLettered: new Map(),
        letters: new Map(),
        done: elsewhere,
      });
      for (const partition of partitions) await this.#addPartition(index, partition);
    }
  }

  async #loop(): Promise<"finished" | "stopped"> {
    let busy = true;
    let lastTick = this.#parts.clock.now();
    let lastTurn = lastTick;
    for (;;) {
      // Before the first row: what others have to say decides what it may close.
      const taken = await this.#exchange();
      const rows: number = this.#stopRequested ? 0 : await this.#pollAll(busy ? 0 : POLL_WAIT_MS);
      const now = this.#parts.clock.now();
      if (this.#stopRequested && this.#heardAll) await this.#dispatch({ kind: "stop", now });
      if (now - lastTick >= TICK_MS) {
        lastTick = now;
        await this.#dispatch({ kind: "tick", now: this.#now() });
      }
      if (this.#job.phase === "ended" && this.#heardAll) return this.#stopRequested ? "stopped" : "finished";
      busy = rows > 0 || taken;
      if (!busy || now - lastTurn >= TURN_MS) {
        lastTurn = now;
        await this.#parts.rest(busy ? 0 : IDLE_REST_MS);
      }
    }
  }

  /** Processing time: never goes back, whatever the clock does. */
  #now(): EpochMs {
    this.#time = Math.max(this.#time, this.#parts.clock.now());
    return this.#time;
  }

  async #pollAll(waitMs: number): Promise<number> {
    let rows = 0;
    for (const index of this.#sources.keys()) {
      const { done, settings } = this.#running(index);
      if (done) continue;
      if (settings.source instanceof DeadLetterSource && this.#othersDone()) settings.source.end();
      rows += await this.#pollOnce(index, waitMs);
    }
    return rows;
  }

  /** Whether every source but those of dead letters will give nothing any more. */
  #othersDone(): boolean {
    return this.#sources.every(
      ({ done, settings }, index) => done || settings.source instanceof DeadLetterSource || this.#isOver(index),
    );
  }

  #isOver(source: number): boolean {
    const { allFinished, current } = this.#job.tracker(source);
    return allFinished || current === END_OF_TIME;
  }

  /** Tells other workers where this one stands, and takes what they have to say. True when results or state came. */
  async #exchange(): Promise<boolean> {
    const { gives, takes } = this.#parts;
    const peers = gives ?? takes;
    if (peers === undefined) return false;
    const taken = (await takes?.take(this.#receiver)) ?? false;
    for (const source of this.#sources.keys()) {
      peers.tell(source, this.#job.tracker(source).standing);
      const standings = peers.standings(source);
      const said = standings.join();
      if (said === this.#others[source]) continue;
      this.#others[source] = said;
      await this.#dispatch({ kind: "others", source, standings, now: this.#parts.clock.now() });
    }
    while (this.#openFlushes > 0 && gives?.flushed === true) {
      this.#openFlushes--;
      await this.#dispatch({ kind: "flushed", now: this.#parts.clock.now() });
    }
    return taken;
  }

  /** What the first worker does with what the others give. */
  readonly #receiver: PartialsReceiver = {
    rows: (query, batch) => this.#parts.queries[query]?.sink.write(batch),
    partial: (query, image) => this.#parts.kernel.mergePartial(query, image),
    flush: () => this.#flushSinks(),
  };

  /** Whether no other worker has anything more to give to this one. */
  get #heardAll(): boolean {
    return this.#parts.takes?.drained ?? true;
  }

  async #flushSinks(): Promise<void> {
    for (const query of this.#parts.queries) await query.sink.flush();
  }

  /** One poll of one source and all that follows from it. Returns the records it gave. */
  async #pollOnce(index: number, waitMs: number): Promise<number> {
    const running = this.#running(index);
    const result = running.settings.source.poll(running.region, waitMs);
    for (const event of result.events) {
      if (event.kind === "partition-added") await this.#addPartition(index, event.partition);
      else if (event.kind === "warning") {
        running.warnings++;
        running.lastWarning = event.message;
      }
    }
    if (result.rows > 0) await this.#ingest(index, result.rows);
    await this.#endsOf(index, result);
    return result.rows;
  }

  async #ingest(index: number, rows: number): Promise<void> {
    const { kernel } = this.#parts;
    const running = this.#running(index);
    kernel.ingestBegin(index, rows, this.#now());
    running.letters.clear();
    let more = true;
    while (more) {
      more = kernel.ingestNext(index);
      this.#badRecords.look(index, running);
      await this.#results.emitRead(running.settings.queries);
    }
    await this.#results.emitJoined(running.settings.queries);
    await this.#readDeadLetters(index);
    this.#countRows();
    const moved = [];
    for (const { partition, position } of running.settings.source.lag()) {
      if (running.positions.get(partition) === position) continue;
      running.positions.set(partition, position);
      moved.push({ partition, watermark: kernel.partitionWatermark(index, partition), position });
    }
    await this.#dispatch({ kind: "ingested", source: index, now: this.#parts.clock.now(), partitions: moved });
  }

  #countRows(): void {
    const { kernel, queries } = this.#parts;
    this.#accounts = accountQueries({ kernel, sources: this.#sources, queries });
  }

  async #endsOf(index: number, result: PollResult): Promise<void> {
    const now = this.#parts.clock.now();
    for (const event of result.events) {
      if (event.kind === "caught-up" || event.kind === "held") {
        // An end may lie behind markers and gaps: a position that moved without rows must not look like rows later.
        this.#running(index).positions.set(event.partition, event.position);
        await this.#dispatch({ ...event, source: index, now });
      } else if (event.kind === "finished") {
        await this.#dispatch({ kind: event.kind, source: index, partition: event.partition, now });
      }
    }
    if (this.#isOver(index)) this.#running(index).done = true;
  }

  /** So that they are written before their records' positions are committed. */
  async #readDeadLetters(index: number): Promise<void> {
    const letters = lettersOf(this.#sources, index);
    while (letters?.source.pending === true) await this.#pollOnce(letters.index, 0);
  }

  async #addPartition(source: number, partition: SourcePartition): Promise<void> {
    const running = this.#running(source);
    running.partitions[partition.index] = partition;
    this.#parts.kernel.ensurePartitions(source, running.partitions.length);
    this.#parts.kernel.nameTopic(source, partition.index, partition.topic, partition.partition);
    const now = this.#parts.clock.now();
    await this.#dispatch({ kind: "partition-added", source, partition: partition.index, name: partition.name, now });
  }

  async #dispatch(event: JobEvent): Promise<void> {
    for (const effect of this.#job.step(event)) await this.#perform(effect);
  }

  async #perform(effect: JobEffect): Promise<void> {
    switch (effect.kind) {
      case "advance": {
        const running = this.#running(effect.source);
        running.watermark = effect.watermark;
        for (const query of running.settings.queries) {
          if (isClocked(this.#parts.queries[query])) continue;
          const watermark = this.#leastWatermark(this.#parts.queries[query]?.sources ?? []);
          if (watermark !== null) await this.#results.emitClosed(query, watermark);
        }
        return this.#tellAdvanced(effect.source, effect.watermark);
      }
      case "clock":
        for (const [index, query] of this.#parts.queries.entries())
          if (isClocked(query)) await this.#results.emitClosed(index, effect.time);
        return;
      case "pause":
        return this.#running(effect.source).settings.source.pause(effect.partitions);
      case "resume":
        return this.#running(effect.source).settings.source.resume(effect.partitions);
      case "decision":
        return this.#parts.decided?.(effect);
      case "emit-changes":
        for (const query of this.#parts.queries.keys()) await this.#results.emitOpen(query, effect.now);
        return;
      case "flush":
        if (this.#parts.gives !== undefined) {
          this.#openFlushes++;
          return this.#parts.gives.flush();
        }
        await this.#flushSinks();
        return this.#dispatch({ kind: "flushed", now: this.#parts.clock.now() });
      case "commit":
        return this.#running(effect.source).settings.source.commit(effect.positions);
      case "end":
        return;
    }
  }

  /** To the worker that gives the results. Nothing comes behind the last watermark: groups without a window leave before it. */
  async #tellAdvanced(source: number, watermark: EpochMs): Promise<void> {
    const { gives } = this.#parts;
    if (gives === undefined) return;
    if (watermark === END_OF_TIME)
      for (const query of this.#running(source).settings.queries) await this.#results.emitOpen(query, this.#now());
    gives.advanced(source, watermark);
  }

  /** Null while one of them has none. */
  #leastWatermark(sources: readonly number[]): EpochMs | null {
    const watermarks = sources.map((source) => this.#sources[source]?.watermark ?? null);
    const known = watermarks.filter((watermark) => watermark !== null);
    return known.length < watermarks.length || known.length === 0 ? null : Math.min(...known);
  }

  /** Closes everything, whatever fails on the way; then throws the first failure. Once: later calls do nothing. */
  async #close(): Promise<void> {
    if (this.#final !== null) return;
    this.#final = this.status();
    const failures: unknown[] = [];
    for (const part of [...this.#sources.map(({ settings }) => settings.source), ...this.#sinks()]) {
      await part.close().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  #sinks(): Sink[] {
    return this.#parts.queries.map((query) => query.sink);
  }

  #running(index: number): RunningSource {
    const running = this.#sources[index];
    if (running === undefined) throw new RangeError(`no source ${index}`);
    return running;
  }
}

/** Whether the clock closes the windows at the bottom, and so all that stands on them. */
function isClocked(query: PipelineQuery | undefined): boolean {
  return query?.stages.some(({ clocked }) => clocked) === true;
}
