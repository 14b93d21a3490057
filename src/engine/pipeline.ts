/**
 * The loop that drives a job: poll → ingest → emit → sinks, one event at a time through the `Job` state machine. It owns no
 * decision: it reports what happened and performs the effects that come back. Sources, sinks, kernel and clock are handed
 * in, so the process and a test with a simulated broker run this same loop.
 */
import { BAD_EXPRESSION } from "../../assembly/shared/status.ts";
import type { PollResult, Sink, SourcePartition } from "../connectors/connector.ts";
import type { Batch } from "../core/batch.ts";
import { assert } from "../core/error.ts";
import type { EpochMs } from "../core/type.ts";
import type { InputRecord } from "../kernel/input.ts";
import type { BadRow } from "../kernel/program.ts";
import { type Accounting, accountQueries } from "./accounting.ts";
import { type BadRecord, badRowError, describeBadRow } from "./bad-rows.ts";
import { DeadLetterSource, letterOf, lettersOf, othersDone } from "./dead-letters.ts";
import { describeJob } from "./describe-job.ts";
import type { ExpressionFailure } from "./failing-expression.ts";
import { Job, type JobEffect, type JobEvent, type JobSettings } from "./job.ts";
import type { PipelineParts, PipelineStage, RunningSource } from "./pipeline-parts.ts";
import type { JobStatus } from "./status.ts";

/** Longest wait for rows in one poll: bounds how stale ticks, stops and other sources get. */
const POLL_WAIT_MS = 5;
const IDLE_REST_MS = 2;
const TICK_MS = 20;
/** How often a skipped bad row is looked at for the status; and one part of the time in so many, as records may be huge. */
const BAD_ROW_EVERY_MS = 1000;
const BAD_ROW_SHARE = 50;
/** How long the loop runs without giving the thread's messages a turn. */
const TURN_MS = 10;

export class Pipeline {
  readonly #parts: PipelineParts;
  readonly #job: Job;
  readonly #sources: RunningSource[] = [];
  readonly #startedAt: EpochMs;
  /** When open windows of a kernel's query gave their changes last. */
  readonly #fired = new Map<number, EpochMs>();
  #accounts: readonly (Accounting | null)[] = [];
  #stopRequested = false;
  #phase: JobStatus["phase"] = "starting";
  /** How it stood when sources were closed: they are not asked after that. */
  #final: JobStatus | null = null;

