/* eslint-disable @typescript-eslint/no-confusing-void-expression -- `return node.fail(…)` notes a mistake and stands for the value that is missing */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { toError, UsageError } from '../../lib/runtime/errors.ts';
import type { CertificateFiles } from '../../lib/runtime/serving-certificate.ts';
import { DEFAULT_SERVICES } from '../catalog/default-services.ts';
import type { BrokerConfig, EncryptionKey, PlatformUser, StoreConfig } from './config.ts';
import type { Mistake, ReadingContext } from './config-node.ts';
import { complete, ConfigNode } from './config-node.ts';
import { distinct } from './distinct.ts';
import { readLimits } from './limits.ts';
import { readServers, readTrustedTls } from './servers.ts';
import { readServices } from './services.ts';

const SECTIONS = ['listen', 'auth', 'store', 'encryption', 'servers', 'services', 'limits'] as const;

/**
 * Reads the configuration file and every file it names.
 * @throws UsageError that lists all mistakes, each as `file:line:column: path: what is wrong`.
 */
export function readConfigFile(file: string): BrokerConfig {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (thrown) {
    throw new UsageError(`The configuration file cannot be read: ${toError(thrown).message}`);
  }
  const folder = dirname(resolve(file));
  const locate = (name: string): string => resolve(folder, name);
  const result = parseConfig(text, (name) => readFileSync(locate(name), 'utf8'), locate);
  if ('config' in result) return result.config;
  const lines = result.mistakes.map(
    ({ line, column, path, message }) => `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}`,
  );
  throw new UsageError(
    `The configuration has ${lines.length} mistake${lines.length === 1 ? '' : 's'}:\n${lines.join('\n')}`,
  );
}

/**
 * The configuration in `text`, or every mistake in it in the order of the file. `locate` tells where the files are that
 * are read again later; by themselves names are what they are.
 */
export function parseConfig(
  text: string,
  readFile: (name: string) => string,
  locate: (name: string) => string = (name) => name,
): { readonly config: BrokerConfig } | { readonly mistakes: readonly Mistake[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const mistakes: Mistake[] = document.errors.map(({ pos, message }) => {
    const { line, col } = lines.linePos(pos[0]);
    return { line, column: col, path: '', message };
  });
  if (mistakes.length > 0) return { mistakes };
  const context: ReadingContext = { document, lines, mistakes, readFile, locate };
  const config = readRoot(new ConfigNode(context, document.contents, '', 0));
  if (config !== undefined && mistakes.length === 0) return { config };
  return { mistakes: mistakes.toSorted((a, b) => a.line - b.line || a.column - b.column) };
}

function readRoot(root: ConfigNode): BrokerConfig | undefined {
  const sections = root.object(SECTIONS);
  if (sections === undefined) return undefined;
  const services = sections.optional('services');
  return complete<BrokerConfig>({
    listen: readListen(sections.required('listen')),
    auth: readAuth(sections.required('auth')),
    store: readStore(sections.required('store')),
    encryption: readEncryption(sections.required('encryption')),
    servers: readServers(sections.required('servers')),
    services: services === undefined ? DEFAULT_SERVICES : readServices(services),
    limits: readLimits(sections.optional('limits')),
  });
}

function readListen(node: ConfigNode | undefined): BrokerConfig['listen'] | undefined {
  const section = node?.object(['host', 'port', 'tls']);
  if (section === undefined) return undefined;
  const address = complete<{ host: string; port: number }>({
    host: readHost(section.required('host')),
    port: section.required('port')?.integer(0, 65_535),
  });
  const tlsSection = section.optional('tls')?.object(['certFile', 'keyFile']);
  const tls =
    tlsSection &&
    complete<CertificateFiles>({
      cert: tlsSection.required('certFile')?.followedPemFile(),
      key: tlsSection.required('keyFile')?.followedPemFile(),
    });
  return address && { ...address, ...(tls ? { tls } : {}) };
}

/** `*` is every address: whoever wants that has to say so. */
function readHost(node: ConfigNode | undefined): string | undefined {
  const text = node?.text(255);
  return text === '*' ? '' : text;
}

function readAuth(node: ConfigNode | undefined): PlatformUser[] | undefined {
  const items = node?.list();
  const users = items?.map((item) => {
    const section = item.object(['username', 'passwordFile']);
    return (
      section &&
      complete<PlatformUser>({
        // A colon would end the user name in an Authorization header.
        username: section
          .required('username')
          ?.matching(/^[!-9;-~]{1,100}$/, 'one word of at most 100 characters without ":"'),
        password: section.required('passwordFile')?.secretFile(),
      })
    );
  });
  distinct(items, users, ({ username }) => username, 'user name');
  return users?.every((user) => user !== undefined) ? users : undefined;
}

function readStore(node: ConfigNode | undefined): StoreConfig | undefined {
  const section = node?.object(['url', 'passwordFile', 'tls']);
  if (section === undefined) return undefined;
  const tls = readTrustedTls(section.optional('tls'));
  const store = complete<{ url: string; password: string }>({
    url: readStoreUrl(section.required('url')),
    password: section.required('passwordFile')?.secretFile(),
  });
  return store && { ...store, ...(tls ? { tls } : {}) };
}

function readStoreUrl(node: ConfigNode | undefined): string | undefined {
  const text = node?.text();
  if (node === undefined || text === undefined) return undefined;
  const form = 'must be a URL such as postgresql://user@host:5432/database';
  if (!URL.canParse(text)) return node.fail(form);
  const url = new URL(text);
  if (!['postgresql:', 'postgres:'].includes(url.protocol)) return node.fail(form);
  if (url.password !== '') return node.fail('must not have a password in it: passwordFile names the file that has it');
  if (url.username === '' || url.pathname.length < 2) return node.fail(`${form}; the user or the database is missing`);
  if (url.search !== '') return node.fail('must not have options after "?"');
  return text;
}

function readEncryption(node: ConfigNode | undefined): BrokerConfig['encryption'] | undefined {
  const items = node?.object(['keys'])?.required('keys')?.list();
  const keys = items?.map((item) => {
    const section = item.object(['label', 'keyFile']);
    return (
      section &&
      complete<EncryptionKey>({
        label: section
          .required('label')
          ?.matching(/^[A-Za-z0-9._-]{1,32}$/, 'letters, digits, "-", "." and "_", at most 32'),
        key: readKey(section.required('keyFile')),
      })
    );
  });
  distinct(items, keys, ({ label }) => label, 'label');
  return keys?.every((key) => key !== undefined) ? { keys } : undefined;
}

function readKey(node: ConfigNode | undefined): Buffer | undefined {
  const text = node?.secretFile();
  if (text === undefined) return undefined;
  const key = Buffer.from(text, 'base64');
  if (key.length === 32 && /^[A-Za-z0-9+/]{43}=$/.test(text)) return key;
  return node?.fail('names a file that is not a key: 32 random bytes as base64 (openssl rand -base64 32)');
}
