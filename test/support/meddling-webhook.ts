import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { KubeObject } from '../../lib/kube/objects.ts';
import { createCertificateAuthority, issueCertificate } from '../../lib/runtime/tls.ts';

/** Somebody else's mutating webhook, which patches every ServiceInstance. */
export interface MeddlingWebhook {
  /** What it patches from now on. */
  patch: readonly object[];
  /** How often it was asked. */
  readonly asked: number;
  /**
   * The object that makes an API server ask it. Its name decides whether it is asked before or after others; with
   * `insists` it is asked again when another one has changed the object after it.
   */
  configuration(name: string, options?: { readonly insists?: boolean }): KubeObject;
  stop(): Promise<void>;
}

/** Starts one on a free port of 127.0.0.1. */
export async function startMeddlingWebhook(): Promise<MeddlingWebhook> {
  const authority = await createCertificateAuthority('meddling authority');
  const { certificate: cert, privateKey: key } = await issueCertificate(authority, {
    commonName: 'meddler',
    ipAddresses: ['127.0.0.1'],
    server: true,
    days: 1,
  });
  let asked = 0;
  const server = createServer({ cert, key }, (request, response) => {
    void json(request).then((review) => {
      asked += 1;
      const { apiVersion, kind, request: question } = review as { request: { uid: string } } & Record<string, unknown>;
      const patch = Buffer.from(JSON.stringify(meddler.patch)).toString('base64');
      const answer = { uid: question.uid, allowed: true, patchType: 'JSONPatch', patch };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ apiVersion, kind, response: answer }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const meddler: MeddlingWebhook = {
    patch: [],
    get asked() {
      return asked;
    },
    configuration: (name, { insists = false } = {}) => {
      const rule = {
        apiGroups: ['servicecatalog.k8s.io'],
        apiVersions: ['v1beta1'],
        operations: ['CREATE', 'UPDATE'],
        resources: ['serviceinstances'],
      };
      const webhook = {
        name: 'meddler.example.com',
        admissionReviewVersions: ['v1'],
        rules: [rule],
        sideEffects: 'None',
        reinvocationPolicy: insists ? 'IfNeeded' : 'Never',
        clientConfig: {
          url: `https://127.0.0.1:${port}/`,
          caBundle: Buffer.from(authority.certificate).toString('base64'),
        },
      };
      const object = {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'MutatingWebhookConfiguration',
        metadata: { name },
        webhooks: [webhook],
      };
      return object;
    },
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
  return meddler;
}
