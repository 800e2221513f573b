import { defineConfig } from 'vitest/config';

/** By `npm run test:ui` alone: these need a Chromium. One file at a time, since each has a server and a browser. */
export default defineConfig({
  test: {
    include: ['test/web-ui/**/*.ui.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
