import { readdir, rm } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../lib/runtime/clock.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { readJson, writePrivateFile } from '../home/private-files.ts';
import { asIdentity, isRunning, signalProcess } from './identity.ts';
import type { ProcessIdentity } from './identity.ts';
import { waitUntil } from './wait-until.ts';

/** A process that runs, as it is written down for the next start. */
export interface ProcessRecord extends ProcessIdentity {
  readonly name: string;
  readonly stopSignal: NodeJS.Signals;
}

/** How long a process of an earlier run may take to stop before it is killed, milliseconds. */
const STOP_MS = 15_000;

/** One small file for each running process, so that a start after a crash knows what is left of the last run. */
export class ProcessFiles {
  readonly #folder: string;
  readonly #clock: Clock;

  constructor(folder: string, clock: Clock = systemClock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  async add(record: ProcessRecord): Promise<void> {
    await writePrivateFile(this.#file(record.name), JSON.stringify(record));
  }

  async remove(name: string): Promise<void> {
    await rm(this.#file(name), { force: true });
  }

  /**
   * Ends what an earlier run left behind, in the order of `names`, what is not named last. Only a process whose start
   * time is the recorded one is touched: the number may belong to somebody else by now.
   */
  async endLeftovers(names: readonly string[]): Promise<readonly ProcessRecord[]> {
    const records = await this.#read();
    const rank = (record: ProcessRecord): number => {
      const index = names.indexOf(record.name);
      return index < 0 ? names.length : index;
    };
    const ended: ProcessRecord[] = [];
    for (const record of records.toSorted((one, other) => rank(one) - rank(other))) {
      if (await this.#end(record)) ended.push(record);
      await this.remove(record.name);
    }
    return ended;
  }

  async #end(record: ProcessRecord): Promise<boolean> {
    if (!(await signalProcess(record, record.stopSignal))) return false;
    const what = `the end of ${record.name} (process ${record.pid})`;
    const gone = async (): Promise<true | undefined> => ((await isRunning(record)) ? undefined : true);
    try {
      await waitUntil(gone, { what, timeoutMs: STOP_MS, clock: this.#clock });
    } catch {
      await signalProcess(record, 'SIGKILL');
      await waitUntil(gone, { what, timeoutMs: STOP_MS, clock: this.#clock });
    }
    return true;
  }

  async #read(): Promise<ProcessRecord[]> {
    const files = (await readdir(this.#folder).catch(() => [])).filter((file) => file.endsWith('.json'));
    const records = await Promise.all(
      files.map(async (file) => asRecord(file.slice(0, -'.json'.length), await readJson(join(this.#folder, file)))),
    );
    return records.filter((record) => record !== undefined);
  }

  #file(name: string): string {
    return join(this.#folder, `${name}.json`);
  }
}

/** A record that was damaged names nobody, and is written anew when its process starts. */
function asRecord(name: string, value: unknown): ProcessRecord | undefined {
  const identity = asIdentity(value);
  if (!identity || typeof value !== 'object' || value === null || !('stopSignal' in value)) return undefined;
  const stopSignal = value.stopSignal;
  return isSignal(stopSignal) ? { ...identity, name, stopSignal } : undefined;
}

const isSignal = (value: unknown): value is NodeJS.Signals =>
  typeof value === 'string' && Object.hasOwn(constants.signals, value);
