/**
 * Opens the Kafka library: librdkafka and our C beside it, one shared object that set-up builds. It is looked for when the
 * first Kafka table is opened, never at start: a checkout without a C compiler runs everything else. In this order:
 * `MILLRACE_KAFKA_LIBRARY` (a path; the compiled binary's entry sets it to its embedded copy), then build/ of the checkout.
 */
import { dlopen, type Library } from "bun:ffi";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { EngineError, ExitCode } from "../../core/error.ts";

/** MR_ABI of native/millrace-kafka.h. */
const ABI = 3;

const symbols = {
  mr_abi: { args: [], returns: "i32" },
  mr_version: { args: [], returns: "cstring" },
  mr_client_new: { args: ["i32", "ptr", "usize", "ptr", "usize"], returns: "ptr" },
  mr_client_handle: { args: ["ptr"], returns: "ptr" },
  mr_event_take: { args: ["ptr", "ptr", "usize"], returns: "i32" },
  mr_poll: { args: ["ptr", "i32"], returns: "void" },
  mr_counters: { args: ["ptr", "ptr", "usize"], returns: "i32" },
  mr_partition_add: { args: ["ptr", "ptr", "i32", "i64", "i64"], returns: "i32" },
  mr_fetch_start: { args: ["ptr", "ptr", "usize", "ptr", "usize"], returns: "i32" },
  mr_fetch_stop: { args: ["ptr", "ptr", "usize", "ptr", "usize"], returns: "i32" },
  mr_fetch_finish: { args: ["ptr", "i32"], returns: "i32" },
  mr_lag: { args: ["ptr", "ptr", "ptr", "usize"], returns: "i32" },
  mr_commit: { args: ["ptr", "ptr", "ptr", "usize"], returns: "i32" },
  mr_drain: { args: ["ptr", "ptr", "usize", "ptr", "i32"], returns: "i32" },
  mr_topic_open: { args: ["ptr", "ptr"], returns: "ptr" },
  mr_topic_close: { args: ["ptr"], returns: "void" },
  mr_produce: { args: ["ptr", "ptr", "ptr"], returns: "i64" },
  mr_task_start: { args: ["ptr", "i32", "ptr", "usize", "i32"], returns: "ptr" },
  mr_task_done: { args: ["ptr"], returns: "i32" },
  mr_task_error: { args: ["ptr"], returns: "i32" },
  mr_task_error_name: { args: ["ptr"], returns: "cstring" },
  mr_task_text: { args: ["ptr"], returns: "cstring" },
  mr_task_result_length: { args: ["ptr"], returns: "u64" },
  mr_task_result: { args: ["ptr", "ptr", "usize"], returns: "i32" },
  mr_task_free: { args: ["ptr"], returns: "void" },
} as const;

export type KafkaLibrary = Library<typeof symbols>["symbols"];

export interface KafkaLibraryInfo {
  readonly path: string;
  readonly from: "environment" | "build";
  /** librdkafka's. */
  readonly version: string;
}

interface Opened {
  readonly library: KafkaLibrary;
  readonly info: KafkaLibraryInfo;
}

let opened: Opened | null = null;

/** Opened once a thread. Throws EngineError (74) that says how to get the library where it is absent. */
export function kafkaLibrary(): KafkaLibrary {
  opened ??= open(locate());
  return opened.library;
}

/** Where the library comes from. Throws like `kafkaLibrary`. */
export function kafkaLibraryInfo(): KafkaLibraryInfo {
  kafkaLibrary();
  return (opened as Opened).info;
}

function locate(): { path: string; from: KafkaLibraryInfo["from"] } {
  const given = process.env.MILLRACE_KAFKA_LIBRARY;
  if (given !== undefined && given !== "") return { path: given, from: "environment" };
  return { path: fileURLToPath(new URL("../../../build/libmillrace-kafka.so", import.meta.url)), from: "build" };
}

function open({ path, from }: ReturnType<typeof locate>): Opened {
  const hint = from === "build" ? "run npm run setup; it says what it lacks" : "see MILLRACE_KAFKA_LIBRARY";
  if (from === "build" && !existsSync(path)) throw absent("the kafka connector's library is not built", hint);
  let library: KafkaLibrary;
  try {
    library = dlopen(path, symbols).symbols;
  } catch (cause) {
    throw absent(`the kafka library "${path}" does not load: ${(cause as Error).message}`, hint);
  }
  const abi = library.mr_abi();
  if (abi !== ABI) throw absent(`the kafka library "${path}" is of another build (ABI ${abi}, wanted ${ABI})`, hint);
  return { library, info: { path, from, version: library.mr_version() ?? "" } };
}

function absent(message: string, hint: string): EngineError {
  return new EngineError(message, {
    domain: "external",
    code: "KAFKA-LIBRARY",
    exitCode: ExitCode.configuration,
    hint,
  });
}
