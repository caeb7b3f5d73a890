import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import type { IncomingMessage, RequestListener } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, expect, test } from '@jest/globals';
import { listen } from '../../../lib/runtime/http-server.ts';
import type { ListeningServer } from '../../../lib/runtime/http-server.ts';

const servers: ListeningServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close(0)));
});

const here: RequestListener = (_request, response) => response.end('here');

async function serve(host: string, handler = here): Promise<ListeningServer> {
  const server = await listen(handler, { host, port: 0 });
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

/** Asks on connections that are kept; answers what the server says of the connection. */
function asker(url: string): () => Promise<string | undefined> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return async () => {
    const sent = httpRequest(url, { agent, method: 'POST' });
    sent.end('x');
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    return response.headers.connection;
  };
}

test('before it closes, the answers on connections in use can be made their last', async () => {
  const server = await serve('127.0.0.1');
  const ask = asker(server.url);
  expect(await ask()).toBe('keep-alive');
  server.lastAnswers();
  expect(await ask()).toBe('close');
  expect(await ask()).toBe('close');
});

test('when it closes, who goes on asking on one connection gets an answer and then no connection, and is not cut off', async () => {
  let begun = (): void => undefined;
  const asked = new Promise<void>((resolve) => (begun = resolve));
  let answer = (): void => undefined;
  const server = await serve('127.0.0.1', (request, response) => {
    request.resume();
    answer = () => response.end('late');
    begun();
  });
  const ask = asker(server.url);
  const running = ask();
  await asked;
  // No answer for a minute: it is the last answer that lets it close.
  const closed = server.close(60_000);
  answer();
  expect(await running).toBe('close');
  await expect(ask()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await closed;
});

test('when it closes, an answer that has begun is ended by its handler and its connection by the server', async () => {
  let end = (): void => undefined;
  const server = await serve('127.0.0.1', (_request, response) => {
    response.write('begun');
    end = () => response.end();
  });
  const sent = httpRequest(server.url, { agent: new Agent({ keepAlive: true }) });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  const closed = server.close(60_000);
  end();
  await closed;
});

test('when it closes, a connection whose request does not come is closed at the deadline', async () => {
  const server = await serve('127.0.0.1');
  const socket = connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write('POST / HTTP/1.1\r\n');
  const ended = once(
    socket.on('error', () => undefined),
    'close',
  );
  await server.close(50);
  await ended;
});
