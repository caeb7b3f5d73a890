import { issueCertificate } from '../../lib/runtime/tls.ts';
import type { CertifiedKey } from '../../lib/runtime/tls.ts';

/** A test is over long before. */
const DAYS = 2;

/** A certificate for somebody: an API server knows the name and the group by it. */
export function issueUser(authority: CertifiedKey, name: string, group?: string): Promise<CertifiedKey> {
  const organization = group === undefined ? {} : { organization: group };
  return issueCertificate(authority, { commonName: name, ...organization, client: true, days: DAYS });
}
