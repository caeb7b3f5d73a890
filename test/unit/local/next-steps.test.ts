import { expect, test } from '@jest/globals';
import { nextSteps } from '../../../local/next-steps.ts';

const bindings = ['my-db-binding', 'my-pg-binding'];
const usual = { kubeconfig: '/src/.local/kubeconfig', kubeconfigIsDefault: true, bindings };

test('what to try next names only what is there', () => {
  expect(nextSteps(usual)).toContain('npx svcat connect my-db-binding -n test-ns');
  expect(nextSteps({ ...usual, bindings: ['my-pg-binding'] })).not.toContain('my-db-binding');
  expect(nextSteps({ ...usual, bindings: ['my-db-binding'] })).not.toContain('my-pg-binding');
  expect(nextSteps({ ...usual, bindings: [] })).toContain('kubectl apply -f examples/quickstart.yaml');
});

test('commands work where the state is elsewhere, also in a folder with a space', () => {
  const text = nextSteps({ ...usual, kubeconfig: "/tmp/my stack's/kubeconfig", kubeconfigIsDefault: false });
  expect(text).toContain(`export KUBECONFIG='/tmp/my stack'\\''s/kubeconfig'`);
  expect(text).toContain(`npx svcat --kubeconfig '/tmp/my stack'\\''s/kubeconfig' exec`);
});
