/**
 * As much of Bun's global as `bun.ts` uses, so that `deno check` can read it.
 */

declare namespace Bun {
  const version: string;
  const main: string;
  /** True in a program made by `bun build --compile`. */
  const isStandaloneExecutable: boolean;

  interface Socket<Data> {
    data: Data;
    /** Undefined, as those below, when the peer has broken the connection before it was opened. */
    readonly remoteAddress: string | undefined;
    readonly remotePort: number | undefined;
    readonly localAddress: string | undefined;
    readonly localPort: number | undefined;
    /** Gives the number of bytes taken; the rest waits for `drain`. Negative when the peer is gone. */
    write(bytes: Uint8Array): number;
    /** Closes; what was taken is still delivered. */
    end(): void;
    /** Shuts down the sending side. */
    shutdown(): void;
    pause(): void;
    resume(): void;
    setNoDelay(on: boolean): boolean;
  }

  interface SocketHandler<Data> {
    binaryType: "uint8array";
    open(socket: Socket<Data>): void;
    data(socket: Socket<Data>, chunk: Uint8Array): void;
    drain(socket: Socket<Data>): void;
    end(socket: Socket<Data>): void;
    close(socket: Socket<Data>, error?: Error): void;
    connectError?(socket: Socket<Data>, error: Error): void;
  }

  interface SocketListener {
    readonly port: number;
    stop(closeSockets: boolean): void;
  }

  type Place = { hostname: string; port: number } | { unix: string };

  type SocketOptions<Data> = Place & { allowHalfOpen: boolean; socket: SocketHandler<Data> };

  function listen<Data>(options: SocketOptions<Data> & { reusePort: boolean }): SocketListener;
  function connect<Data>(options: SocketOptions<Data>): Promise<Socket<Data>>;
}
