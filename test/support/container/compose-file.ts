import { join } from 'node:path';
import { run } from '../../../local/processes/command.ts';
import { provideCompose } from '../tools/compose.ts';

/** A service as `docker compose config --format json` gives it: what is read here of it. */
export interface ComposeService {
  readonly image: string;
  readonly entrypoint: readonly string[] | null;
  readonly command: readonly string[] | null;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_add?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly privileged?: boolean;
  readonly network_mode?: string;
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly tmpfs?: readonly string[];
  readonly volumes?: readonly ComposeMount[];
  readonly ports?: readonly { readonly host_ip?: string; readonly published: string }[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: Condition }>>;
  readonly healthcheck?: { readonly test: readonly string[]; readonly retries: number };
  readonly restart?: string;
  readonly deploy?: { readonly resources?: { readonly limits?: Readonly<Record<string, unknown>> } };
}

export type Condition = 'service_started' | 'service_healthy' | 'service_completed_successfully';

export interface ComposeMount {
  readonly type: 'bind' | 'volume';
  readonly source: string;
  readonly target: string;
  readonly read_only?: boolean;
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** docker-compose.yml of this checkout, read, checked and resolved by docker compose, with the services of all profiles. */
export async function resolveComposeFile(): Promise<ComposeFile> {
  const file = await provideCompose();
  const checkout = join(import.meta.dirname, '../../..');
  const text = await run({
    file,
    args: ['--file', join(checkout, 'docker-compose.yml'), '--profile', '*', 'config', '--format', 'json'],
    cwd: checkout,
  });
  return JSON.parse(text) as ComposeFile;
}
