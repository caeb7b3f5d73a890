import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';

export type { Logger } from 'pino';

/**
 * Field names whose values never reach a log, at the top level and one or two levels down. A net below the rule that
 * nobody passes a credential to the log in the first place.
 */
const SECRET_FIELDS = [
  'password',
  'credentials',
  'uri',
  'jdbcUrl',
  'connectionString',
  'authorization',
  'token',
  'secret',
];

/** The log of one program: JSON lines on standard output, or on `destination`. */
export function createLogger(program: string, level = 'info', destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: { program },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), censor: '<redacted>' },
      formatters: { level: (label) => ({ level: label }) },
    },
    destination ?? pino.destination({ dest: 1, sync: true }),
  );
}

/** A log that goes nowhere, for tests and one-shot commands. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' });
}
