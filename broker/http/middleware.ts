import { randomUUID } from 'node:crypto';
import express from 'express';
import { authenticateBasic } from '../../lib/osb/basic-auth.ts';
import { OsbError } from '../../lib/osb/errors.ts';
import {
  API_VERSION_HEADER,
  ORIGINATING_IDENTITY_HEADER,
  parseApiVersion,
  parseOriginatingIdentity,
  parseRequestIdentity,
  REQUEST_IDENTITY_HEADER,
} from '../../lib/osb/headers.ts';
import type { PlatformUser } from '../config/config.ts';
import type { Handler } from './request-facts.ts';

/** Steps every request goes through before its operation; app.ts puts them in order. Each throws its OsbError. */

/** Gives every request an identity, the platform's or one of ours, and sends it back. */
export const requestIdentity: Handler = (request, response, next) => {
  const identity = parseRequestIdentity(request.get(REQUEST_IDENTITY_HEADER)) ?? randomUUID();
  response.locals.requestIdentity = identity;
  response.set(REQUEST_IDENTITY_HEADER, identity);
  next();
};

/** Answers at most `limit` requests at once. The others have not been looked at when they are sent away. */
export function limitConcurrency(limit: number): Handler {
  let current = 0;
  return (_request, response, next) => {
    if (current >= limit) {
      throw new OsbError('TooManyRequests', 'Too many requests at once; try again later.', { retryAfterSeconds: 1 });
    }
    current += 1;
    response.once('close', () => {
      current -= 1;
    });
    next();
  };
}

/** Sends requests away until the store has been opened. */
export function requireStore(isOpen: () => boolean): Handler {
  return (_request, _response, next) => {
    if (!isOpen()) {
      throw new OsbError('Unavailable', 'The broker is starting: its store is not open yet.', { retryAfterSeconds: 2 });
    }
    next();
  };
}

/** HTTP basic authentication (spec.md "Platform to Service Broker Authentication"). */
export function authenticate(users: readonly PlatformUser[]): Handler {
  return (request, response, next) => {
    const user = authenticateBasic(request.get('Authorization'), users);
    if (user === undefined) {
      response.set('WWW-Authenticate', 'Basic realm="service broker", charset="UTF-8"');
      throw new OsbError('Unauthorized', 'The user name or password is missing or wrong.');
    }
    response.locals.platform = user.username;
    next();
  };
}

/** spec.md "API Version Header". */
export const requireApiVersion: Handler = (request, _response, next) => {
  parseApiVersion(request.get(API_VERSION_HEADER));
  next();
};

/** spec.md "Originating Identity"; what it says is recorded with the operation. */
export const readOriginatingIdentity: Handler = (request, response, next) => {
  response.locals.originatingIdentity = parseOriginatingIdentity(request.get(ORIGINATING_IDENTITY_HEADER));
  next();
};

/** spec.md "Content Type": a body without a type is taken for JSON. */
const requireJson: Handler = (request, _response, next) => {
  const type = request.get('Content-Type');
  if (type !== undefined && !/^application\/json\s*(;|$)/i.test(type)) {
    throw new OsbError('UnsupportedMediaType', 'The body must be JSON: send Content-Type: application/json.');
  }
  next();
};

/** Reads a JSON body of at most `limit` bytes. */
export function jsonBody(limit: number): Handler[] {
  return [requireJson, express.json({ limit, type: () => true, inflate: false }) as Handler];
}
