import { stringify } from 'yaml';

/**
 * Who did what to which object and whether that was allowed, for every request, once it is answered. Never a body:
 * Secrets have passwords in them.
 */
export const AUDIT_POLICY = stringify({
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata' }],
});
