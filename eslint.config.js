import tseslint from 'typescript-eslint'
import noIgnoredResult from './tools/eslint/no-ignored-result.js'

const PORTABLE_RULES = [
  { selector: 'TSEnumDeclaration', message: 'Use an `as const` array and a union type.' },
  {
    selector: "MemberExpression[object.name='AbortSignal'][property.name='any']",
    message: 'Leaks on long-lived signals; use startDeadline().',
  },
]

export default tseslint.config(
  { ignores: ['dist', 'tools', '**/*.js', '**/*.mjs'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    plugins: { house: { rules: { 'no-ignored-result': noIgnoredResult } } },
    rules: {
      'house/no-ignored-result': 'error',
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 4],
      complexity: ['error', { max: 12, variant: 'modified' }],
      'max-depth': ['error', 3],
      'no-console': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'as', objectLiteralTypeAssertions: 'never' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/require-await': 'off', // ports are async even when one implementation is not
      '@typescript-eslint/no-invalid-void-type': 'off', // Result<void, …> is the type of an operation without a value
      'no-restricted-properties': ['error', { object: 'process', property: 'env', message: 'Read env only in src/config/secrets.ts.' }],
      'no-restricted-globals': ['error', { name: 'setInterval', message: 'Own your timers: lib/every.ts.' }],
      'no-restricted-syntax': [
        'error',
        ...PORTABLE_RULES,
        { selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']", message: 'Take a Clock.' },
      ],
    },
  },
  {
    files: ['**/*.test.ts', 'test/**', 'bench/**', 'src/testkit/**'],
    rules: {
      'max-lines-per-function': 'off',
      'no-console': 'off',
      'no-restricted-properties': 'off',
      'no-restricted-syntax': ['error', ...PORTABLE_RULES],
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
)
