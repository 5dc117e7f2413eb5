/** A client that sends without waiting, as a session does it. */

import type { Request } from "../../src/message/request.ts";
import { CallbackSink } from "../../src/route/callback_sink.ts";
import type { Route } from "../../src/route/route.ts";
import { toBytes } from "../support/latin1.ts";
import { parsedRequest } from "../support/parsed_request.ts";

/** `flush_all` waits for what is before it, and the rest for it. */
export class PipeliningClient {
  #unanswered = 0;
  #flushing = false;
  readonly #commands: string[];
  readonly #route: Route;

  constructor(route: Route, commands: readonly string[]) {
    this.#route = route;
    this.#commands = [...commands];
  }

  get done(): boolean {
    return this.#commands.length === 0 && this.#unanswered === 0;
  }

  get maySend(): boolean {
    if (this.#commands.length === 0 || this.#flushing) return false;
    return this.#unanswered === 0 || !this.#commands[0].startsWith("flush_all");
  }

  send(): void {
    const text = this.#commands.shift()!;
    const request = parsedRequest(text);
    const { body } = request;
    this.#flushing = request.command.name === "flush_all";
    this.#unanswered++;
    const answered = new CallbackSink(() => {
      this.#unanswered--;
      this.#flushing = false;
    });
    this.#route.send(request, answered);
    if (body !== null) pour(body, text.slice(text.indexOf("\n") + 1));
  }
}

/** Sends the value when nobody holds it any more. */
function pour(body: NonNullable<Request["body"]>, text: string): void {
  const value = toBytes(text);
  const push = () => body.push(value, 0, value.length);
  if (body.held) body.whenFlowing(push);
  else push();
}
