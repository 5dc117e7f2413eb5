import type { Reply } from "../message/reply.ts";
import type { Request } from "../message/request.ts";
import { CallbackSink } from "./callback_sink.ts";
import type { Sink } from "./route.ts";

/** Hands a reply on, and then does the next thing. */
export class ThenSink extends CallbackSink {
  readonly #sink: Sink;

  constructor(sink: Sink, then: (reply: Reply) => void) {
    super((reply) => {
      sink.reply(reply);
      then(reply);
    });
    this.#sink = sink;
  }

  beforeSuccess(wait: (then: () => void) => void): void {
    this.#sink.beforeSuccess?.(wait);
  }

  whenOtherAnswers(key: Request, callback: () => void): void {
    this.#sink.whenOtherAnswers?.(key, callback);
  }

  whenOtherConfirms(key: Request, callback: () => void): void {
    this.#sink.whenOtherConfirms?.(key, callback);
  }
}
