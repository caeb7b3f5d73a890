import { ApiError } from '../status.ts';

/** How an answer is to look. */
export interface Representation {
  readonly format: 'json' | 'yaml';
  /** `Table` for kubectl get, `Partial` for the metadata alone, else the object. */
  readonly as: 'Object' | 'Table' | 'Partial';
}

interface MediaRange {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const FORMATS: Readonly<Record<string, Representation['format']>> = {
  'application/json': 'json',
  'application/*': 'json',
  '*/*': 'json',
  'application/yaml': 'yaml',
};

const TRANSFORMS: Readonly<Record<string, Representation['as']>> = {
  Table: 'Table',
  PartialObjectMetadata: 'Partial',
  PartialObjectMetadataList: 'Partial',
};

/** The first form of the Accept header this server has. Throws 406 when it has none of them. */
export function negotiate(accept: string | undefined): Representation {
  if (accept === undefined || accept.trim() === '') return { format: 'json', as: 'Object' };
  for (const range of accept.split(',').map(parseRange)) {
    const format = Object.hasOwn(FORMATS, range.type) ? FORMATS[range.type] : undefined;
    const as = range.parameters.get('as');
    if (format === undefined) continue;
    if (as === undefined) return { format, as: 'Object' };
    const known = range.parameters.get('g') === 'meta.k8s.io' && range.parameters.get('v') === 'v1';
    if (known && Object.hasOwn(TRANSFORMS, as)) return { format, as: TRANSFORMS[as] ?? 'Object' };
  }
  throw notAcceptable();
}

/** Whether a discovery client understands the aggregated document, which saves it a request for each group. */
export function acceptsAggregatedDiscovery(accept: string | undefined): boolean {
  return (accept ?? '').split(',').some((text) => {
    const { type, parameters } = parseRange(text);
    return (
      type === 'application/json' &&
      parameters.get('g') === 'apidiscovery.k8s.io' &&
      parameters.get('v') === 'v2' &&
      parameters.get('as') === 'APIGroupDiscoveryList'
    );
  });
}

function parseRange(text: string): MediaRange {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim());
  return {
    type: type.toLowerCase(),
    parameters: new Map(
      parameters.map((parameter) => {
        const [name = '', value = ''] = parameter.split('=');
        return [name, value];
      }),
    ),
  };
}

function notAcceptable(): ApiError {
  const message = 'only the following media types are accepted: application/json, application/yaml';
  return new ApiError(406, 'NotAcceptable', message);
}
