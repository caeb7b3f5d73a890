import type { IncomingMessage } from 'node:http';
import { parseDocument } from 'yaml';
import type { Document } from '../registry/decode.ts';
import { badRequest, tooLarge, unsupportedMediaType } from '../status.ts';
import { decodeProtobuf, PROTOBUF_TYPE } from './protobuf/envelope.ts';
import { scanJson } from './json-scan.ts';

/** The largest request body, bytes; the limit of a real API server. */
const MAX_BODY_BYTES = 3 * 1024 * 1024;

/** Aliases may be expanded so often; a few lines of YAML could fill the memory otherwise. */
const MAX_ALIASES = 100;

const JSON_TYPE = 'application/json';
const YAML_TYPES = ['application/yaml', 'application/x-yaml', 'text/yaml'];

/** The media type of the body without parameters, in lower case; JSON when none is named, as in Kubernetes. */
export function contentType(request: IncomingMessage): string {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';');
  return type.trim().toLowerCase() || JSON_TYPE;
}

/** The body of a request that carries an object. Throws 400, 413, 415. */
export async function readObjectBody(request: IncomingMessage): Promise<Document> {
  const type = contentType(request);
  if (type === PROTOBUF_TYPE) return { value: decodeProtobuf(await readBytes(request)), duplicates: [] };
  if (type !== JSON_TYPE && !YAML_TYPES.includes(type)) {
    throw unsupportedMediaType(
      `the body of the request was in an unknown format (${type}) - accepted media types include: application/json, application/yaml, ${PROTOBUF_TYPE}`,
    );
  }
  const text = await readText(request);
  return type === JSON_TYPE ? parseJson(text) : parseYaml(text);
}

/** The body of a patch, JSON whatever its media type. Throws 400, 413. */
export async function readPatchBody(request: IncomingMessage): Promise<Document> {
  return parseJson(await readText(request));
}

/** The options of a deletion; undefined when there is no body. Throws 400, 413, 415. */
export async function readOptionalBody(request: IncomingMessage): Promise<Document | undefined> {
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
  return hasBody ? readObjectBody(request) : undefined;
}

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  if (request.headers['content-encoding'] !== undefined)
    throw unsupportedMediaType('compressed request bodies are not supported; leave out Content-Encoding');
  const chunks: Buffer[] = [];
  checkSize(Number(request.headers['content-length'] ?? 0));
  let bytes = 0;
  // Leaving the loop early must not end the connection: the refusal still has to be sent on it.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    checkSize(bytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function checkSize(bytes: number): void {
  if (bytes > MAX_BODY_BYTES) throw tooLarge(`Request entity too large: limit is ${MAX_BODY_BYTES}`);
}

async function readText(request: IncomingMessage): Promise<string> {
  const bytes = await readBytes(request);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw badRequest('the body of the request is not valid UTF-8');
  }
}

function parseJson(text: string): Document {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, and that may be a password.
    throw badRequest('the body of the request is not valid JSON');
  }
  const { duplicates, inexact, tooDeep } = scanJson(text);
  if (tooDeep) throw badRequest('the body of the request is nested too deeply');
  if (inexact[0] !== undefined)
    throw badRequest(`the number ${inexact[0]} cannot be kept exactly; write it as a string, in quotes`);
  return { value, duplicates };
}

function parseYaml(text: string): Document {
  const documents = parseDocument(text, { uniqueKeys: true, intAsBigInt: true, logLevel: 'silent' });
  const duplicates: string[] = [];
  for (const error of documents.errors) {
    const line = error.linePos?.[0].line ?? 1;
    if (error.code === 'DUPLICATE_KEY') duplicates.push(`line ${line}`);
    else throw badRequest(`the body of the request is not valid YAML, line ${line}`);
  }
  let json: string;
  try {
    json = JSON.stringify(documents.toJS({ maxAliasCount: MAX_ALIASES }), plainNumber);
  } catch {
    throw badRequest(
      'the body of the request has YAML that is not supported: too many aliases, or a number that cannot be kept',
    );
  }
  return { ...parseJson(json), duplicates };
}

/** Integers come as bigint, so that those a double cannot hold are noticed. */
function plainNumber(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') {
    if (BigInt(Number(value)) !== value) throw new RangeError('inexact integer');
    return Number(value);
  }
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError('not a JSON number');
  return value;
}
