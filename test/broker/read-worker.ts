/** Reads a topic to its end inside a Worker and posts how much it was. */
import { openSource, read } from "./fixture.ts";

declare const self: Worker;

self.onmessage = async (event: MessageEvent<{ bootstrap: string; topic: string }>) => {
  const { bootstrap, topic } = event.data;
  const source = openSource({ bootstrap }, topic, { "scan.bounded.mode": "latest-offset" });
  const partitions = await source.open();
  const { records, events } = await read(source, { partitions: partitions.length });
  await source.close();
  self.postMessage({ rows: records.length, finished: events.filter(({ kind }) => kind === "finished").length });
};
