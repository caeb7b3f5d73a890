import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { provideKubernetes } from '../../../support/kubernetes/programs.ts';
import type { ProvideOptions } from '../../../support/kubernetes/programs.ts';
import { CONTROL_PLANE, PROGRAMS } from '../../../support/kubernetes/release.ts';
import type { KubernetesSource, ProgramName, Release } from '../../../support/kubernetes/release.ts';

interface Behaviour {
  readonly version: string;
  /** Is there already, can be had, or cannot. */
  readonly state: 'there' | 'to be had' | 'out of reach';
  readonly programs?: readonly ProgramName[];
  readonly lastResort?: boolean;
}

/** Sources that note what they were asked for. */
class Sources {
  readonly asked: string[] = [];
  readonly list: KubernetesSource[] = [];

  add(name: string, { version, state, programs = PROGRAMS, lastResort = false }: Behaviour): this {
    const release: Release = {
      version,
      programs: new Map(programs.map((program) => [program, `/${name}/${program}`])),
      etcd: `/${name}/etcd`,
    };
    this.list.push({
      name,
      description: `from ${name}`,
      version,
      lastResort,
      ...(lastResort ? { programs } : {}),
      find: () => {
        this.asked.push(`find ${name}`);
        return Promise.resolve(state === 'there' ? release : undefined);
      },
      provide: () => {
        this.asked.push(`provide ${name}`);
        return state === 'out of reach' ? Promise.reject(new Error('no way there')) : Promise.resolve(release);
      },
    });
    return this;
  }

  provide(options: ProvideOptions = {}) {
    return provideKubernetes({ say: () => undefined, ...options, sources: this.list });
  }
}

const old = { version: 'v1.20.2', lastResort: true, programs: CONTROL_PLANE } as const;

describe('where Kubernetes is taken from', () => {
  const VARIABLE = 'SC_TEST_KUBERNETES';
  const before = process.env[VARIABLE];
  beforeEach(() => {
    process.env[VARIABLE] = '';
  });
  afterEach(() => {
    if (before === undefined) Reflect.deleteProperty(process.env, VARIABLE);
    else process.env[VARIABLE] = before;
  });

  test('what is there goes before what must be fetched, and the first source before the second', async () => {
    const sources = new Sources()
      .add('first', { version: 'v1.34.4', state: 'to be had' })
      .add('second', { version: 'v1.34.4', state: 'there' });
    expect((await sources.provide()).source).toBe('from second');
    expect(sources.asked).toEqual(['find first', 'find second']);
  });

  test('a last resort is left alone, even when it is there, while another can be had', async () => {
    const sources = new Sources().add('old', { ...old, state: 'there' });
    sources.add('modules', { version: 'v1.34.4', state: 'to be had' });
    expect((await sources.provide()).version).toBe('v1.34.4');
    expect(sources.asked).toEqual(['find modules', 'provide modules']);
  });

  test('a last resort is taken when nothing else can be had', async () => {
    const sources = new Sources()
      .add('modules', { version: 'v1.34.4', state: 'out of reach' })
      .add('old', { ...old, state: 'to be had' });
    const programs = await sources.provide();
    expect(programs.version).toBe('v1.20.2');
    expect(programs.file('kube-apiserver')).toBe('/old/kube-apiserver');
    expect(sources.asked).toEqual(['find modules', 'provide modules', 'find old', 'provide old']);
  });

  test('a source that is named is the only one that is asked', async () => {
    process.env[VARIABLE] = 'old';
    const sources = new Sources()
      .add('modules', { version: 'v1.34.4', state: 'there' })
      .add('old', { ...old, state: 'to be had' });
    expect((await sources.provide()).version).toBe('v1.20.2');
    expect(sources.asked).toEqual(['find old', 'provide old']);
    process.env[VARIABLE] = 'other';
    await expect(sources.provide()).rejects.toThrow('SC_TEST_KUBERNETES is "other"; it must be one of modules, old');
  });

  test('what is too old, or lacks a program, is not built in vain, and the error says so', async () => {
    const sources = new Sources()
      .add('modules', { version: 'v1.34.4', state: 'out of reach' })
      .add('old', { ...old, state: 'to be had' });
    await expect(sources.provide({ oldest: '1.25' })).rejects.toThrow(
      'no Kubernetes can be had for tests (modules: no way there; old: it is Kubernetes v1.20.2, and 1.25 or later is wanted)',
    );
    await expect(sources.provide({ programs: ['kubelet'] })).rejects.toThrow('old: it has no kubelet');
    expect(sources.asked).not.toContain('provide old');
  });

  test('what a source lacks is taken from another of the same minor release', async () => {
    const sources = new Sources()
      .add('published', { version: 'v1.34.1', state: 'to be had', programs: ['kube-apiserver'] })
      .add('modules', { version: 'v1.34.4', state: 'to be had' });
    const programs = await sources.provide();
    expect(programs.version).toBe('v1.34.1');
    expect(programs.file('kube-controller-manager')).toBe('/modules/kube-controller-manager');
    expect(programs.source).toBe('from published; kube-controller-manager from modules');
  });
});
