import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { describeWithHelm } from './support/environment.ts';
import { chartFolder, CHARTS, render } from './support/helm.ts';
import type { ChartName } from './support/helm.ts';
import { podTemplates } from './support/pods.ts';

const NEEDED: Readonly<Record<ChartName, readonly string[]>> = {
  'service-catalog': [],
  'database-broker': ['--values', join(chartFolder('database-broker'), 'evaluation.yaml')],
};
const ALWAYS = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };

/** As whom the pods of the chart's own image run: one entry for each that differs. */
async function users(chart: ChartName, ...args: string[]): Promise<unknown[]> {
  const templates = podTemplates(await render(chart, [...NEEDED[chart], ...args]));
  const own = templates.filter(({ template }) =>
    template.spec.containers.some(({ name }) => ['controller', 'webhook', 'broker'].includes(name)),
  );
  const contexts = own.map(({ template }) => JSON.stringify(template.spec.securityContext));
  return [...new Set(contexts)].map((text) => JSON.parse(text) as unknown);
}

describeWithHelm('the users of pods', () => {
  describe.each(CHARTS)('of %s', (chart) => {
    test('are that of the image when nothing is said', async () => {
      expect(await users(chart)).toEqual([{ ...ALWAYS, runAsUser: 65532, runAsGroup: 65532, fsGroup: 65532 }]);
    });

    test('may be others', async () => {
      const set = 'podSecurityContext.runAsUser=2000,podSecurityContext.fsGroup=0';
      expect(await users(chart, '--set', set)).toEqual([{ ...ALWAYS, runAsUser: 2000, runAsGroup: 65532, fsGroup: 0 }]);
    });

    test('are left to the platform by null, but never root', async () => {
      const set = ['runAsUser', 'runAsGroup', 'fsGroup'].map((name) => `podSecurityContext.${name}=null`).join(',');
      expect(await users(chart, '--set', set)).toEqual([ALWAYS]);
      expect(await users(chart, '--set', 'podSecurityContext=null')).toEqual([ALWAYS]);
    });
  });
});