  constructor(parts: PipelineParts) {
    this.#parts = parts;
    this.#startedAt = parts.clock.now();
    const settings: JobSettings = {
      commitIntervalMs: parts.commitIntervalMs,
      changesIntervalMs: parts.changesIntervalMs,
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
      this.#phase = reason;
      await this.#close();
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
    for (const [index, settings] of this.#parts.sources.entries()) {
      const partitions = await settings.source.open();
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
        done: false,
      });
      for (const partition of partitions) await this.#addPartition(index, partition);
    }
  }

  async #loop(): Promise<"finished" | "stopped"> {
    let busy = true;
    let lastTick = this.#parts.clock.now();
    let lastTurn = lastTick;
    for (;;) {
      let rows = 0;
      for (const index of this.#sources.keys()) {
        const { done, settings } = this.#running(index);
        if (done) continue;
        if (settings.source instanceof DeadLetterSource && othersDone(this.#sources)) settings.source.end();
        rows += await this.#pollOnce(index, busy ? 0 : POLL_WAIT_MS);
      }
      const now = this.#parts.clock.now();
      if (this.#stopRequested) await this.#dispatch({ kind: "stop", now });
      if (now - lastTick >= TICK_MS) {
        lastTick = now;
        await this.#dispatch({ kind: "tick", now });
      }
      if (this.#job.phase === "ended") return this.#stopRequested ? "stopped" : "finished";
      busy = rows > 0;
      if (!busy || now - lastTurn >= TURN_MS) {
        lastTurn = now;
        await this.#parts.rest(busy ? 0 : IDLE_REST_MS);
      }
    }
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
    const { kernel, queries } = this.#parts;
    const running = this.#running(index);
    kernel.ingestBegin(index, rows);
    running.letters.clear();
    let more = true;
    while (more) {
      more = kernel.ingestNext(index);
      this.#lookAtBadRows(index);
      for (const query of running.settings.queries) {
        const { stages = [] } = queries[query] ?? {};
        if (stages.length !== 1 && stages[0]?.kind !== "late") continue;
        for (const stage of stages) {
          const batch = kernel.takeOutput(stage.query);
          if (batch !== null) await this.#write(query, batch);
        }
      }
    }
    for (const query of running.settings.queries) await this.#emitJoined(query);
    await this.#readDeadLetters(index);
    this.#accounts = accountQueries({ kernel, sources: this.#sources, queries });
    const moved = [];
    for (const { partition, position } of running.settings.source.lag()) {
      if (running.positions.get(partition) === position) continue;
      running.positions.set(partition, position);
      moved.push({ partition, watermark: kernel.partitionWatermark(index, partition), position });
    }
    await this.#dispatch({ kind: "ingested", source: index, now: this.#parts.clock.now(), partitions: moved });
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
    if (this.#job.tracker(index).allFinished) this.#running(index).done = true;
  }

  /** Ends the job at the vector's first bad row, or keeps words about one now and then where they are skipped. */
  #lookAtBadRows(index: number): void {
    const bad = this.#parts.kernel.firstBadRow(index);
    if (bad === null) return;
    const running = this.#running(index);
    const now = this.#parts.clock.now();
    if (running.settings.badRows === "fail") throw badRowError(this.#badRecord(index, bad));
    if (running.settings.badRows === "dead-letter") this.#writeDeadLetters(index);
    if (now < running.nextBadRow) return;
    running.lastBadRow = describeBadRow(this.#badRecord(index, bad));
    const after = this.#parts.clock.now();
    running.nextBadRow = after + Math.max(BAD_ROW_EVERY_MS, BAD_ROW_SHARE * (after - now));
  }

  #writeDeadLetters(index: number): void {
    const letters = lettersOf(this.#sources, index);
    assert(letters !== null, "a table with dead letters has a source of them");
    const { kernel, queries } = this.#parts;
    const running = this.#running(index);
    let number = -1;
    let input: InputRecord | undefined;
    for (const bad of kernel.badRows(index)) {
      // The bad elements of an array come one behind the other: their record is copied once.
      if (input === undefined || number !== bad.record) input = kernel.record(index, bad.record);
      number = bad.record;
      const record = this.#badRecord(index, bad, { input, explained: false });
      letters.source.put(letterOf(record, { running, from: input.partition, queries }));
    }
  }

  /** So that they are written before their records' positions are committed. */
  async #readDeadLetters(index: number): Promise<void> {
    const letters = lettersOf(this.#sources, index);
    while (letters?.source.pending === true) await this.#pollOnce(letters.index, 0);
  }

  #badRecord(
    index: number,
    bad: BadRow,
    { input = this.#parts.kernel.record(index, bad.record), explained = true } = {},
  ): BadRecord {
    const { settings, partitions } = this.#running(index);
    const { partition, position, bytes } = input;
    // Counting lines may read a whole file: for the one that ends the job only.
    const line = settings.badRows === "fail" ? (settings.source.lineOf?.(partition, position) ?? null) : null;
    return {
      bad,
      table: settings.name,
      partition: partitions[partition]?.name ?? `partition ${partition}`,
      position,
      line,
      bytes,
      timeColumn: settings.timeColumn,
      failure: explained && bad.reason === BAD_EXPRESSION ? this.#explain(index, bad) : null,
    };
  }

  #explain(index: number, { record, query, item }: BadRow): ExpressionFailure | null {
    const input = this.#parts.kernel.record(index, record);
    const partition = this.#running(index).partitions[input.partition];
    if (partition === undefined) return null;
    try {
      return this.#parts.explain?.({ source: index, query, item, record: input, partition }) ?? null;
    } catch {
      // The row is to be told of in any case: the words about it must not become the error.
      return null;
    }
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
        for (const query of running.settings.queries) await this.#advance(query);
        return;
      }
      case "pause":
        return this.#running(effect.source).settings.source.pause(effect.partitions);
      case "resume":
        return this.#running(effect.source).settings.source.resume(effect.partitions);
      case "decision":
        return this.#parts.decided?.(effect);
      case "emit-changes":
        for (const query of this.#parts.queries.keys()) await this.#emitOpen(query, effect.now);
        return;
      case "flush":
        for (const query of this.#parts.queries) await query.sink.flush();
        return this.#dispatch({ kind: "flushed", now: this.#parts.clock.now() });
      case "commit":
        return this.#running(effect.source).settings.source.commit(effect.positions);
      case "end":
        return;
    }
  }

  /** To the least watermark of what the query reads. */
  async #advance(query: number): Promise<void> {
    const { kernel, queries } = this.#parts;
    const { sources = [], stages = [], sink } = queries[query] ?? {};
    if (stages.every(({ kind }) => kind === "project" || kind === "late")) return;
    const watermark = this.#leastWatermark(sources);
    if (watermark === null) return;
    // Stages that close nothing say with their rows how far the watermark had come.
    for (const stage of stages) if (!closes(stage)) kernel.advance(stage.query, watermark);
    for (const stage of stages) {
      if (closes(stage)) kernel.advance(stage.query, watermark);
      else if (stage.kind !== "join") continue;
      await this.#emitStage(query, stage);
    }
    sink?.advance?.(watermark);
  }

  /** Null while one of them has none. */
  #leastWatermark(sources: readonly number[]): EpochMs | null {
    const watermarks = sources.map((source) => this.#sources[source]?.watermark ?? null);
    const known = watermarks.filter((watermark) => watermark !== null);
    return known.length < watermarks.length || known.length === 0 ? null : Math.min(...known);
  }

  /** Rows that have met in joins without a window: they wait for no watermark. */
  async #emitJoined(query: number): Promise<void> {
    for (const stage of this.#parts.queries[query]?.stages ?? []) {
      if (stage.kind === "join" && !stage.windowed) await this.#emitStage(query, stage);
    }
  }

  /** What has changed in groups and windows that are open, from the first stage that has such to the last. */
  async #emitOpen(query: number, now: EpochMs): Promise<void> {
    for (const stage of this.#parts.queries[query]?.stages ?? []) {
      if (stage.kind === "window-aggregate") {
        if (stage.everyMs === null || now - (this.#fired.get(stage.query) ?? this.#startedAt) < stage.everyMs) continue;
        this.#fired.set(stage.query, now);
        this.#parts.kernel.fire(stage.query);
      } else if (
        stage.kind !== "group-aggregate" &&
        stage.kind !== "ranked" &&
        (stage.kind !== "join" || stage.windowed)
      )
        continue;
      await this.#emitStage(query, stage);
    }
  }

  async #emitStage(query: number, stage: PipelineStage): Promise<void> {
    const { kernel } = this.#parts;
    while (kernel.emitVector(stage.query)) {
      const batch = kernel.takeOutput(query);
      if (batch !== null) await this.#write(query, batch);
    }
  }

  async #write(query: number, batch: Batch): Promise<void> {
    const written = this.#parts.queries[query]?.sink.write(batch);
    if (written instanceof Promise) await written;
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

/** Whether the stage keeps rows or windows until the watermark reaches them. */
function closes({ kind }: PipelineStage): boolean {
  return kind === "window-aggregate" || kind === "sort" || kind === "lead";
}
