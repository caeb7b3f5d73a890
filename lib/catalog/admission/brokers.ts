import { X509Certificate } from 'node:crypto';
import type { AdmissionRequest, Facts, Fault, Need, Verdict } from '../admission.ts';
import { parseRestrictions } from '../catalog-restrictions.ts';
import { completeBroker, keepFinalizer } from '../completion.ts';
import { parseGoDuration } from '../go-duration.ts';
import { MINIMUM_RELIST_MS } from '../relist.ts';
import { DNS_LABEL_RULE, DNS_SUBDOMAIN_RULE, isDnsLabel, isDnsSubdomain } from '../names.ts';
import type { AnyBroker, Scope } from '../scope.ts';
import type { ClusterServiceBroker } from '../types.generated.ts';
import { accessNeeds, forbiddenSecrets, namespaceOf } from './secret-access.ts';
import type { ReadSecret } from './secret-access.ts';
import { withShape } from './shape.ts';
import type { Shape } from './shape.ts';
import { allowed, forbidden, invalid } from './verdicts.ts';
import type { Rules } from './verdicts.ts';
import { sameJson } from '../same-json.ts';

const SHAPE: Shape = {
  spec: 'object',
  'spec.url': 'string',
  'spec.authInfo': 'object',
  'spec.authInfo.basic': 'object',
  'spec.authInfo.basic.secretRef': 'object',
  'spec.authInfo.basic.secretRef.namespace': 'string',
  'spec.authInfo.basic.secretRef.name': 'string',
  'spec.authInfo.bearer': 'object',
  'spec.authInfo.bearer.secretRef': 'object',
  'spec.authInfo.bearer.secretRef.namespace': 'string',
  'spec.authInfo.bearer.secretRef.name': 'string',
  'spec.insecureSkipTLSVerify': 'boolean',
  'spec.caBundle': 'string',
  'spec.relistBehavior': 'string',
  'spec.relistDuration': 'string',
  'spec.relistRequests': 'integer',
  'spec.catalogRestrictions': 'object',
  'spec.catalogRestrictions.serviceClass': 'array',
  'spec.catalogRestrictions.serviceClass[]': 'string',
  'spec.catalogRestrictions.servicePlan': 'array',
  'spec.catalogRestrictions.servicePlan[]': 'string',
};

/** The rules for brokers of one scope. */
export function brokerRules(scope: Scope): Rules {
  return {
    needs(request: AdmissionRequest): readonly Need[] {
      const { broker, faults } = read(request);
      if (broker === undefined || faults.length > 0) return [];
      return accessNeeds(secretsToAskAbout(scope, request, broker));
    },
    admit(request: AdmissionRequest, facts: Facts): Verdict {
      const { broker, faults } = read(request);
      if (broker === undefined || faults.length > 0) return invalid(request, faults);
      const old = request.oldObject as AnyBroker | undefined;
      const complete = old === undefined ? completeBroker(broker) : updatedBroker(old, broker);
      // Removing a finalizer or a label must stay possible however the spec came to be what it is.
      if (old !== undefined && sameJson(complete.spec, old.spec)) return allowed(complete);
      const wrong = validateBroker(scope, complete, old);
      if (wrong.length > 0) return invalid(request, wrong);
      const [secret] = forbiddenSecrets(secretsToAskAbout(scope, request, broker), facts);
      if (secret !== undefined) {
        return forbidden(
          `broker forbidden access to auth secret (${secret.name}): user "${request.user.username ?? ''}" must be allowed to get the Secret "${secret.name}" in namespace "${secret.namespace}"`,
        );
      }
      return allowed(complete);
    },
  };
}

function read(request: AdmissionRequest): { broker?: AnyBroker; faults: readonly Fault[] } {
  if (request.object === undefined) return { faults: [{ field: 'spec', message: 'is required' }] };
  const { object, faults } = withShape(request.object, SHAPE);
  if (!('spec' in object)) return { faults: [{ field: 'spec', message: 'is required' }] };
  return { broker: object as AnyBroker, faults };
}

/** What clients that do not know a field send as zero must not undo it. */
function updatedBroker(old: AnyBroker, broker: AnyBroker): AnyBroker {
  const kept = old.spec.relistRequests ?? 0;
  const relistRequests = broker.spec.relistRequests ? broker.spec.relistRequests : kept;
  const relistBehavior = broker.spec.relistBehavior ? broker.spec.relistBehavior : 'Duration';
  return keepFinalizer(old, { ...broker, spec: { ...broker.spec, relistRequests, relistBehavior } });
}

/**
 * The Secrets the user must be able to read: whenever what decides where the credentials go has changed. Another URL
 * alone would be enough to have them sent to a server of one's own.
 */
function secretsToAskAbout(scope: Scope, request: AdmissionRequest, broker: AnyBroker): ReadSecret[] {
  const old = (request.oldObject as AnyBroker | undefined)?.spec;
  const { url, authInfo, caBundle, insecureSkipTLSVerify } = broker.spec;
  if (old !== undefined) {
    const before = [old.url, old.authInfo, old.caBundle, old.insecureSkipTLSVerify ?? false];
    if (sameJson(before, [url, authInfo, caBundle, insecureSkipTLSVerify ?? false])) return [];
  }
  return secretRefs(broker).map(({ ref }) => ({
    namespace: scope.namespaced ? namespaceOf(request) : (ref.namespace ?? ''),
    name: ref.name,
  }));
}

