import type { ServiceCatalog } from '../catalog/service-catalog.ts';
import type { Limits } from '../config/config.ts';
import type { RequestScope } from '../scope.ts';
import type { TenantServers } from '../servers/tenant-servers.ts';
import type { Cipher } from '../store/cipher.ts';
import type { Database } from '../store/database.ts';
import type { JsonObject, OriginatingIdentity } from '../../lib/osb/types.ts';
import type { Desk } from '../worker/hand-over.ts';
import type { OperationEnds } from './operation-ends.ts';

/** What every operation works with. */
export interface OperationContext {
  readonly database: Database;
  readonly catalog: ServiceCatalog;
  readonly servers: TenantServers;
  readonly cipher: Cipher;
  readonly ends: OperationEnds;
  readonly desk: Desk;
  readonly limits: Limits;
}

/** What every request says, whatever it asks for. */
export interface Caller {
  readonly scope: RequestScope;
  /** `accepts_incomplete=true`. */
  readonly acceptsIncomplete: boolean;
  readonly originatingIdentity?: OriginatingIdentity | undefined;
  readonly requestIdentity?: string | undefined;
  /** Aborts when the platform hangs up. */
  readonly signal: AbortSignal;
}

/** A successful answer. Failures are thrown as OsbError. */
export interface Answer {
  readonly status: 200 | 201 | 202;
  readonly body: JsonObject;
  readonly retryAfterSeconds?: number;
  /** Of an answer that a platform may keep. */
  readonly etag?: string;
}
