import tseslint from 'typescript-eslint';

/**
 * typescript-eslint's strict, type-checked preset, with what it leaves out and the house relies on:
 * every `switch` over a union must be exhaustive, so that a new action or outcome does not compile until it is handled.
 */
export default tseslint.config(
  { ignores: ['node_modules/', '.local/', 'dist/', 'coverage/', '**/*.generated.ts'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      // Numbers and booleans read well in a message; objects do not, and stay forbidden.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // `_request` says "the signature wants it, this function does not".
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Interfaces such as Engine are asynchronous even where one implementation happens not to wait.
      '@typescript-eslint/require-await': 'off',
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'Only a composition root (main.ts) reads the environment; pass settings down.',
        },
      ],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['**/main.ts', 'scripts/**', 'bench/**', 'test/**', '*.config.js'],
    rules: { 'no-restricted-properties': 'off', 'no-console': 'off' },
  },
  {
    // A test reads as a story: it may assert that a value it just looked up is there.
    files: ['test/**'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
    },
  },
);
