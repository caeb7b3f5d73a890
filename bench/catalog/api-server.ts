import type { RequestCounts } from './request-counts.ts';

/** An API server with our kinds, alone on this machine. */
export interface ApiServer {
  /** `embedded`, or the name and version of a real one. */
  readonly name: string;
  /** Flags of controllers that depend on it. */
  readonly controllerFlags: readonly string[];
  /** Files; user and controllers are different users. */
  readonly userKubeconfig: string;
  readonly controllerKubeconfig: string;
  /**
   * Has objects admitted, or stored as they come. Absent where whoever works by hand cannot do without admission: it is
   * part of the server.
   */
  readonly admit?: (on: boolean) => Promise<void>;
  /** All requests to it that have been answered so far. */
  requests(): Promise<RequestCounts>;
  /** CPU time it and its storage have used so far, seconds. */
  cpuSeconds(): Promise<number>;
  stop(): Promise<void>;
}
