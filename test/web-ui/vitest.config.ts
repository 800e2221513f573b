import { defineConfig } from 'vitest/config';

/** By `npm run test:ui` alone: these need a browser. */
export default defineConfig({
  test: {
    include: ['test/web-ui/**/*.ui.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
