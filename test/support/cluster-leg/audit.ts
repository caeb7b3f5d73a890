import { readFile } from 'node:fs/promises';

/** As much of a line of the audit log as is looked at. */
export interface AuditEvent {
  readonly stage: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: {
    readonly code?: number;
    readonly reason?: string;
    readonly message?: string;
  };
  readonly requestReceivedTimestamp: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Every request of the log once: a watch when it began, everything else when it was answered. */
export async function readAudit(file: string): Promise<AuditEvent[]> {
  const events: AuditEvent[] = [];
  for (const line of (await readFile(file, 'utf8')).split('\n')) {
    const event = parse(line);
    if (event === undefined) continue;
    if (event.stage === (event.verb === 'watch' ? 'ResponseStarted' : 'ResponseComplete')) events.push(event);
  }
  return events;
}

/** A line that was cut off when the API server was killed is none. */
function parse(line: string): AuditEvent | undefined {
  try {
    return JSON.parse(line) as AuditEvent;
  } catch {
    return undefined;
  }
}

/** `serviceinstances/status` */
export function resourceOf({ objectRef }: AuditEvent): string {
  return [objectRef?.resource, objectRef?.subresource].filter((part) => part !== undefined).join('/');
}

export const accountUser = (namespace: string, name: string): string => `system:serviceaccount:${namespace}:${name}`;
