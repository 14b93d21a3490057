/**
 * Results out of the kernel and into the sinks: rows of projections while they are read, joined rows when they have met, windows
 * when the watermark closes them, changes when their time has come. Where another worker gives the results, the state that they
 * come from goes there instead.
 */
import type { Batch } from "../core/batch.ts";
import type { EpochMs } from "../core/type.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { END_OF_TIME } from "../watermark/tracker.ts";
import type { PipelineQuery, PipelineStage } from "./pipeline-parts.ts";

export interface ResultEmitterInput {
  readonly kernel: Kernel;
  readonly queries: readonly PipelineQuery[];
  readonly startedAt: EpochMs;
  /** Takes partial aggregates of a kernel's query; null where results are made here. */
  readonly givePartial: ((query: number, image: Uint8Array) => void) | null;
}

export class ResultEmitter {
  readonly #input: ResultEmitterInput;
  /** When open windows of a kernel's query gave their changes last. */
  readonly #fired = new Map<number, EpochMs>();

  constructor(input: ResultEmitterInput) {
    this.#input = input;
  }

  /** What projections made of the vector that was read. */
  async emitRead(queries: readonly number[]): Promise<void> {
    for (const query of queries) {
      const { stages = [] } = this.#input.queries[query] ?? {};
      if (stages.length !== 1 && stages[0]?.kind !== "late") continue;
      for (const stage of stages) {
        const batch = this.#input.kernel.takeOutput(stage.query);
        if (batch !== null) await this.#write(query, batch);
      }
    }
  }

  /** Rows that have met in joins without a window: they wait for no watermark. */
  async emitJoined(queries: readonly number[]): Promise<void> {
    for (const query of queries) {
      for (const stage of this.#input.queries[query]?.stages ?? []) {
        if (stage.kind === "join" && !stage.windowed) await this.#emitStage(query, stage);
      }
    }
  }

  /** What the watermark closes. */
  async emitClosed(query: number, watermark: EpochMs): Promise<void> {
    const { kernel, queries, givePartial } = this.#input;
    const { stages = [], sink } = queries[query] ?? {};
    if (stages.every(({ kind }) => kind === "project" || kind === "late")) return;
    // Stages that close nothing say with their rows how far the watermark had come.
    for (const stage of stages) if (!closes(stage)) kernel.advance(stage.query, reached(watermark, stage));
    for (const stage of stages) {
      if (closes(stage)) kernel.advance(stage.query, reached(watermark, stage));
      else if (stage.kind !== "join") continue;
      await this.#emitStage(query, stage);
    }
    const last = stages[stages.length - 1];
    if (givePartial === null) sink?.advance?.(last === undefined ? watermark : reached(watermark, last));
  }

  /** What has changed in groups and windows that are open, from the first stage that has such to the last. */
  async emitOpen(query: number, now: EpochMs): Promise<void> {
    for (const stage of this.#input.queries[query]?.stages ?? []) {
      if (stage.kind === "window-aggregate") {
        const last = this.#fired.get(stage.query) ?? this.#input.startedAt;
        if (stage.everyMs === null || now - last < stage.everyMs) continue;
        this.#fired.set(stage.query, now);
        this.#input.kernel.fire(stage.query);
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
    const { kernel, givePartial } = this.#input;
    if (givePartial !== null) {
      if (!stage.reads) return;
      for (let image = kernel.takePartial(stage.query); image !== null; image = kernel.takePartial(stage.query))
        givePartial(stage.query, image);
      return;
    }
    while (kernel.emitVector(stage.query)) {
      const batch = kernel.takeOutput(query);
      if (batch !== null) await this.#write(query, batch);
    }
  }

  async #write(query: number, batch: Batch): Promise<void> {
    const written = this.#input.queries[query]?.sink.write(batch);
    if (written instanceof Promise) await written;
  }
}

/** The watermark of the rows that a stage reads. */
function reached(watermark: EpochMs, { behindMs }: PipelineStage): EpochMs {
  return watermark === END_OF_TIME ? watermark : watermark - behindMs;
}

/** Whether the stage keeps rows or windows until the watermark reaches them. */
function closes({ kind, timed, windowed }: PipelineStage): boolean {
  return timed || windowed || kind === "window-aggregate" || kind === "sort" || kind === "lead";
}
