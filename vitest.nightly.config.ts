import { defineConfig, mergeConfig } from 'vitest/config';
import config from './vitest.config.js';

/** `npm run test:nightly`: hours; every guest with everything translated at once, and without each optimization; many boots in a row. */
export default defineConfig(mergeConfig({ ...config, test: { ...config.test, include: [] } }, {
  test: { include: ['tests/nightly/**/*.nightly.ts'] },
}));
