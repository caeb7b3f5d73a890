import { networkInterfaces } from 'node:os';
import { afterEach, expect, test } from '@jest/globals';
import { listen } from '../../../lib/runtime/http-server.ts';
import type { ListeningServer } from '../../../lib/runtime/http-server.ts';

const servers: ListeningServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close(0)));
});

async function serve(host: string): Promise<ListeningServer> {
  const server = await listen((_request, response) => response.end('here'), { host, port: 0 });
  servers.push(server);
  return server;
}

const answerOf = async (url: string): Promise<string> => (await fetch(url)).text();

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);

test('with an empty host it listens on every address of IPv4, and of IPv6 where there is one', async () => {
  const { port, url } = await serve('');
  expect(await answerOf(`http://127.0.0.1:${port}`)).toBe('here');
  if (hasIpv6) expect(await answerOf(`http://[::1]:${port}`)).toBe('here');
  expect(['http://[::]', 'http://0.0.0.0']).toContain(url.replace(/:\d+$/, ''));
});

test('its URL has the host that was asked for', async () => {
  const { port, url } = await serve('127.0.0.1');
  expect(url).toBe(`http://127.0.0.1:${port}`);
});
