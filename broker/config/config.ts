import type { ServiceDefinition } from '../catalog/definitions.ts';
import type { EngineKind } from '../engine/engine.ts';
import type { CertificateFiles } from '../../lib/runtime/serving-certificate.ts';

/** The configuration of a broker, read and valid, secrets included. docs/broker-configuration.md describes the file. */
export interface BrokerConfig {
  readonly listen: {
    /** Empty: every address. */
    readonly host: string;
    readonly port: number;
    /** Where they are; they are read again when they change. */
    readonly tls?: CertificateFiles;
  };
  readonly auth: readonly PlatformUser[];
  readonly store: StoreConfig;
  /** The first encrypts, all decrypt. */
  readonly encryption: { readonly keys: readonly EncryptionKey[] };
  readonly servers: readonly ServerConfig[];
  readonly services: readonly ServiceDefinition[];
  readonly limits: Limits;
}

/** One platform; its user name is the first part of the scope of everything it creates. */
export interface PlatformUser {
  readonly username: string;
  readonly password: string;
}

export interface TrustedTls {
  /** PEM of the authority to trust. */
  readonly ca: string;
}

export interface StoreConfig {
  /** `postgresql://user@host:port/database`, without a password. */
  readonly url: string;
  readonly password: string;
  readonly tls?: TrustedTls;
}

export interface EncryptionKey {
  readonly label: string;
  /** 32 bytes. */
  readonly key: Buffer;
}

export interface ServerConfig {
  readonly name: string;
  readonly engine: EngineKind;
  readonly serves: readonly string[];
  readonly admin: {
    readonly host: string;
    readonly port: number;
    readonly username: string;
    readonly password: string;
    /** The database to connect to; the engine's own default when absent. */
    readonly database?: string;
    readonly tls?: TrustedTls;
  };
  /** What bindings are told. */
  readonly advertise: { readonly host: string; readonly port: number; readonly tls?: TrustedTls };
}

export interface Limits {
  /** Bytes of a request body. */
  readonly requestBytes: number;
  /** Requests answered at once; more get 429. */
  readonly concurrentRequests: number;
  /** Operations that wait or run; more get 429. */
  readonly queuedOperations: number;
  /** Operations one process runs on one server at once. */
  readonly operationsPerServer: number;
  /** An operation that could not be done for so long has failed, seconds. */
  readonly giveUpAfterSeconds: number;
  /** A request with accepts_incomplete=true is answered 202 when its operation has not ended by then, milliseconds. */
  readonly asyncAfterMs: number;
  /** A bind or unbind without accepts_incomplete is waited for so long, milliseconds. */
  readonly syncWithinMs: number;
}
