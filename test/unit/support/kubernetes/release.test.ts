import { describe, expect, test } from '@jest/globals';
import { isOlder, minorOf } from '../../../support/kubernetes/release.ts';

describe('versions of Kubernetes', () => {
  test('are compared by their minor release, as numbers', () => {
    expect(isOlder('v1.20.2', '1.25')).toBe(true);
    expect(isOlder('v1.9.0', '1.25')).toBe(true);
    expect(isOlder('v1.25.0', '1.25')).toBe(false);
    expect(isOlder('v1.34.4', 'v1.34.9')).toBe(false);
    expect(isOlder('v2.1.0', '1.25')).toBe(false);
    expect(isOlder('v1.99.0', 'v2.0.0')).toBe(true);
  });

  test('are refused when they are none', () => {
    expect(minorOf('v1.34.4-rc.1')).toBe('1.34');
    expect(() => minorOf('latest')).toThrow('"latest" is no version of Kubernetes');
  });
});
