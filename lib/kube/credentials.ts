import { readFile } from 'node:fs/promises';
import type { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import type { RequestOptions } from 'node:https';
import { dirname, isAbsolute, join } from 'node:path';
import { UsageError, toError } from '../runtime/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import { pathField, textField } from './kubeconfig.ts';
import type { NamedEntry } from './kubeconfig.ts';

/** What a request shows to say who sends it. */
export interface Identity {
  readonly headers: Readonly<Record<string, string>>;
  /** Client certificate and its key, PEM. */
  readonly cert?: string;
  readonly key?: string;
}

/** Where identities come from. */
export interface Credentials {
  /** The identity for the next request. Throws when the file or the program that gives it fails. */
  current(): Promise<Identity>;
  /** The server refused the identity (401): read it anew. False when there is nothing to read anew. */
  renew(): boolean;
}

/** No identity: a server behind `kubectl proxy`, or one that lets anonymous callers in. */
export const anonymous: Credentials = {
  current: () => Promise.resolve({ headers: {} }),
  renew: () => false,
};

/** How old a token read from a file may be; kubelets replace such a file long before its token expires. */
const TOKEN_FILE_MS = 60_000;
/** A credential program that takes longer is ended. It may have to ask its cloud. */
const EXEC_TIMEOUT_MS = 60_000;

/** The service account of the pod, whose token file the kubelet replaces. */
export function tokenFileCredentials(path: string, clock: Clock): Credentials {
  return combine([tokenFile(path, clock)]);
}

/**
 * The credentials of one `users` entry of a kubeconfig: client certificate, token, token file, password, `exec`
 * program or legacy `auth-provider`, and impersonation.
 */
export function userCredentials(user: NamedEntry, clock: Clock): Credentials {
  const parts: Part[] = [];
  const certificate = clientCertificate(user);
  if (certificate) parts.push(certificate);
  const path = pathField(user, 'tokenFile');
  const token = textField(user, 'token');
  const name = textField(user, 'username');
  if (path !== undefined) parts.push(tokenFile(path, clock));
  else if (token !== undefined) parts.push(fixed({ headers: bearer(token) }));
  else if (name !== undefined) {
    const pair = `${name}:${textField(user, 'password') ?? ''}`;
    parts.push(fixed({ headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } }));
  }
  if (isRecord(user.fields['exec'])) parts.push(execProgram(user, user.fields['exec']));
  else if (isRecord(user.fields['auth-provider'])) parts.push(authProvider(user));
  parts.push(fixed({ headers: impersonation(user) }));
  return combine(parts);
}

/** One source of a part of the identity. `forget` drops what it remembers; absent when it remembers nothing. */
interface Part {
  read(): Promise<Identity>;
  forget?(): void;
}

function combine(parts: readonly Part[]): Credentials {
  return {
    current: async () => {
      const identities = await Promise.all(parts.map((part) => part.read()));
      return identities.reduce((all, one) => ({ ...all, ...one, headers: { ...all.headers, ...one.headers } }), {
        headers: {},
      });
    },
    renew: () => {
      const remembering = parts.filter((part) => part.forget !== undefined);
      for (const part of remembering) part.forget?.();
      return remembering.length > 0;
    },
  };
}

const fixed = (identity: Identity): Part => ({ read: () => Promise.resolve(identity) });

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

function tokenFile(path: string, clock: Clock): Part {
  let cached: { identity: Identity; readAt: number } | undefined;
  return {
    read: async () => {
      if (cached === undefined || clock.now() - cached.readAt >= TOKEN_FILE_MS) {
        try {
          cached = { identity: { headers: bearer((await readFile(path, 'utf8')).trim()) }, readAt: clock.now() };
        } catch (thrown) {
          // While the file is being replaced the last token still serves.
          if (cached === undefined) throw unreadable(path, thrown);
        }
      }
      return cached.identity;
    },
    forget: () => {
      cached = undefined;
    },
  };
}

