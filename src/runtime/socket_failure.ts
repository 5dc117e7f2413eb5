/**
 * What the runtimes throw when a connect or listen fails, in the contract's words.
 */

import { addressText } from "./address_text.ts";
import { type Address, SocketError, type SocketErrorReason } from "./runtime.ts";

const REASONS: Readonly<Record<string, SocketErrorReason>> = {
  ECONNREFUSED: "refused",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  EADDRINUSE: "in use",
  EACCES: "not permitted",
  EPERM: "not permitted",
  ENOTFOUND: "unresolved",
  EAI_AGAIN: "unresolved",
};

/** The `SocketError` for what a runtime threw. */
export function socketFailure(
  action: "connect to" | "listen on",
  address: Address,
  error: unknown,
): SocketError {
  const reason = reasonOf(action, address, error);
  const detail = reason === "failed" && error instanceof Error ? error.message : reason;
  return new SocketError(reason, `Cannot ${action} "${addressText(address)}": ${detail}`);
}

function reasonOf(action: string, address: Address, error: unknown): SocketErrorReason {
  if (error instanceof Error && error.name === "NotCapable") return "not permitted";
  const code = (error as { code?: unknown }).code;
  // A Unix path that is not there is a server that is not started.
  if (code === "ENOENT" && action === "connect to") return "refused";
  // Name resolution is not a system call: Deno never gives it a code, nor does Bun in `listen`.
  if (code === undefined && address.transport === "tcp") return "unresolved";
  return REASONS[String(code)] ?? "failed";
}
