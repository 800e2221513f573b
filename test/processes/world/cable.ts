import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * The network between a worker and the server. When it is cut, the server sees the connections break and the
 * worker sees nothing, as when a whole machine is suspended.
 */
export class Cable {
  readonly address: string;
  readonly #server: Server;
  readonly #near = new Set<Socket>();
  readonly #far = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    this.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async to(address: string): Promise<Cable> {
    const [host = '', port = ''] = address.split(':');
    const server = createServer((near) => cable.#join(near, connect(Number(port), host)));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const cable: Cable = new Cable(server);
    return cable;
  }

  /** Connections made later work. */
  cut(): void {
    for (const far of this.#far) far.destroy();
  }

  /** The worker notices, too, and connects again. */
  mend(): void {
    for (const near of this.#near) near.destroy();
  }

  /** Connections that stand go on; new ones are refused. */
  refuse(): void {
    this.#server.close();
  }

  /** Takes new connections again, at the same address. */
  async accept(): Promise<void> {
    this.#server.listen(Number(this.address.split(':')[1]), '127.0.0.1');
    await once(this.#server, 'listening');
  }

  close(): void {
    this.cut();
    this.mend();
    this.#server.close();
  }

  #join(near: Socket, far: Socket): void {
    this.#near.add(near);
    this.#far.add(far);
    near.on('data', (chunk: Buffer) => far.writable && far.write(chunk));
    far.on('data', (chunk: Buffer) => near.writable && near.write(chunk));
    near.on('error', () => undefined);
    far.on('error', () => undefined);
    near.on('close', () => {
      this.#near.delete(near);
      far.destroy();
    });
    // The near side is left open: a suspended machine does not learn that its peer is gone.
    far.on('close', () => this.#far.delete(far));
  }
}