function clientCertificate(user: NamedEntry): Part | undefined {
  const certFile = pathField(user, 'client-certificate');
  const keyFile = pathField(user, 'client-key');
  const certData = textField(user, 'client-certificate-data');
  const keyData = textField(user, 'client-key-data');
  if (certFile === undefined && certData === undefined) return undefined;
  if (keyFile === undefined && keyData === undefined) {
    throw new UsageError(`kubeconfig user "${user.name}" has a client certificate without its key`);
  }
  let cached: Identity | undefined;
  const read = async (): Promise<Identity> => {
    cached ??= {
      headers: {},
      cert: certData === undefined ? await pem(certFile) : decode(certData),
      key: keyData === undefined ? await pem(keyFile) : decode(keyData),
    };
    return cached;
  };
  if (certFile === undefined && keyFile === undefined) return { read };
  return {
    read,
    forget: () => {
      cached = undefined;
    },
  };
}

/** A credential program (`exec`), run and its answer cached by client-node's small module for it. */
function execProgram(user: NamedEntry, exec: Record<string, unknown>): Part {
  const command = exec['command'];
  if (typeof command !== 'string' || command === '') {
    throw new UsageError(`kubeconfig user "${user.name}": exec.command must name a program`);
  }
  const settings = {
    ...exec,
    command: besideKubeconfig(command, user.folder),
    env: [
      ...(Array.isArray(exec['env']) ? (exec['env'] as unknown[]) : []),
      {
        name: 'KUBERNETES_EXEC_INFO',
        value: JSON.stringify({
          kind: 'ExecCredential',
          apiVersion: exec['apiVersion'] ?? 'client.authentication.k8s.io/v1',
          spec: { interactive: false },
        }),
      },
    ],
  };
  let program: Promise<{ applyAuthentication(user: object, options: RequestOptions): Promise<void> }> | undefined;
  return {
    read: async () => {
      program ??= import('@kubernetes/client-node/dist/exec_auth.js').then(({ ExecAuth }) => new ExecAuth() as never);
      const options: RequestOptions = { headers: {} };
      const run = (await program).applyAuthentication({ name: user.name, exec: settings }, options);
      try {
        await bounded(run, EXEC_TIMEOUT_MS);
      } catch (thrown) {
        throw new Error(`the credential program ${command} of kubeconfig user "${user.name}" failed`, {
          cause: toError(thrown),
        });
      }
      return identityOf(options);
    },
    forget: () => {
      program = undefined;
    },
  };
}

/** `auth-provider` (oidc, and the gcp and azure ones kubectl dropped in 1.26): the whole of client-node's KubeConfig. */
function authProvider(user: NamedEntry): Part {
  let config: Promise<KubeConfig> | undefined;
  return {
    read: async () => {
      config ??= import('@kubernetes/client-node/dist/config.js').then(({ KubeConfig }) => {
        const loaded = new KubeConfig();
        loaded.loadFromClusterAndUser(
          { name: 'cluster', server: 'https://localhost', skipTLSVerify: false },
          { name: user.name, authProvider: user.fields['auth-provider'] },
        );
        return loaded;
      });
      const options: RequestOptions = {};
      await bounded((await config).applyToHTTPSOptions(options), EXEC_TIMEOUT_MS);
      return identityOf(options);
    },
    forget: () => {
      config = undefined;
    },
  };
}

function identityOf(options: RequestOptions): Identity {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (typeof value === 'string') headers[name.toLowerCase()] = value;
  }
  return {
    headers,
    ...(typeof options.cert === 'string' ? { cert: options.cert } : {}),
    ...(typeof options.key === 'string' ? { key: options.key } : {}),
  };
}

function impersonation(user: NamedEntry): Record<string, string> {
  const name = textField(user, 'as');
  if (user.fields['as-groups'] !== undefined || user.fields['as-user-extra'] !== undefined) {
    throw new UsageError(
      `kubeconfig user "${user.name}": only "as" is supported for impersonation, not groups or extra`,
    );
  }
  return name === undefined ? {} : { 'impersonate-user': name };
}

/** A command with a slash in it is relative to the kubeconfig's folder; a bare name is looked up in PATH. */
function besideKubeconfig(command: string, folder: string | undefined): string {
  return folder === undefined || isAbsolute(command) || dirname(command) === '.' ? command : join(folder, command);
}

async function pem(path: string | undefined): Promise<string> {
  if (path === undefined) throw new TypeError('neither data nor a file was given');
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    throw unreadable(path, thrown);
  }
}

const decode = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8');

function unreadable(path: string, thrown: unknown): Error {
  return new Error(`cannot read the credentials file ${path}`, { cause: toError(thrown) });
}

async function bounded<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${milliseconds / 1000} s`));
    }, milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
