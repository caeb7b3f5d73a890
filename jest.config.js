/**
 * Jest in ESM mode on TypeScript sources, one project a suite. `scripts/test.mjs` passes --experimental-vm-modules.
 * unit: nothing but the code. integration: real database servers and HTTP. e2e: the whole stack. cluster: the same
 * suites, and more, on a real Kubernetes.
 */
const common = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  modulePathIgnorePatterns: ['<rootDir>/.local', '<rootDir>/dist'],
};

export default {
  projects: [
    { ...common, displayName: 'unit', testMatch: ['<rootDir>/test/unit/**/*.test.ts'] },
    {
      ...common,
      displayName: 'integration',
      testMatch: ['<rootDir>/test/integration/**/*.test.ts'],
      globalSetup: '<rootDir>/test/support/start-servers.ts',
      globalTeardown: '<rootDir>/test/support/stop-servers.ts',
    },
    {
      ...common,
      displayName: 'e2e',
      testMatch: ['<rootDir>/test/e2e/**/*.test.ts'],
      globalSetup: '<rootDir>/test/support/start-shared-stack.ts',
      globalTeardown: '<rootDir>/test/support/stop-shared-stack.ts',
      setupFilesAfterEnv: ['<rootDir>/test/support/e2e-timeout.ts'],
    },
    {
      ...common,
      displayName: 'cluster',
      // start-stop is about npm start, which has nothing to do with a cluster.
      testMatch: ['<rootDir>/test/cluster/**/*.test.ts', '<rootDir>/test/e2e/!(start-stop).test.ts'],
      globalSetup: '<rootDir>/test/support/cluster-leg/start.ts',
      globalTeardown: '<rootDir>/test/support/cluster-leg/stop.ts',
      setupFilesAfterEnv: ['<rootDir>/test/support/e2e-timeout.ts'],
    },
    {
      ...common,
      displayName: 'image',
      testMatch: ['<rootDir>/test/image/**/*.test.ts'],
      globalSetup: '<rootDir>/test/support/container/build-image.ts',
      setupFilesAfterEnv: ['<rootDir>/test/support/e2e-timeout.ts'],
    },
    {
      ...common,
      displayName: 'node',
      testMatch: ['<rootDir>/test/node/**/*.test.ts'],
      setupFilesAfterEnv: ['<rootDir>/test/support/e2e-timeout.ts'],
    },
    {
      ...common,
      displayName: 'charts',
      testMatch: ['<rootDir>/test/charts/**/*.test.ts'],
      globalSetup: '<rootDir>/test/charts/support/start.ts',
      globalTeardown: '<rootDir>/test/charts/support/stop.ts',
      setupFilesAfterEnv: ['<rootDir>/test/support/e2e-timeout.ts'],
    },
  ],
};