/** The Secrets of authInfo with the path they are at. */
function secretRefs(broker: AnyBroker): { field: string; ref: { namespace?: string; name: string } }[] {
  const authInfo = (broker as ClusterServiceBroker).spec.authInfo;
  return (['basic', 'bearer'] as const).flatMap((way) => {
    const ref = (authInfo?.[way] as { secretRef?: { namespace?: string; name?: string } } | undefined)?.secretRef;
    if (ref === undefined) return [];
    return [{ field: `spec.authInfo.${way}.secretRef`, ref: { ...ref, name: ref.name ?? '' } }];
  });
}

/** What is wrong with a broker, beyond what the schema of the CRD says. */
export function validateBroker(scope: Scope, broker: AnyBroker, old?: AnyBroker): Fault[] {
  const { spec } = broker;
  const faults: Fault[] = [...urlFaults(spec.url), ...authFaults(scope, broker), ...trustFaults(spec)];
  const { relistBehavior, relistDuration, relistRequests = 0 } = spec;
  if (relistBehavior !== undefined && !['', 'Duration', 'Manual'].includes(relistBehavior)) {
    faults.push({ field: 'spec.relistBehavior', message: 'must be Duration or Manual' });
  }
  faults.push(...relistFaults(relistDuration, old?.spec.relistDuration));
  if (relistRequests < 0) faults.push({ field: 'spec.relistRequests', message: 'must not be negative' });
  if (old !== undefined && relistRequests < (old.spec.relistRequests ?? 0)) {
    faults.push({
      field: 'spec.relistRequests',
      message: `must not be lower than ${old.spec.relistRequests ?? 0}, which it is; raise it by one to read the catalog again`,
    });
  }
  return [...faults, ...parseRestrictions(scope, broker).faults];
}

/** What is stored already may stay, so that the rest of an old broker can be changed; it is read no more often. */
function relistFaults(relistDuration: string | undefined, old: string | undefined): Fault[] {
  const field = 'spec.relistDuration';
  if (relistDuration === undefined) return [];
  const interval = parseGoDuration(relistDuration) ?? 0;
  if (interval <= 0) return [{ field, message: 'must be a duration greater than zero, such as 15m or 1h30m' }];
  if (interval >= MINIMUM_RELIST_MS || relistDuration === old) return [];
  return [
    {
      field,
      message: `must be at least ${MINIMUM_RELIST_MS / 1000}s, such as 15m; raise relistRequests by one to read the catalog now`,
    },
  ];
}

function urlFaults(url: string | undefined): Fault[] {
  const field = 'spec.url';
  if (url === undefined || url === '') return [{ field, message: 'is required' }];
  if (!URL.canParse(url)) return [{ field, message: 'must be a URL such as https://broker.example.com' }];
  const parsed = new URL(url);
  if (!['http:', 'https:'].includes(parsed.protocol))
    return [{ field, message: 'must begin with https:// or http://' }];
  if (parsed.username !== '' || parsed.password !== '') {
    return [
      {
        field,
        message: 'must not hold credentials, for everybody may read it; put them into a Secret and name it in authInfo',
      },
    ];
  }
  if (parsed.search !== '' || parsed.hash !== '') return [{ field, message: 'must not have a query or a fragment' }];
  return [];
}

function authFaults(scope: Scope, broker: AnyBroker): Fault[] {
  const { authInfo } = broker.spec;
  if (authInfo === undefined) return [];
  const refs = secretRefs(broker);
  if (refs.length !== 1) {
    return [
      {
        field: 'spec.authInfo',
        message:
          'must have exactly one of basic.secretRef and bearer.secretRef; leave authInfo out for no authentication',
      },
    ];
  }
  return refs.flatMap(({ field, ref }) => [
    ...(isDnsSubdomain(ref.name) ? [] : [{ field: `${field}.name`, message: DNS_SUBDOMAIN_RULE }]),
    ...(scope.namespaced || isDnsLabel(ref.namespace ?? '')
      ? []
      : [{ field: `${field}.namespace`, message: DNS_LABEL_RULE }]),
  ]);
}

function trustFaults({ caBundle, insecureSkipTLSVerify }: AnyBroker['spec']): Fault[] {
  if (caBundle === undefined || caBundle === '') return [];
  if (insecureSkipTLSVerify === true) {
    return [
      {
        field: 'spec.insecureSkipTLSVerify',
        message: 'must not be true together with caBundle; leave it out to have certificates checked against caBundle',
      },
    ];
  }
  const certificates = Buffer.from(caBundle, 'base64')
    .toString('latin1')
    .match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  const message = 'must be PEM certificates, encoded in base64 once more';
  if (certificates === null) return [{ field: 'spec.caBundle', message }];
  return certificates.every(isCertificate) ? [] : [{ field: 'spec.caBundle', message }];
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}
