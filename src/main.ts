#!/usr/bin/env bun
/**
 * The binary: joins the command line with the engine, Kafka and the generator, hands it the process, and leaves with its exit
 * code. The only file that knows all of them; parts that a command does not need are not loaded.
 */
import { createColors } from "picocolors";
import demoScript from "../examples/clickstream.sql" with { type: "text" };
import manifest from "../package.json" with { type: "json" };
import { runCli } from "./cli/cli.ts";
import { processIo } from "./cli/process-io.ts";
import type { ProducerPort } from "./cli/producer-port.ts";
import type { SpanToRender } from "./cli/render.ts";
import { createClickstream } from "./connectors/datagen/clickstream.ts";
import { renderError } from "./sql/render-error.ts";

async function loadProducer(): Promise<ProducerPort> {
  const { openProducer } = await import("./connectors/kafka/produce-records.ts");
  return {
    openProducer,
    generatorNames: ["clickstream"],
    createGenerator(name, { seed, partitions, partition, startMs, eventsPerSecond }) {
      if (name !== "clickstream") return null;
      return createClickstream({
        seed,
        partitions,
        partition,
        ...(startMs === null ? {} : { startMs }),
        ...(eventsPerSecond === null ? {} : { eventsPerSecond }),
      });
    },
  };
}

function renderSpan({ text, fileName, error, span, color }: SpanToRender): string {
  const { code, message, hint = null } = error;
  return renderError({ text, fileName, error: { code, message, hint, span }, paint: createColors(color) });
}

process.exitCode = await runCli(process.argv.slice(2), {
  io: processIo(),
  engine: async () => (await import("./cli/local-engine.ts")).createLocalEngine(manifest.version),
  producer: loadProducer,
  renderSpan,
  demoScript: async () => demoScript,
  version: manifest.version,
});
