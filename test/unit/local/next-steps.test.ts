import { expect, test } from '@jest/globals';
import { nextSteps } from '../../../local/next-steps.ts';

const usual = { kubeconfig: '/src/.local/kubeconfig', kubeconfigIsDefault: true, quickstart: true, mysql: true };

test('what to try next fits what is there', () => {
  expect(nextSteps(usual)).toContain('npx svcat connect my-db-binding -n test-ns');
  expect(nextSteps({ ...usual, mysql: false })).not.toContain('my-db-binding');
  expect(nextSteps({ ...usual, quickstart: false })).toContain('kubectl apply -f examples/quickstart.yaml');
});

test('commands work where the state is elsewhere, also in a folder with a space', () => {
  const text = nextSteps({ ...usual, kubeconfig: "/tmp/my stack's/kubeconfig", kubeconfigIsDefault: false });
  expect(text).toContain(`export KUBECONFIG='/tmp/my stack'\\''s/kubeconfig'`);
  expect(text).toContain(`npx svcat --kubeconfig '/tmp/my stack'\\''s/kubeconfig' exec`);
});
