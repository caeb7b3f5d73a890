import { jest } from '@jest/globals';

// A bound for what hangs, not a claim about speed: the longest suite starts the whole stack anew within one test.
jest.setTimeout(300_000);
