import type { ServerResponse } from 'node:http';
import { stringify } from 'yaml';
import type { Representation } from './negotiate.ts';

const CONTENT_TYPES: Readonly<Record<Representation['format'], string>> = {
  json: 'application/json',
  yaml: 'application/yaml',
};

/** Sends a document that is already JSON text. */
export function sendJson(response: ServerResponse, code: number, json: string): void {
  send(response, code, 'application/json', json);
}

/** Sends a document in the form that was asked for. */
export function sendDocument(
  response: ServerResponse,
  code: number,
  format: Representation['format'],
  json: string,
): void {
  const text = format === 'json' ? json : stringify(JSON.parse(json));
  send(response, code, CONTENT_TYPES[format], text);
}

/** Sends the aggregated discovery document; clients tell it from the plain one by its type. */
export function sendAggregatedDiscovery(response: ServerResponse, json: string): void {
  send(response, 200, 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList', json);
}

export function sendBytes(response: ServerResponse, type: string, bytes: Buffer): void {
  send(response, 200, type, bytes);
}

export function sendText(response: ServerResponse, code: number, text: string): void {
  send(response, code, 'text/plain; charset=utf-8', text);
}

/** Warnings go into headers, which kubectl shows; they must be set before the answer is sent. */
export function addWarning(response: ServerResponse, text: string): void {
  const printable = text.replaceAll(/[^\x20-\x7e]/gu, '?').replaceAll(/["\\]/gu, '\\$&');
  response.appendHeader('Warning', `299 - "${printable.slice(0, 1000)}"`);
}

function send(response: ServerResponse, code: number, type: string, content: string | Buffer): void {
  const body = Buffer.from(content);
  response.writeHead(code, {
    'Content-Type': type,
    'Content-Length': body.length,
    // Secrets pass through here.
    'Cache-Control': 'no-cache, private',
  });
  response.end(body);
}
