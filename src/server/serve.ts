/** Puts the application on a TCP port with Bun's HTTP server. */
import { EngineError, ExitCode } from "../core/error.ts";
import type { Server } from "./app.ts";
import { MAX_BODY_BYTES } from "./guard.ts";

export interface ServeOptions {
  readonly app: Server;
  /** 127.0.0.1 unless people say otherwise. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export interface Listening {
  /** `http://127.0.0.1:8088` */
  readonly url: string;
  readonly port: number;
  /** Ends streams, refuses connections, lets answers under way leave; resolves when all are closed. */
  stop(): Promise<void>;
}

/** How long answers under way may take when the server stops. */
const LAST_ANSWERS_MS = 1000;

/** Throws EngineError (exit 74) when the port is taken or may not be had. */
export function serve({ app, host, port }: ServeOptions): Listening {
  const server = listen({ app, host, port });
  const shown = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  const bound = server.port ?? port;
  return {
    url: `http://${shown}:${bound}`,
    port: bound,
    async stop() {
      app.close();
      // Without an argument it takes no more connections; answers under way (to who asked for the stop) still leave.
      server.stop().catch(() => {});
      const deadline = performance.now() + LAST_ANSWERS_MS;
      while (server.pendingRequests > 0 && performance.now() < deadline) await Bun.sleep(2);
      await server.stop(true);
    },
  };
}

interface ListenFault {
  readonly host: string;
  readonly port: number;
  /** The system's name of what went wrong. */
  readonly code: string;
  readonly cause: unknown;
}

const foreignAddress = new Set(["EADDRNOTAVAIL", "EINVAL", "ENOTFOUND", "EAFNOSUPPORT"]);
const anotherPort = "choose another one with --port N (--port 0 takes a free one)";

function listenError({ host, port, code, cause }: ListenFault): EngineError {
  const refused = (message: string, name: string, hint: string) =>
    new EngineError(message, { domain: "external", code: name, exitCode: ExitCode.configuration, hint, cause });
  if (code === "EADDRINUSE") {
    return refused(`port ${port} on "${host}" is taken by another process`, "PORT-TAKEN", anotherPort);
  }
  if (foreignAddress.has(code)) {
    const hint = "name one with --host: 127.0.0.1 for this machine only, 0.0.0.0 for every address it has";
    return refused(`"${host}" is not an address of this machine (${code})`, "HOST-REFUSED", hint);
  }
  return refused(`port ${port} on "${host}" cannot be listened on (${code})`, "PORT-REFUSED", anotherPort);
}

function listen({ app, host, port }: ServeOptions) {
  try {
    return Bun.serve({
      hostname: host,
      port,
      // Bun's ten seconds would cut quiet streams.
      idleTimeout: 0,
      maxRequestBodySize: MAX_BODY_BYTES,
      development: false,
      // Without development mode Bun shares a port among processes, and two servers would answer in turn.
      reusePort: false,
      fetch: (request) => app.fetch(request),
    });
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    throw listenError({ host, port, code: code || String(cause), cause });
  }
}
