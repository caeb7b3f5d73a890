import type { IncomingMessage, ServerResponse } from 'node:http';
import type { UserInfo } from '../../lib/catalog/admission.ts';
import type { Verb } from '../kinds/kind.ts';
import type { RegistryContext, Target, WriteRequest } from '../registry/context.ts';
import { createObject } from '../registry/create.ts';
import { deleteCollection } from '../registry/delete-collection.ts';
import { deleteObject } from '../registry/delete.ts';
import { getObject } from '../registry/get.ts';
import { listObjects } from '../registry/list.ts';
import { checkPatchType, patchObject } from '../registry/patch-object.ts';
import { replaceObject } from '../registry/update.ts';
import { watchObjects } from '../registry/watch.ts';
import { StoredObject } from '../storage/stored-object.ts';
import { contentType, readObjectBody, readOptionalBody, readPatchBody } from './body.ts';
import type { RequestMetrics } from './metrics.ts';
import { negotiate } from './negotiate.ts';
import {
  readDeleteOptions,
  readDryRun,
  readFieldValidation,
  readIncludeObject,
  readListRequest,
  readSelectors,
  readWatchRequest,
} from './query.ts';
import { encodeList, encodeObject } from './representation.ts';
import type { View } from './representation.ts';
import { addWarning, sendDocument } from './respond.ts';
import { sendWatch } from './watch-response.ts';

/** A request for a resource that exists, by a user who may make it. */
export interface ResourceRequest {
  readonly context: RegistryContext;
  readonly metrics: RequestMetrics;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly target: Target;
  readonly verb: Verb;
  readonly user: UserInfo;
  /** Aborts when the server stops and, for a watch, when the client is gone. */
  readonly signal: AbortSignal;
}

/** Reads what the verb wants from the request, does it, and sends the answer. Throws ApiError. */
export async function serveResource(resource: ResourceRequest): Promise<void> {
  const { context, request, query, target } = resource;
  const { kind } = target;
  const { accept } = request.headers;
  const { format, as } = negotiate(accept);
  const view: View = { kind, as, include: readIncludeObject(query), now: context.clock.now() };
  const send = (code: number, answer: StoredObject | object): void => {
    const json = answer instanceof StoredObject ? encodeObject(answer, view) : JSON.stringify(answer);
    sendDocument(resource.response, code, format, json);
  };
  switch (resource.verb) {
    case 'get':
      send(200, await getObject(context, target));
      break;
    case 'list': {
      const result = await listObjects(context, target, readListRequest(query, kind));
      sendDocument(resource.response, 200, format, encodeList(result, view));
      break;
    }
    case 'watch':
      await serveWatch(resource, view);
      break;
    case 'create': {
      const write = readWriteRequest(resource);
      send(201, await createObject(context, target, await readObjectBody(request), write));
      break;
    }
    case 'update': {
      const write = readWriteRequest(resource);
      send(200, await replaceObject(context, target, await readObjectBody(request), write));
      break;
    }
    case 'patch': {
      const write = readWriteRequest(resource);
      const type = contentType(request);
      checkPatchType(kind, type);
      send(200, await patchObject(context, target, type, await readPatchBody(request), write));
      break;
    }
    case 'delete': {
      const options = readDeleteOptions(query, await readOptionalBody(request));
      const write = { ...readWriteRequest(resource), dryRun: options.dryRun };
      send(200, await deleteObject(context, target, options, write));
      break;
    }
    case 'deletecollection': {
      const options = readDeleteOptions(query, await readOptionalBody(request));
      const write = { ...readWriteRequest(resource), dryRun: options.dryRun };
      const result = await deleteCollection(context, target, readSelectors(query, kind), options, write);
      sendDocument(resource.response, 200, format, encodeList(result, view));
      break;
    }
  }
}

function readWriteRequest({ query, response, user }: ResourceRequest): WriteRequest {
  const seen = new Set<string>();
  return {
    user,
    dryRun: query.has('dryRun') && readDryRun(query),
    fieldValidation: readFieldValidation(query),
    warn: (text) => {
      // A write that is tried again warns again.
      if (!seen.has(text)) addWarning(response, text);
      seen.add(text);
    },
  };
}

async function serveWatch(resource: ResourceRequest, view: View): Promise<void> {
  const { context, response, query, target, signal } = resource;
  const { kind } = target;
  const ended = resource.metrics.watchStarted(kind.resource.plural);
  try {
    const events = watchObjects(context, target, readWatchRequest(query, kind, signal));
    const encode = (stored: StoredObject): string => encodeObject(stored, { ...view, now: context.clock.now() });
    await sendWatch(response, kind, events, encode, signal);
  } finally {
    ended();
  }
}
