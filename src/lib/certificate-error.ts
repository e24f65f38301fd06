const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)/

/** Whether Node's error code is of the certificate check. That is no outage: a retry cannot help, the owner can. */
export function isCertificateError(code: string): boolean {
  return CERTIFICATE.test(code)
}
