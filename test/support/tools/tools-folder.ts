import { homedir } from 'node:os';
import { cacheFolder } from '../../../local/cache-folder.ts';

/** Where programs that tests need are kept from one run to the next: below the user's cache folder. */
export function toolsFolder(): string {
  return cacheFolder(process.env, homedir());
}
