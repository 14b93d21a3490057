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
    const taken = code === "EADDRINUSE";
    const why = taken ? "is taken by another process" : `cannot be listened on (${code || String(cause)})`;
    throw new EngineError(`port ${port} on "${host}" ${why}`, {
      domain: "external",
      code: taken ? "PORT-TAKEN" : "PORT-REFUSED",
      exitCode: ExitCode.configuration,
      hint: "choose another one with --port N (--port 0 takes a free one)",
      cause,
    });
  }
}
