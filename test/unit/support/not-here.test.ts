import { describe, expect, test } from '@jest/globals';
import { isRefusal } from '../../support/node/requirements.ts';
import { isUnreachable, NotHereError, whyNotHere } from '../../support/not-here.ts';

describe('what is NOT RUN', () => {
  test('is what this machine lacks', () => {
    expect(whyNotHere(new NotHereError('there is no Go'), 'linux')).toBe('there is no Go');
  });

  test('is never what broke on a machine that could run it', () => {
    const broken = new Error('go ended with 1: undefined: main.newRootCmd');
    expect(() => whyNotHere(broken, 'linux')).toThrow(broken);
  });

  test('is what is built for Linux, elsewhere', () => {
    expect(whyNotHere(new Error('cannot execute binary file'), 'darwin')).toBe('cannot execute binary file');
  });

  test.each([
    'Get "https://modules.example/x/@v/v1.0.0.zip": dial tcp: lookup modules.example: no such host',
    'reading https://modules.example/x/@v/v1.0.0.mod: 403 Forbidden',
    'proxyconnect tcp: dial tcp 192.0.2.1:3128: connect: connection refused',
    'module lookup disabled by GOPROXY=off',
  ])('is a build of Go modules that cannot be reached: %s', (output) => {
    expect(isUnreachable(output)).toBe(true);
  });

  test.each([
    'reading https://modules.example/x/@v/v9.9.9.mod: 404 Not Found',
    'verifying module: checksum mismatch',
    'missing go.sum entry for module providing package example.org/x',
    './main.go:3:1: syntax error: unexpected newline',
  ])('is no build that is wrong itself: %s', (output) => {
    expect(isUnreachable(output)).toBe(false);
  });

  test.each([
    'setpriv ended with 1: unshare: unshare failed: Operation not permitted',
    'setpriv ended with 2: RTNETLINK answers: Operation not supported',
    "EROFS: read-only file system, mkdir '/sys/fs/cgroup/x'",
    "EBUSY: resource busy or locked, write '/sys/fs/cgroup/cgroup.subtree_control'",
  ])('is a node where the kernel refuses what it takes: %s', (message) => {
    expect(isRefusal(message)).toBe(true);
  });

  test.each([
    'setpriv ended with 127: machine.sh: ipp: not found',
    'setpriv ended with 2: Syntax error: "fi" unexpected',
  ])('is no node whose scripts are wrong: %s', (message) => {
    expect(isRefusal(message)).toBe(false);
  });
});
