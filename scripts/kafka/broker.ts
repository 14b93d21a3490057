/**
 * A real Apache Kafka broker for tests: one KRaft node on free ports of 127.0.0.1, its data in a temporary folder, gone with
 * `stop()`. `MILLRACE_KAFKA=host:port` uses a broker that is there instead, except where a secured one is asked for. By itself
 * (`bun scripts/kafka/broker.ts`) it runs one until Ctrl-C.
 */
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fetchJars, haveJars } from "./jars.ts";
import { type PlannedSecurity, planSecurity, type SaslUser, type Security, securedListeners } from "./security.ts";

export interface Broker {
  /** host:port */
  readonly bootstrap: string;
  stop(): Promise<void>;
}

export type BrokerAvailability = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** A broker with more listeners: TLS and SASL. */
export interface SecuredBroker extends Broker {
  readonly security: Security;
  /** Runs one of Kafka's own tools, such as `kafka.admin.ConfigCommand`, to its end; returns what it prints. */
  tool(main: string, args: readonly string[]): Promise<string>;
}

const START_MS = 60_000;
const STOP_MS = 15_000;
const HEAP = ["-Xms256m", "-Xmx768m"];

/** Whether `startBroker` has what it needs; starts nothing. */
export function brokerAvailable(): BrokerAvailability {
  return process.env.MILLRACE_KAFKA ? { ok: true } : ownBrokerAvailable();
}

/** The same of `startSecuredBroker`. */
export function securedBrokerAvailable(): BrokerAvailability {
  if (Bun.which("openssl") === null) return { ok: false, reason: "no openssl in PATH" };
  return ownBrokerAvailable();
}

function ownBrokerAvailable(): BrokerAvailability {
  if (Bun.which("java") === null) return { ok: false, reason: "no java in PATH (Debian: default-jre-headless)" };
  if (!haveJars() && Bun.which("mvn") === null) return { ok: false, reason: "no mvn in PATH (Debian: maven)" };
  return { ok: true };
}

export async function startBroker(): Promise<Broker> {
  const given = process.env.MILLRACE_KAFKA;
  if (given) return { bootstrap: given, stop: async () => {} };
  return inNewFolder((jars, folder) => start(jars, folder, null));
}

/** One user, who may log in wherever a login is wanted. Name and password: letters, digits and dashes. */
export async function startSecuredBroker(user: SaslUser): Promise<SecuredBroker> {
  return inNewFolder(async (jars, folder) => {
    const security = planSecurity(folder, freePorts(securedListeners.length), user);
    const broker = await start(jars, folder, security);
    return { ...broker, security, tool: (main, args) => runTool(jars, main, args) };
  });
}

