import { createServer } from 'node:net';

const PORT_MAX = 65_535;

/**
 * The first port from `first` on that nobody listens on at `ip`; any free one for 0. Each port that is taken is
 * reported; those in `reserved` are stepped over silently.
 */
export async function freePort(
  ip: string,
  first: number,
  onTaken: (port: number) => void,
  reserved: readonly number[] = [],
): Promise<number> {
  if (first === 0) {
    const port = await listenable(ip, 0);
    return port === undefined || reserved.includes(port) ? freePort(ip, 0, onTaken, reserved) : port;
  }
  for (let port = first; port <= PORT_MAX; port += 1) {
    if (reserved.includes(port)) continue;
    if ((await listenable(ip, port)) !== undefined) return port;
    onTaken(port);
  }
  throw new Error(`No free port from ${first} on at ${ip}. End what listens there, or name another port.`);
}

function listenable(ip: string, port: number): Promise<number | undefined> {
  return new Promise((settle, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') settle(undefined);
      else reject(error);
    });
    server.listen({ host: ip, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => settle(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}
