import { join } from 'node:path';
import type { Certificates } from './certificates.ts';
import { BROKER_HOST } from './certificates.ts';
import type { Home } from './home/home.ts';
import type { Ports } from './ports.ts';
import { waitForHttp } from './processes/http-ready.ts';
import type { ProcessSpec } from './processes/supervised-process.ts';
import type { Environment } from './settings.ts';

/** What the three programs are started with. */
export interface ProgramContext {
  readonly checkout: string;
  readonly home: Home;
  readonly ports: Ports;
  readonly certificates: Certificates;
  readonly environment: Environment;
}

/** Starts a program, keeps it running, tells the user about it, and resolves when it is ready. */
export type StartProgram = (spec: ProcessSpec<void>, doneText: string) => Promise<void>;

const READY_MS = 60_000;
const LOOPBACK = '127.0.0.1';

export function apiserver(context: ProgramContext): ProcessSpec<void> {
  const { certificates, home, ports, checkout } = context;
  const listen = `${LOOPBACK}:${ports.apiserver}`;
  const args = [
    ...['--data-dir', home.data('apiserver'), '--listen', listen, '--crds-dir', join(checkout, 'crds')],
    ...['--tls-cert-file', certificates.apiserver.certificateFile],
    ...['--tls-private-key-file', certificates.apiserver.keyFile],
    ...['--client-ca-file', certificates.authority.certificateFile],
    ...['--client-kubeconfig', home.apiserverKubeconfig],
  ];
  return program(context, 'catalog-apiserver', args, `https://${listen}/readyz`);
}

export function broker(context: ProgramContext): ProcessSpec<void> {
  const { home, ports } = context;
  const args = ['--config', home.brokerConfig];
  return program(context, 'broker', args, `https://${LOOPBACK}:${ports.broker}/readyz`);
}

/**
 * The controllers trust the stack's own authority by themselves: somebody who registers the broker again, or under
 * another name, need not know of it.
 *
 * `admission` is `apiserver` where our own API server vouches for who wrote an object, `none` elsewhere.
 */
export function controller(
  context: ProgramContext,
  kubeconfig: string,
  admission: 'apiserver' | 'none',
): ProcessSpec<void> {
  const { ports } = context;
  const listen = `${LOOPBACK}:${ports.controller}`;
  const args = [
    ...['--kubeconfig', kubeconfig, '--admission', admission, '--listen', listen],
    ...['--broker-address', `${BROKER_HOST}:443=${LOOPBACK}:${ports.broker}`],
    // Somebody who deletes a Secret to see what happens should not have to wait for the five minutes of a cluster.
    ...['--resync-interval', '30s'],
  ];
  const spec = program(context, 'catalog-controller', args, `http://${listen}/readyz`);
  const env = { ...spec.command.env, NODE_EXTRA_CA_CERTS: context.home.trustedAuthorities };
  return { ...spec, command: { ...spec.command, env } };
}

/** A program of this checkout under this Node; never whatever `node` is on the PATH. */
function program(context: ProgramContext, name: string, args: readonly string[], readyUrl: string): ProcessSpec<void> {
  const main = join(context.checkout, name, 'main.ts');
  return {
    name,
    command: {
      file: process.execPath,
      args: ['--disable-warning=ExperimentalWarning', main, ...args],
      env: withoutOurSettings(context.environment),
    },
    logFile: context.home.log(name),
    stopSignal: 'SIGTERM',
    ready: (signal) =>
      waitForHttp({
        url: readyUrl,
        ca: context.certificates.authority.certificate,
        what: name,
        timeoutMs: READY_MS,
        signal,
      }),
  };
}

/** The environment as it is (a kubeconfig may name a program that wants it), less what holds a password for us alone. */
function withoutOurSettings(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('SERVICE_CATALOG_')));
}
