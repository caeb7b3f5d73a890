import { expect, test } from '@jest/globals';
import { onEngine, onEveryEngine } from './support/bench.ts';
import { connect } from './support/client.ts';
import { createRestrictedAdmin } from './support/restricted-admin.ts';

onEveryEngine('the preflight', (bench) => {
  test('finds a good server good, and names it', async () => {
    const report = await bench().engine.preflight();
    expect(report.server.product).toBe(bench().server.product);
    expect(report.server.version).toMatch(/^\d+\.\d+/);
    expect(report.findings.filter(({ severity }) => severity === 'fatal')).toEqual([]);
  });

  test('refuses a server without TLS where TLS is advertised', async () => {
    const engine = bench().engineAs(bench().server, { advertisedTls: true });
    const report = await engine.preflight();
    const names = report.findings.filter(({ severity }) => severity === 'fatal').map(({ name }) => name);
    expect(names).toEqual(report.tls ? [] : ['tls-absent']);
  });
});

onEngine('postgresql', false, 'the preflight (PostgreSQL)', (bench) => {
  test('closes the system databases to the public and leaves no probe behind', async () => {
    await bench().asRoot('GRANT CONNECT ON DATABASE postgres, template1 TO PUBLIC');
    const report = await bench().engine.preflight();
    const open = await bench().asRoot(
      `SELECT datname FROM pg_database WHERE datname IN ('postgres', 'template1')
          AND has_database_privilege('public', oid, 'CONNECT')`,
    );
    expect(open).toEqual([]);
    expect(report.findings.map(({ name }) => name)).not.toContain('session-role-unproven');
    expect(await bench().asRoot(`SELECT 1 FROM pg_roles WHERE rolname LIKE 'scprobe%'`)).toEqual([]);
  });

  test('names each right that the administrator lacks', async () => {
    const root = await connect('postgresql', bench().server, bench().server);
    for (const [right, name] of [
      ['CREATEDB', 'privilege-createdb'],
      ['CREATEROLE', 'privilege-createrole'],
    ] as const) {
      const admin = await createRestrictedAdmin('postgresql', root, 'PostgreSQL', { without: [right] });
      const engine = bench().engineAs(admin);
      const { findings } = await engine.preflight();
      const fatal = findings.filter(({ severity }) => severity === 'fatal');
      expect(fatal.map((finding) => finding.name)).toEqual([name]);
      expect(fatal[0]!.message).toContain(`ALTER ROLE ${admin.username} ${right}`);
      await engine.close();
      await admin.remove();
    }
    await root.close();
  });
});

onEngine('postgresql', true, 'the preflight for an administrator without superuser (PostgreSQL)', (bench) => {
  test('says what cannot be protected then', async () => {
    const { findings } = await bench().engine.preflight();
    const names = findings.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['large-objects-open', 'replication-slots']));
    expect(findings.find(({ name }) => name === 'large-objects-open')?.message).toMatch(/read-only/);
  });
});

onEngine('mysql', false, 'the preflight (MySQL)', (bench) => {
  test('names each right that the administrator lacks', async () => {
    const { server } = bench();
    const root = await connect('mysql', server, server);
    const modern = !server.version.startsWith('5.');
    const kill = server.product === 'MariaDB' ? 'CONNECTION ADMIN' : modern ? 'CONNECTION_ADMIN' : 'SUPER';
    for (const right of ['CREATE USER', 'PROCESS', 'TRIGGER', 'SELECT', kill]) {
      const admin = await createRestrictedAdmin('mysql', root, server.product, { without: [right] });
      const engine = bench().engineAs(admin);
      const { findings } = await engine.preflight();
      const fatal = findings.filter(({ severity }) => severity === 'fatal').map(({ name }) => name);
      expect(fatal).toContain(`privilege-${right.toLowerCase().replaceAll(/[ _]/g, '-')}`);
      await engine.close();
      await admin.remove();
    }
    await root.close();
  });
});
