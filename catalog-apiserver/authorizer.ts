import type { UserInfo } from '../lib/catalog/admission.ts';

/** What somebody wants to do. */
export interface AccessAttributes {
  readonly verb: string;
  readonly group: string;
  readonly plural: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** Decides who may do what. */
export interface Authorizer {
  allows(user: UserInfo, attributes: AccessAttributes): boolean;
}

/** The group whose members may do everything, as in every Kubernetes cluster. */
export const ADMINISTRATORS = 'system:masters';

/** The group of everybody whose certificate was verified. */
export const AUTHENTICATED = 'system:authenticated';

/**
 * One rule: administrators may do everything, others may only ask who they are and what they may. There are no roles
 * on this server, so it does not pretend to read any.
 */
export const administratorsOnly: Authorizer = {
  allows: (user, attributes) =>
    user.groups?.includes(ADMINISTRATORS) === true ||
    (attributes.verb === 'create' &&
      ((attributes.group === 'authorization.k8s.io' && attributes.plural === 'selfsubjectaccessreviews') ||
        (attributes.group === 'authentication.k8s.io' && attributes.plural === 'selfsubjectreviews'))),
};

/** Why an access is refused, as kubectl users know it. */
export function refusal(user: UserInfo, attributes: AccessAttributes): string {
  const resource = attributes.subresource ? `${attributes.plural}/${attributes.subresource}` : attributes.plural;
  const where =
    attributes.namespace === undefined ? 'at the cluster scope' : `in the namespace "${attributes.namespace}"`;
  return `User "${user.username ?? ''}" cannot ${attributes.verb} resource "${resource}" in API group "${attributes.group}" ${where}`;
}
