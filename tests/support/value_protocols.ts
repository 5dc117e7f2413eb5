/** How each protocol stores and reads one value. */

import { packetOf } from "./binary_notation.ts";
import type { ValueClient } from "./value_client.ts";

const HEAD_BYTES = 24;
const FLAGS_BYTES = 4;
const STATUS_AT = 6;

/** Stores and reads values of the client's pattern. */
export interface ValueProtocol {
  readonly name: string;
  /** Stores a value; gives the answer's line or, of a binary one, the status. */
  readonly store: (client: ValueClient, key: string, bytes: number) => Promise<string>;
  /** Reads it; true when it is as stored. */
  readonly read: (client: ValueClient, key: string, bytes: number) => Promise<boolean>;
}

const CLASSIC: ValueProtocol = {
  name: "classic",
  async store(client, key, bytes) {
    await client.send(`set ${key} 0 0 ${bytes}\r\n`, bytes, "\r\n");
    return await client.line();
  },
  async read(client, key, bytes) {
    await client.send(`get ${key}\r\n`, 0, "");
    const [head, tail] = [`VALUE ${key} 0 ${bytes}\r\n`, "\r\nEND\r\n"];
    const got = await client.receive({ head: head.length, value: bytes, tail: tail.length });
    return got.head === head && got.same && got.tail === tail;
  },
};

const META: ValueProtocol = {
  name: "meta",
  async store(client, key, bytes) {
    await client.send(`ms ${key} ${bytes}\r\n`, bytes, "\r\n");
    return await client.line();
  },
  async read(client, key, bytes) {
    await client.send(`mg ${key} v\r\n`, 0, "");
    const [head, tail] = [`VA ${bytes}\r\n`, "\r\n"];
    const got = await client.receive({ head: head.length, value: bytes, tail: tail.length });
    return got.head === head && got.same && got.tail === tail;
  },
};

const BINARY: ValueProtocol = {
  name: "binary",
  async store(client, key, bytes) {
    const bodylen = 8 + key.length + bytes;
    const line = `SET flags=0 exptime=0 key=${key} bodylen=${bodylen}`;
    await client.send(packetOf(line, "request").text, bytes, "");
    const { head } = await client.receive({ head: HEAD_BYTES, value: 0, tail: 0 });
    const status = head.charCodeAt(STATUS_AT) << 8 | head.charCodeAt(STATUS_AT + 1);
    const tail = head.charCodeAt(10) << 8 | head.charCodeAt(11);
    await client.receive({ head: 0, value: 0, tail });
    return `status ${status}`;
  },
  async read(client, key, bytes) {
    await client.send(packetOf(`GET key=${key}`, "request").text, 0, "");
    const bodylen = FLAGS_BYTES + bytes;
    const { text } = packetOf(`GET flags=0 bodylen=${bodylen}`, "response");
    const got = await client.receive({ head: text.length, value: bytes, tail: 0 });
    // All but the cas number.
    const known = (head: string) => head.slice(0, 16) + head.slice(HEAD_BYTES);
    return known(got.head) === known(text) && got.same;
  },
};

/** Every protocol. */
export const VALUE_PROTOCOLS: readonly ValueProtocol[] = [CLASSIC, META, BINARY];
