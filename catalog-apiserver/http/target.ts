import type { Kind, Verb } from '../kinds/kind.ts';
import type { Target } from '../registry/context.ts';
import { methodNotAllowed, methodNotSupported } from '../status.ts';
import { isTrue } from './query.ts';
import type { ResourcePath } from './request-path.ts';

/** The API's word for a method on a collection or an object. */
export function verbOf(method: string, path: ResourcePath, query: URLSearchParams): Verb | undefined {
  const isObject = path.name !== undefined;
  switch (method) {
    case 'GET':
      return isObject ? 'get' : isTrue(query.get('watch')) ? 'watch' : 'list';
    case 'POST':
      return isObject ? undefined : 'create';
    case 'PUT':
      return isObject ? 'update' : undefined;
    case 'PATCH':
      return isObject ? 'patch' : undefined;
    case 'DELETE':
      return isObject ? 'delete' : 'deletecollection';
    default:
      return undefined;
  }
}

/** The place a path means among objects of a kind; undefined when they are not in that scope. */
export function targetOf(kind: Kind, path: ResourcePath): Target | undefined {
  const { namespace, name } = path;
  if (namespace !== undefined && !kind.resource.namespaced) return undefined;
  if (name !== undefined && kind.resource.namespaced && namespace === undefined) return undefined;
  const subresource = kind.subresources.find((known) => known === path.subresource);
  if (path.subresource !== undefined && subresource === undefined) return undefined;
  return {
    kind,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
  };
}

/** Throws a 405 for what cannot be done to the target. */
export function checkVerb(target: Target, verb: Verb | undefined, method: string): asserts verb is Verb {
  const { kind, namespace, subresource } = target;
  if (verb === undefined) throw methodNotAllowed(method);
  if (!kind.verbs.includes(verb)) throw methodNotSupported(kind.resource, verb, kind.readOnlyBecause);
  const ofSubresource = subresource === 'finalize' ? ['update'] : ['get', 'update', 'patch'];
  if (subresource !== undefined && !ofSubresource.includes(verb)) throw methodNotAllowed(method);
  const needsNamespace = verb === 'create' || verb === 'deletecollection';
  if (needsNamespace && kind.resource.namespaced && namespace === undefined) throw methodNotAllowed(method);
}
