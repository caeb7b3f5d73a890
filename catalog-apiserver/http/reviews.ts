import type { UserInfo } from '../../lib/catalog/admission.ts';
import type { AccessAttributes, Authorizer } from '../authorizer.ts';
import { refusal } from '../authorizer.ts';
import { isRecord } from '../schema/schema.ts';
import { badRequest } from '../status.ts';
import type { ResourcePath } from './request-path.ts';

/** Questions a client may ask about users: each is a POST whose answer is the question with `status` filled in. */

/** What answers a POST to such a resource; undefined when the path is none. */
export function findReview(
  path: Pick<ResourcePath, 'group' | 'version' | 'plural'>,
  user: UserInfo,
  authorizer: Authorizer,
): ((body: unknown) => object) | undefined {
  switch (`${path.group}/${path.version}/${path.plural}`) {
    case 'authorization.k8s.io/v1/selfsubjectaccessreviews':
      return (body) => selfSubjectAccessReview(body, user, authorizer);
    case 'authorization.k8s.io/v1/subjectaccessreviews':
      return (body) => subjectAccessReview(body, authorizer);
    case 'authentication.k8s.io/v1/selfsubjectreviews':
      return () => selfSubjectReview(user);
    default:
      return undefined;
  }
}

/** `kubectl auth can-i`: may I do this? */
function selfSubjectAccessReview(body: unknown, user: UserInfo, authorizer: Authorizer): object {
  return answer(body, 'SelfSubjectAccessReview', user, authorizer);
}

/** May that user do this? */
function subjectAccessReview(body: unknown, authorizer: Authorizer): object {
  const spec = specOf(body);
  const groups: unknown = spec['groups'] ?? [];
  const username = spec['user'] ?? '';
  if (typeof username !== 'string' || !Array.isArray(groups) || groups.some((group) => typeof group !== 'string'))
    throw badRequest('spec.user must be a string and spec.groups a list of strings');
  return answer(body, 'SubjectAccessReview', { username, groups: groups as string[] }, authorizer);
}

/** `kubectl auth whoami`. */
function selfSubjectReview(user: UserInfo): object {
  return {
    kind: 'SelfSubjectReview',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: {},
    status: { userInfo: user },
  };
}

function answer(body: unknown, kind: string, user: UserInfo, authorizer: Authorizer): object {
  const spec = specOf(body);
  const { resourceAttributes, nonResourceAttributes } = spec;
  if (isRecord(resourceAttributes) === isRecord(nonResourceAttributes))
    throw badRequest('exactly one of spec.resourceAttributes and spec.nonResourceAttributes must be given');
  const attributes = attributesOf(isRecord(resourceAttributes) ? resourceAttributes : {});
  const allowed = isRecord(nonResourceAttributes) || authorizer.allows(user, attributes);
  const reason = allowed ? '' : refusal(user, attributes);
  return { kind, apiVersion: 'authorization.k8s.io/v1', metadata: {}, spec, status: { allowed, reason } };
}

function specOf(body: unknown): Record<string, unknown> {
  if (!isRecord(body) || !isRecord(body['spec'])) throw badRequest('the request body must be an object with a spec');
  return body['spec'];
}

function attributesOf(attributes: Record<string, unknown>): AccessAttributes {
  const text = (name: string): string => {
    const value = attributes[name];
    return typeof value === 'string' ? value : '';
  };
  return {
    verb: text('verb'),
    group: text('group'),
    plural: text('resource'),
    ...(text('subresource') === '' ? {} : { subresource: text('subresource') }),
    ...(text('namespace') === '' ? {} : { namespace: text('namespace') }),
    ...(text('name') === '' ? {} : { name: text('name') }),
  };
}
