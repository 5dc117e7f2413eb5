import { Reply, ReplyStatus } from "../message/reply.ts";
import { LineSink } from "./line_sink.ts";

/** What a sink that takes only whole replies sees of a value that came in parts. */
export const TOO_LARGE: Reply = Reply.fixed(ReplyStatus.ServerError, "");

/** Calls a function with the reply; a value too large to assemble is dropped. */
export class CallbackSink extends LineSink {
  readonly #then: (reply: Reply) => void;

  constructor(then: (reply: Reply) => void) {
    super();
    this.#then = then;
  }

  reply(reply: Reply): void {
    this.#then(reply);
  }

  override begin(_head: Reply): void {}

  override end(_complete: boolean): void {
    this.#then(TOO_LARGE);
  }
}
