import type { ModelApiServer } from './model-api-server.ts';
import type { ModelBroker } from './model-broker.ts';
import type { ModelProcess } from './model-process.ts';

/** What a pass sees and works on. */
export interface Surroundings {
  readonly api: ModelApiServer;
  readonly broker: ModelBroker;
  readonly process: ModelProcess;
  readonly classExists: boolean;
  /** Whether the broker hands out the credentials of a binding again. */
  readonly retrievable: boolean;
  readonly brokerObject: 'present' | 'deleting' | 'gone';
}
