import { test } from "node:test";
import { assertEquals, assertNotEquals } from "@std/assert";
import { Reply } from "../../src/message/reply.ts";
import { MATCHES_NOTHING, Request, SAME_CAS } from "../../src/message/request.ts";
import { appendCasToken, markCas, serverCasOf } from "../../src/protocol/cas_token.ts";
import { OutputBuffer } from "../../src/protocol/output_buffer.ts";
import { toBytes, toText } from "../support/latin1.ts";
import { parsedRequest, writtenRequest } from "../support/parsed_request.ts";
import { forSeeds, type SeededRandom } from "../support/seeded_random.ts";

const SEEDS = 500;
const GENERATION_MAX = 32767;
const NO_ITEM_HAS = "18446744073709551615";

function tokenOf(own: bigint, generation: number): string {
  return String(BigInt(generation) << 48n | own);
}

function toldToken(own: string, generation: number): string {
  const reply = new Reply();
  reply.bytes = toBytes(`HD c${own} f1`);
  reply.casStart = 4;
  reply.casEnd = 4 + own.length;
  reply.generation = generation;
  const out = new OutputBuffer();
  appendCasToken(out, reply);
  return toText(out.view());
}

function serverCas(token: string, generation: number): number {
  return serverCasOf(parsedRequest(`ms k 1 C${token}\r\nx\r\n`), generation);
}

/** As many bits as chance has it, at least one. */
function anyOwn(random: SeededRandom): bigint {
  const bits = 1 + random.below(48);
  const high = BigInt(random.below(2 ** 24)) << 24n;
  return 1n << BigInt(bits - 1) |
    (high | BigInt(random.below(2 ** 24))) & (1n << BigInt(bits)) - 1n;
}

test("appendCasToken puts the generation above the server's number, and serverCasOf takes it off", () => {
  forSeeds(SEEDS, (random) => {
    const generation = 1 + random.below(GENERATION_MAX);
    const own = anyOwn(random);
    const token = toldToken(String(own), generation);
    assertEquals(token, tokenOf(own, generation));
    assertEquals(serverCas(token, generation), Number(own));
    const other = 1 + (generation + random.below(GENERATION_MAX - 1)) % GENERATION_MAX;
    assertNotEquals(other, generation);
    assertEquals(serverCas(token, other), MATCHES_NOTHING);
    assertEquals(serverCas(token, 0), MATCHES_NOTHING);
    assertEquals(serverCas(String(own), generation), MATCHES_NOTHING);
  });
});

test("markCas marks eight bytes as appendCasToken does digits", () => {
  forSeeds(SEEDS, (random) => {
    const generation = 1 + random.below(GENERATION_MAX);
    const own = anyOwn(random);
    const bytes = new Uint8Array(10);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(1, own);
    markCas(bytes, 1, generation);
    assertEquals(String(view.getBigUint64(1)), tokenOf(own, generation));
    assertEquals([bytes[0], bytes[9]], [0, 0]);
  });
});

test("A cas number of 0 stays 0, and one of more than 48 bits stays what it is", () => {
  for (const own of ["0", "281474976710656", "18446744073709551615"]) {
    assertEquals(toldToken(own, 7), own);
    const bytes = new Uint8Array(8);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(0, BigInt(own));
    markCas(bytes, 0, 7);
    assertEquals(String(view.getBigUint64(0)), own);
  }
  assertEquals(serverCas("0", 7), SAME_CAS);
  assertEquals(serverCas("000", 7), SAME_CAS);
  assertEquals(serverCas("281474976710656", 7), MATCHES_NOTHING);
});

test("serverCasOf leaves to the server what the server refuses, and nothing that it might take", () => {
  const token = tokenOf(5n, 7);
  const nineteen = token.padStart(19, "0");
  assertEquals(serverCas(nineteen, 7), 5);
  for (const taken of [`+${token}`, `${nineteen}`.padStart(25, "0"), NO_ITEM_HAS, "+5"]) {
    assertEquals(serverCas(taken, 7), MATCHES_NOTHING, taken);
  }
  for (const refused of ["x", "5x", "-5", "99999999999999999999999"]) {
    assertEquals(serverCas(refused, 7), SAME_CAS, refused);
  }
});

/** The line as a server of generation 7 gets it. */
function lineFor7(request: Request): string {
  request.serverCas = serverCasOf(request, 7);
  return writtenRequest(request);
}

test("Requests that compare leave with the server's number, or with one that no item has", () => {
  const token = tokenOf(5n, 7);
  const rows: [sent: string, received: string][] = [
    ["cas k 1 2 1 # noreply\r\nx\r\n", "cas k 1 2 1 5\r\nx\r\n"],
    ["cas k 1 2 1 #  \r\nx\r\n", "cas k 1 2 1 5  \r\nx\r\n"],
    ["ms k 1 q C# c\r\nx\r\n", "ms k 1 C5 c\r\nx\r\n"],
    ["ms k 1 C# q c\r\nx\r\n", "ms k 1 C5 c\r\nx\r\n"],
    ["md k C# q\r\n", "md k C5\r\n"],
    ["ma k D2 C#\r\n", "ma k D2 C5\r\n"],
  ];
  for (const [sent, received] of rows) {
    const good = parsedRequest(sent.replace("#", token));
    assertEquals(lineFor7(good), received);
    assertEquals(lineFor7(good.retain().retain()), received);
    const foreign = parsedRequest(sent.replace("#", tokenOf(5n, 8)));
    assertEquals(lineFor7(foreign), received.replace(/5(?=\D*(?:x\r\n)?$)|(?<=C)5/, NO_ITEM_HAS));
  }
});

test("Requests that do not compare, and those of our own, are none of its business", () => {
  for (
    const line of ["set k 1 2 1\r\nx\r\n", "ms k 1 T5\r\nx\r\n", "mg k c v\r\n", "incr k 5\r\n"]
  ) {
    assertEquals(parsedRequest(line).compares, false, line);
  }
  assertEquals(new Request().compares, false);
});
