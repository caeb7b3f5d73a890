import { expect, test } from '@jest/globals';
import { describeWithHelm } from './support/environment.ts';
import { NAMESPACE, only, render, valueSetFile } from './support/helm.ts';
import type { RenderedObject } from './support/helm.ts';
import { podTemplates } from './support/pods.ts';

interface Certificate {
  readonly secretName: string;
  readonly isCA?: boolean;
  readonly duration: string;
  readonly renewBefore?: string;
  readonly dnsNames?: readonly string[];
  readonly privateKey?: { readonly rotationPolicy: string };
  readonly issuerRef: { readonly kind: string; readonly name: string };
}

const certificate = (objects: readonly RenderedObject[], name: string): Certificate =>
  only(objects, 'Certificate', name)['spec'] as Certificate;
const issuer = (objects: readonly RenderedObject[], name: string): unknown => only(objects, 'Issuer', name)['spec'];
const hours = (text = ''): number => Number(text.replace(/h$/, ''));

/** The Certificate whose authority the API server is told to trust. */
function trusted(objects: readonly RenderedObject[]): string[] {
  return ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'].map((kind) => {
    const { metadata, webhooks } = only(objects, kind) as RenderedObject & { webhooks: { clientConfig: object }[] };
    for (const { clientConfig } of webhooks) expect(clientConfig).not.toHaveProperty('caBundle');
    return metadata.annotations?.['cert-manager.io/inject-ca-from'] ?? '';
  });
}

/** The Secrets that the webhook's pods mount. */
const mounted = (objects: readonly RenderedObject[]): unknown[] =>
  podTemplates(objects)
    .filter(({ name }) => name === 'service-catalog-webhook')
    .flatMap(({ template }) => template.spec.volumes.filter(({ name }) => name === 'tls'));

describeWithHelm('a certificate of the webhook by cert-manager', () => {
  const rendered = (set: string): Promise<RenderedObject[]> =>
    render('service-catalog', ['--values', valueSetFile('service-catalog', set)]);

  test('is signed by an authority that lives on when it is renewed, and the API server trusts that', async () => {
    const objects = await rendered('cert-manager-self-signed');
    expect(trusted(objects)).toEqual(Array(2).fill(`${NAMESPACE}/service-catalog-webhook`));
    const leaf = certificate(objects, 'service-catalog-webhook');
    expect(leaf.dnsNames).toContain(`service-catalog-webhook.${NAMESPACE}.svc`);
    expect(leaf.isCA).toBeUndefined();
    expect(mounted(objects)).toMatchObject([{ secret: { secretName: leaf.secretName } }]);

    expect(leaf.issuerRef.kind).toBe('Issuer');
    expect(issuer(objects, leaf.issuerRef.name)).toEqual({ ca: { secretName: 'service-catalog-webhook-ca' } });
    const authority = certificate(objects, 'service-catalog-webhook-ca');
    expect(authority).toMatchObject({
      isCA: true,
      secretName: 'service-catalog-webhook-ca',
      privateKey: { rotationPolicy: 'Never' },
    });
    expect(issuer(objects, authority.issuerRef.name)).toEqual({ selfSigned: {} });
    // What it signed last has ended before it ends itself.
    expect(hours(authority.renewBefore)).toBeGreaterThan(hours(leaf.duration));
    expect(hours(authority.duration)).toBeGreaterThan(5 * 365 * 24);
  });

  test('is signed by the issuer of the user, where there is one, and the chart makes none', async () => {
    const objects = await rendered('cert-manager');
    expect(trusted(objects)).toEqual(Array(2).fill(`${NAMESPACE}/service-catalog-webhook`));
    expect(objects.filter(({ kind }) => kind === 'Issuer')).toEqual([]);
    expect(objects.filter(({ kind }) => kind === 'Certificate')).toHaveLength(1);
    const leaf = certificate(objects, 'service-catalog-webhook');
    expect(leaf.issuerRef).toEqual({ group: 'cert-manager.io', kind: 'ClusterIssuer', name: 'company' });
    expect(mounted(objects)).toMatchObject([{ secret: { secretName: leaf.secretName } }]);
  });
});
