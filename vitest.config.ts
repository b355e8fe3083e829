import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    // Boots and generated engines are CPU-bound; two forks fill the smallest machine we support.
    pool: 'forks',
    maxWorkers: 2,
  },
});
