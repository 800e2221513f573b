import { defineConfig } from 'vitest/config';

/** By `npm run test:jwt` alone: these need a server that is built first. */
export default defineConfig({
  test: { include: ['test/jwt/**/*.jwt.ts'], pool: 'forks', testTimeout: 30_000, hookTimeout: 120_000 },
});
