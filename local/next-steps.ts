/** What the text names; commands are given so that they work from the checkout. */
export interface NextSteps {
  readonly kubeconfig: string;
  /** What was started or asked for, when it is not the default, so that `svcat` finds the same. */
  readonly kubeconfigIsDefault: boolean;
  /** Bindings of the quickstart that are there and can be used. */
  readonly bindings: readonly string[];
}

/** What to try next, printed when everything is ready. */
export function nextSteps(steps: NextSteps): string {
  const svcat = steps.kubeconfigIsDefault ? 'npx svcat' : `npx svcat --kubeconfig ${quote(steps.kubeconfig)}`;
  const lines = [
    '',
    'Try, in another terminal:',
    '',
    `  export KUBECONFIG=${quote(steps.kubeconfig)}`,
    '  kubectl get clusterserviceclasses,clusterserviceplans     # what can be ordered',
  ];
  const [first] = steps.bindings;
  if (first !== undefined) {
    lines.push(
      '  kubectl -n test-ns get serviceinstances,servicebindings   # what examples/quickstart.yaml ordered',
      `  ${svcat} exec ${steps.bindings.at(-1) ?? first} -n test-ns -- sh -c 'echo "$database on $host:$port"'`,
      `  ${svcat} connect ${first} -n test-ns`,
    );
  } else {
    lines.push('  kubectl apply -f examples/quickstart.yaml                 # two databases with credentials');
  }
  return [...lines, '', 'Ctrl-C stops everything; the data stays for the next start.'].join('\n');
}

/** As a word for a shell. */
function quote(word: string): string {
  return /^[\w./@:-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
