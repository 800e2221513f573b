import { createServer, type AddressInfo, type Socket } from 'node:net';

/** A hand-made HTTP peer on a free port: it hears every byte and can answer with any bytes. */
export interface Peer {
  readonly url: string;
  readonly port: number;
  /** One entry per request: head and body as they came over the wire. */
  readonly requests: string[];
  connections(): number;
  /** Everything ever received, also what was no whole request. */
  bytesHeard(): number;
  /** Connections that have ended. */
  ended(): number;
  close(): Promise<void>;
}

export type Answer = (socket: Socket, request: string) => void;

export async function listen(answer: Answer, port = 0): Promise<Peer> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  let bytes = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    let pending = '';
    socket.on('data', (chunk) => {
      bytes += chunk.length;
      pending += chunk.toString('latin1');
      for (let length = requestLength(pending); length !== undefined; length = requestLength(pending)) {
        const request = pending.slice(0, length);
        pending = pending.slice(length);
        requests.push(request);
        answer(socket, request);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    requests,
    connections: () => connections,
    bytesHeard: () => bytes,
    ended: () => connections - sockets.size,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function requestLength(text: string): number | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const bodyLength = Number(/\r\ncontent-length: (\d+)/i.exec(text.slice(0, headEnd))?.[1] ?? 0);
  const end = headEnd + 4 + bodyLength;
  return text.length >= end ? end : undefined;
}

/** Answers with a whole, well-formed HTTP message. */
export function http(status: number, body: string, headers: readonly string[] = []): Answer {
  return (socket) => {
    const lines = [
      `HTTP/1.1 ${status} Any`,
      'content-type: application/json',
      ...headers,
      `content-length: ${Buffer.byteLength(body)}`,
    ];
    socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  };
}

export function json(body: unknown, status = 200): Answer {
  return http(status, JSON.stringify(body));
}

/** A port of the loopback that nobody listens on. */
export async function deafPort(): Promise<number> {
  const peer = await listen(() => {});
  await peer.close();
  return peer.port;
}
