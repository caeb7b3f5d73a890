import { describe, expect, test } from '@jest/globals';
import type { Need } from '../../../../lib/catalog/admission.ts';
import type { KubeObject } from '../../../../lib/kube/objects.ts';
import { aBinding, admitted, anInstance, BINDINGS, decide, INSTANCES, refusal } from '../objects.ts';

const MOST = 65_536;
/** Parameters of so many bytes as JSON; each letter ä has two. */
const parameters = (bytes: number): object => ({ a: 'ä', junk: 'x'.repeat(bytes - '{"a":"ää","junk":""}'.length) });
const sources = (count: number): object[] =>
  Array.from({ length: count }, () => ({ secretKeyRef: { name: 'n'.repeat(200), key: 'key' } }));

describe.each([
  ['an instance', INSTANCES, anInstance as (spec: object) => KubeObject],
  ['a binding', BINDINGS, aBinding as (spec: object) => KubeObject],
])('the parameters of %s', (_what, resource, make) => {
  test('may have 64 KiB, and not a byte more, and nothing is looked up for what is refused', async () => {
    const asked: Need[] = [];
    admitted(await decide({}, { resource, object: make({ parameters: parameters(MOST) }) }));
    const refused = refusal(await decide({}, { resource, object: make({ parameters: parameters(MOST + 1) }) }, asked));
    expect(refused).toMatchObject({ code: 422, fields: ['spec.parameters'] });
    expect(refused.message).toContain('has 65537 bytes of JSON and may have at most 65536');
    expect(refused.message).toContain('put large values into a Secret and name it in spec.parametersFrom');
    expect(asked).toEqual([]);
  });

  test('cannot be made as large by a list of Secrets', async () => {
    const refused = refusal(await decide({}, { resource, object: make({ parametersFrom: sources(300) }) }));
    expect(refused).toMatchObject({ code: 422, fields: ['spec.parametersFrom'] });
  });

  test('that are stored and larger keep nobody from changing the rest', async () => {
    const oldObject = make({ externalID: 'id', secretName: 'secret', parameters: parameters(2 * MOST) });
    const object = { ...oldObject, metadata: { ...oldObject.metadata, annotations: { note: 'mine' } } };
    expect(admitted(await decide({}, { resource, object, oldObject })).metadata.annotations).toMatchObject({
      note: 'mine',
    });
  });
});

test('stored parameters of an instance that are too large cannot be made larger', async () => {
  const oldObject = anInstance({ parameters: parameters(2 * MOST) });
  const object = anInstance({ parameters: parameters(3 * MOST) });
  expect(refusal(await decide({}, { resource: INSTANCES, object, oldObject })).fields).toEqual(['spec.parameters']);
});

test('the transforms of a binding are bounded too', async () => {
  const secretTransforms = [{ addKey: { key: 'k', stringValue: 'x'.repeat(MOST) } }];
  const refused = refusal(await decide({}, { resource: BINDINGS, object: aBinding({ secretTransforms }) }));
  expect(refused).toMatchObject({ code: 422, fields: ['spec.secretTransforms'] });
});
