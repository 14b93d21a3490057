// How the kernel stops: the reason is written to the control block, then the call traps. Linear memory outlives the trap,
// but a vector may be half counted, so the host raises an EngineError from the status and calls this kernel no more.
import { CONTROL, CONTROL_STATUS } from "../shared/abi";

/** Never returns. `status` is a STATUS_* code. */
export function fail(status: u32): void {
  store<u32>(CONTROL, status, CONTROL_STATUS);
  unreachable();
}
