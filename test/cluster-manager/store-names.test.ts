import { expect, test } from 'vitest';
import { connectClusterManager } from '../../src/cluster-manager/cluster-manager.ts';
import type { StoreName } from '../../src/domain/store.ts';
import { STORE } from './store-answers.ts';
import { json, listen } from './wire-server.ts';

const notNames: readonly unknown[] = [
  '',
  ' ',
  '*',
  '%',
  'a,b',
  ['x'],
  [STORE],
  {},
  null,
  undefined,
  7,
  'x\n',
  `${STORE}\n`,
  ` ${STORE}`,
  `${STORE},${STORE}`,
  `${STORE}&crawler=x`,
  `${STORE}\u0000`,
  `${STORE}.tmp`,
  STORE.replace('0000000007', '*'),
  STORE.replace('0000000007', '7'),
  STORE.replace('7100', '0'),
  '10.0.0.7-7100::0000000007',
  { toString: () => STORE },
];

test('an empty, wildcard or malformed Store name never reaches the wire', async () => {
  const peer = await listen(json({ isSuccess: true }));
  const cm = connectClusterManager({ baseUrl: peer.url });
  const byGet = connectClusterManager({ baseUrl: peer.url, restartMethod: 'GET' });
  try {
    for (const notName of notNames) {
      const cast = notName as StoreName;
      await expect(cm.read(cast, 0)).rejects.toThrow('refused to send');
      await expect(byGet.command('restart', cast)).rejects.toThrow('refused to send');
      for (const verb of ['stop', 'restart', 'destroy'] as const) {
        await expect(cm.command(verb, cast, { mayStillSend: () => true })).rejects.toThrow('refused to send');
      }
    }
    expect([peer.connections(), peer.bytesHeard()]).toEqual([0, 0]);
  } finally {
    await Promise.all([cm.close(), byGet.close(), peer.close()]);
  }
});
