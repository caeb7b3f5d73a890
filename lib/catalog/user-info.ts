import type { OriginatingIdentity } from '../osb/types.ts';
import type { UserInfo } from './types.generated.ts';

/** The platform in OSB requests and contexts; brokers know it by this word (OSB profile.md). */
export const PLATFORM = 'kubernetes';

/** Who asked, as it is stored in `spec.userInfo`: without empty parts, so that the same user always looks the same. */
export function storedUserInfo(user: UserInfo): UserInfo {
  return {
    username: user.username ?? '',
    uid: user.uid ?? '',
    ...(user.groups !== undefined && user.groups.length > 0 ? { groups: user.groups } : {}),
    ...(user.extra !== undefined && Object.keys(user.extra).length > 0 ? { extra: user.extra } : {}),
  };
}

/**
 * The originating identity to send with requests made for a user (OSB spec.md "Originating Identity", profile.md
 * "Kubernetes"). Undefined when it is not known who asked.
 */
export function originatingIdentity(user: UserInfo | undefined): OriginatingIdentity | undefined {
  if (user === undefined) return undefined;
  return { platform: PLATFORM, value: { ...storedUserInfo(user) } };
}
