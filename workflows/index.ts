/** The workflows by the names under which they are started. */
export { destroyStore } from './destroy-store.ts';
export { guardCluster } from './guard-cluster.ts';
export { healStore } from './heal-store.ts';
export { sweepCluster } from './sweep-cluster.ts';
