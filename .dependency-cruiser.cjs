/**
 * The layers of ARCHITECTURE.md as rules. A file imports from its own folder or from floors below:
 * lib/runtime < lib/osb, lib/kube < lib/catalog < programs < local. `scripts/check.mjs` also asserts
 * that the tree was really cruised (a parser that reads nothing reports no violation).
 */
const programs = ['broker', 'catalog-controller', 'catalog-apiserver', 'cli'];

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: {
        orphan: true,
        path: '^(lib|broker|catalog-controller|catalog-apiserver|cli|local)/',
        pathNot: '(main|bin/.*)\\.(ts|js)$',
      },
      to: {},
    },
    {
      name: 'runtime-is-the-ground',
      severity: 'error',
      from: { path: '^lib/runtime/' },
      to: { path: '^(lib/(?!runtime/)|broker|catalog-|cli|local|test|scripts|bench)' },
    },
    {
      name: 'osb-knows-runtime-only',
      severity: 'error',
      from: { path: '^lib/osb/' },
      to: { path: '^(lib/(kube|catalog)/|broker|catalog-|cli|local|test|scripts|bench)' },
    },
    {
      name: 'kube-knows-runtime-only',
      severity: 'error',
      from: { path: '^lib/kube/' },
      to: { path: '^(lib/(osb|catalog)/|broker|catalog-|cli|local|test|scripts|bench)' },
    },
    {
      name: 'catalog-knows-no-program',
      severity: 'error',
      from: { path: '^lib/catalog/' },
      to: { path: '^(broker|catalog-|cli|local|test|scripts|bench)' },
    },
    {
      name: 'catalog-is-pure',
      comment: 'lib/catalog does no I/O',
      severity: 'error',
      from: { path: '^lib/catalog/' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|buffer|util)$' },
    },
    ...programs.map((program) => ({
      name: `${program}-knows-no-sibling`,
      severity: 'error',
      from: { path: `^${program}/` },
      to: { path: `^(${programs.filter((other) => other !== program).join('|')}|local|test|scripts|bench)/` },
    })),
    {
      name: 'product-knows-no-test',
      severity: 'error',
      from: { path: '^(lib|broker|catalog-controller|catalog-apiserver|cli|local)/' },
      to: { path: '^(test|bench)/' },
    },
    {
      name: 'broker-does-not-know-kubernetes',
      severity: 'error',
      from: { path: '^broker/' },
      to: { path: '^lib/(kube|catalog)/' },
    },
    {
      name: 'apiserver-does-not-know-osb',
      severity: 'error',
      from: { path: '^catalog-apiserver/' },
      to: { path: '^lib/osb/' },
    },
    {
      name: 'pg-at-its-places',
      severity: 'error',
      from: {
        path: '^(lib|broker|catalog-|cli|local)',
        pathNot: '^(broker/engine/postgres|broker/store|local)/|^cli/prompt/',
      },
      to: { path: 'node_modules/pg/' },
    },
    {
      name: 'mysql2-at-its-places',
      severity: 'error',
      from: { path: '^(lib|broker|catalog-|cli|local)', pathNot: '^(broker/engine/mysql|local)/|^cli/prompt/' },
      to: { path: 'node_modules/mysql2/' },
    },
    {
      name: 'express-at-its-places',
      severity: 'error',
      from: {
        path: '^(lib|broker|catalog-|cli|local)',
        pathNot: '^(broker|catalog-controller|catalog-apiserver)/http/|^lib/runtime/',
      },
      to: { path: 'node_modules/(@types/)?express/' },
    },
    {
      name: 'client-node-values-in-lib-kube',
      severity: 'error',
      from: { path: '^(lib|broker|catalog-|cli|local)', pathNot: '^lib/kube/' },
      to: { path: 'node_modules/@kubernetes/client-node/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'engine-knows-no-operation',
      severity: 'error',
      from: { path: '^broker/(engine|store)/' },
      to: { path: '^broker/(operations|http|worker|main)' },
    },
    {
      name: 'operation-knows-no-driver',
      severity: 'error',
      from: { path: '^broker/operations/' },
      to: { path: '^broker/(http|engine/(postgres|mysql)|main)' },
    },
    {
      name: 'decide-is-pure',
      severity: 'error',
      from: { path: '/decide[^/]*\\.ts$' },
      to: { path: '^lib/(kube/(?!objects|conditions)|osb/client)|/(perform|observe)\\.ts$' },
    },
    {
      name: 'no-dev-dependency-in-product',
      severity: 'error',
      from: { path: '^(lib|broker|catalog-controller|catalog-apiserver|cli|local)/' },
      to: { dependencyTypes: ['npm-dev'], pathNot: '@types/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(node_modules/\\.bin|dist|\\.local)' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types', 'default'] },
  },
};
