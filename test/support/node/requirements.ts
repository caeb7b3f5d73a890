import { access } from 'node:fs/promises';
import { toError } from '../../../lib/runtime/errors.ts';
import { lastLines, run } from '../../../local/processes/command.ts';

/** Why no node can run on this machine, as far as can be told before anything is fetched; undefined when one may. */
export async function whyNoNode(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'a kubelet runs on Linux';
  if (process.getuid?.() !== 0) return 'a kubelet needs root';
  const hasPackages = await access('/usr/bin/apt-get').then(
    () => true,
    () => false,
  );
  if (!hasPackages) return 'containerd is taken from the packages of Debian or Ubuntu, which this machine has not';
  try {
    const namespaces = ['--mount', '--net', '--pid', '--cgroup', '--uts', '--ipc', '--fork', '--mount-proc'];
    await run({ file: 'unshare', args: [...namespaces, 'mount', '-t', 'sysfs', 'sysfs', '/sys'] });
  } catch (thrown) {
    return `this machine allows no namespaces: ${lastLines(toError(thrown).message, 1)}`;
  }
  return undefined;
}

/** Whether a command failed because the kernel, or who confined us, refused something; not because it is wrong itself. */
export function isRefusal(message: string): boolean {
  const words =
    /Operation not permitted|Permission denied|Read-only file system|not supported|can't initialize iptables|Could not fetch rule set|Unknown device type|no control groups/i;
  const codes = /\b(?:EPERM|EACCES|EROFS|ENOTSUP|EBUSY|EINVAL)\b/;
  return words.test(message) || codes.test(message);
}

/** What a node does with the kernel and cannot do without: rules that translate addresses, links to pods. */
export const PROBE = [
  'sh',
  '-ec',
  `iptables -t nat -A POSTROUTING -m comment --comment probe -m mark --mark 1 -j MASQUERADE
   iptables -t nat -F POSTROUTING
   ip link add probe-a type veth peer name probe-b
   ip link delete probe-a`,
] as const;
