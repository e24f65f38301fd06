import { expect, test } from 'vitest'
import { isCertificateError } from './certificate-error.ts'

test.each([
  ['CERT_HAS_EXPIRED', true],
  ['ERR_TLS_CERT_ALTNAME_INVALID', true],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', true],
  ['SELF_SIGNED_CERT_IN_CHAIN', true],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', true],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', true],
  ['ECONNREFUSED', false],
  ['ERR_SSL_WRONG_VERSION_NUMBER', false],
  ['', false],
])('%s is about the certificate: %s', (code, expected) => {
  expect(isCertificateError(code)).toBe(expected)
})
