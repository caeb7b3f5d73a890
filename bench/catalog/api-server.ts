import type { RequestCounts } from './request-counts.ts';

/** An API server with our kinds, alone on this machine. */
export interface ApiServer {
  /** `embedded`, or the name and version of a real one. */
  readonly name: string;
  /** Who completes objects there; see the flag of the controllers. */
  readonly admission: 'apiserver' | 'webhook';
  /** Files; user and controllers are different users. */
  readonly userKubeconfig: string;
  readonly controllerKubeconfig: string;
  /** All requests to it that have been answered so far. */
  requests(): Promise<RequestCounts>;
  /** CPU time it and its storage have used so far, seconds. */
  cpuSeconds(): Promise<number>;
  stop(): Promise<void>;
}
