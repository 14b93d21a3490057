/** The embedding API: plan a script, run it, read its views. Names here are stable. */
export { EngineError, ExitCode } from "./core/error.ts";
export { planText, type ScriptText, scriptError } from "./engine/plan-text.ts";
export { explainPlan } from "./plan/explain.ts";
export type { Plan, PlannedQuery } from "./plan/plan.ts";