async function inNewFolder<T>(body: (jars: string, folder: string) => Promise<T>): Promise<T> {
  const jars = await fetchJars();
  const folder = mkdtempSync(join(tmpdir(), "millrace-kafka-"));
  try {
    return await body(jars, folder);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

function classPath(jars: string): readonly string[] {
  return ["-cp", join(jars, "*")];
}

async function runTool(jars: string, main: string, args: readonly string[]): Promise<string> {
  const child = Bun.spawn(["java", "-Xmx128m", ...classPath(jars), main, ...args], {
    stdout: "pipe",
    stderr: "pipe",
    stdin: "ignore",
  });
  const said = await new Response(child.stdout).text();
  if ((await child.exited) === 0) return said;
  throw new Error(`${main} failed: ${said}${await new Response(child.stderr).text()}`);
}

function formatStorage(jars: string, settings: string, more: readonly string[]): void {
  const random = crypto.getRandomValues(new Uint8Array(16));
  random[0] = (random[0] ?? 0) & 0x7f; // an id that begins with a dash would be taken for an option
  const id = Buffer.from(random).toString("base64url");
  const format = ["kafka.tools.StorageTool", "format", "-t", id, "-c", settings, "--standalone", ...more];
  const run = Bun.spawnSync(["java", "-Xmx128m", ...classPath(jars), ...format], { stdout: "pipe", stderr: "pipe" });
  if (!run.success) throw new Error(`kafka's storage is not formatted: ${run.stdout}${run.stderr}`);
}

async function start(jars: string, folder: string, security: PlannedSecurity | null): Promise<Broker> {
  const [port = 0, controllerPort = 0] = freePorts(2);
  const settings = join(folder, "server.properties");
  const logPath = join(folder, "broker.log");
  const text = brokerSettings({ port, controllerPort, folder, security });
  writeFileSync(settings, text, { mode: 0o600 });
  formatStorage(jars, settings, security?.formatArguments ?? []);
  const log = openSync(logPath, "w");
  const child = Bun.spawn(["java", ...HEAP, "-XX:+UseSerialGC", ...classPath(jars), "kafka.Kafka", settings], {
    stdout: log,
    stderr: log,
    stdin: "ignore",
  });
  const killNow = () => child.kill("SIGKILL");
  process.once("exit", killNow);
  const stop = async () => {
    child.kill("SIGTERM");
    const timer = setTimeout(killNow, STOP_MS);
    await child.exited;
    clearTimeout(timer);
    process.off("exit", killNow);
    rmSync(folder, { recursive: true, force: true });
  };
  const deadline = performance.now() + START_MS;
  while (!(await answers(port))) {
    if (child.exitCode === null && performance.now() < deadline) {
      await Bun.sleep(100);
      continue;
    }
    const tail = readFileSync(logPath, "utf8").slice(-2000);
    await stop();
    throw new Error(`kafka did not start:\n${tail}`);
  }
  return { bootstrap: `127.0.0.1:${port}`, stop };
}

interface BrokerPlan {
  readonly port: number;
  readonly controllerPort: number;
  readonly folder: string;
  readonly security: PlannedSecurity | null;
}

function brokerSettings({ port, controllerPort, folder, security }: BrokerPlan): string {
  const open = [`PLAINTEXT://127.0.0.1:${port}`, ...(security?.listeners ?? [])];
  const settings = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.quorum.bootstrap.servers": `127.0.0.1:${controllerPort}`,
    listeners: [...open, `CONTROLLER://127.0.0.1:${controllerPort}`].join(","),
    "advertised.listeners": open.join(","),
    "inter.broker.listener.name": "PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": [
      "PLAINTEXT:PLAINTEXT",
      "CONTROLLER:PLAINTEXT",
      ...(security?.protocolMap ?? []),
    ].join(","),
    "log.dirs": join(folder, "data"),
    "auto.create.topics.enable": "false",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "2",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "2",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "log.retention.ms": "-1",
    "message.max.bytes": "20971520",
    "replica.fetch.max.bytes": "20971520",
    "log.cleaner.dedupe.buffer.size": "16777216",
    "log.cleaner.backoff.ms": "200",
    ...security?.settings,
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join("");
}

function freePorts(count: number): number[] {
  const listeners = Array.from({ length: count }, () =>
    Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } }),
  );
  const ports = listeners.map((listener) => listener.port);
  for (const listener of listeners) listener.stop(true);
  return ports;
}

/** Sends an ApiVersions request (version 0) and waits for any answer. */
async function answers(port: number): Promise<boolean> {
  const request = new Uint8Array([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 255, 255]);
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), 2000);
    const settle = (answer: boolean) => {
      clearTimeout(timer);
      resolve(answer);
    };
    Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        open: (socket) => void socket.write(request),
        data: (socket) => {
          settle(true);
          socket.end();
        },
        close: () => settle(false),
        error: () => settle(false),
        connectError: () => settle(false),
      },
    }).catch(() => settle(false));
  });
}

if (import.meta.main) {
  const available = brokerAvailable();
  if (!available.ok) {
    console.error(`kafka cannot be started: ${available.reason}`);
    process.exit(1);
  }
  const broker = await startBroker();
  console.log(broker.bootstrap);
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void broker.stop().then(() => process.exit(0)));
  setInterval(() => {}, 1 << 30);
}
