import { errorCode } from '../runtime/errors.ts';

/** What to tell a user about the error codes of Node, OpenSSL and undici that a broker's address can end in. */
const EXPLANATIONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (connection refused); check the host and port of the URL',
  ENOTFOUND: 'its host name is unknown; check the URL',
  EAI_AGAIN: 'its host name could not be looked up; the name server does not answer',
  EHOSTUNREACH: 'there is no route to its host',
  ENETUNREACH: 'there is no route to its network',
  EACCES: 'the connection was not permitted',
  ETIMEDOUT: 'its host does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'its host does not answer',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  UND_ERR_SOCKET: 'the connection was closed before the answer was complete',
  UND_ERR_HEADERS_OVERFLOW: 'its headers are too long',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the answer does not have the length it announces',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed; give it as caBundle',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by an unknown authority; give that as caBundle',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by an unknown authority; give that as caBundle',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate is signed by an unknown authority; give that as caBundle',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is signed by an unknown authority; give that as caBundle',
  CERT_SIGNATURE_FAILURE: 'its certificate is not signed by the authority in caBundle',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet; check the clocks',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host name than the one in the URL',
  EPROTO: 'it does not speak TLS there; check whether the URL should begin with http://',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS there; check whether the URL should begin with http://',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS there; check whether the URL should begin with http://',
};

/** Why the network did not carry an exchange, to follow `the broker cannot be reached: `. */
export function explainNetworkError(error: Error): string {
  const code = firstCode(error);
  if (code === undefined) return error.message;
  if (code.startsWith('HPE_')) return 'the answer is not HTTP; check whether the URL should begin with https://';
  return EXPLANATIONS[code] ?? code;
}

/** The error's own code, or that of the first of several attempts (one for each address of a name), or of its cause. */
function firstCode(error: unknown, depth = 0): string | undefined {
  const code = errorCode(error);
  if (code !== undefined) return code;
  if (!(error instanceof Error) || depth > 3) return undefined;
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error.cause;
  return firstCode(inner, depth + 1);
}
