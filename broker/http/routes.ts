import {
  validateBindRequest,
  validateProvisionRequest,
  validateUpdateInstanceRequest,
} from '../../lib/osb/validate-request.ts';
import { bind } from '../operations/bind.ts';
import { fetchCatalog } from '../operations/catalog.ts';
import type { Answer, OperationContext } from '../operations/context.ts';
import { deprovision } from '../operations/deprovision.ts';
import { fetchBinding } from '../operations/fetch-binding.ts';
import { fetchInstance } from '../operations/fetch-instance.ts';
import { lastOperation } from '../operations/last-operation.ts';
import { provision } from '../operations/provision.ts';
import { unbind } from '../operations/unbind.ts';
import { updateInstance } from '../operations/update-instance.ts';
import type { Call } from './call.ts';

/** One line of the API: which requests it is, and the operation that answers them. */
export interface Route {
  readonly method: 'get' | 'put' | 'patch' | 'delete';
  readonly path: string;
  readonly answer: (context: OperationContext, call: Call) => Answer | Promise<Answer>;
}

const INSTANCE = '/v2/service_instances/:instance_id';
const BINDING = `${INSTANCE}/service_bindings/:binding_id`;

/** The whole Open Service Broker API, version 2.17. */
export const ROUTES: readonly Route[] = [
  { method: 'get', path: '/v2/catalog', answer: (context) => fetchCatalog(context) },
  {
    method: 'put',
    path: INSTANCE,
    answer: (context, call) => {
      const request = call.body(validateProvisionRequest);
      return provision(context, call.caller(request.context ?? {}), call.instanceId, request);
    },
  },
  {
    method: 'patch',
    path: INSTANCE,
    answer: (context, call) => {
      const request = call.body(validateUpdateInstanceRequest);
      return updateInstance(context, call.caller(request.context), call.instanceId, request);
    },
  },
  { method: 'get', path: INSTANCE, answer: (context, call) => fetchInstance(context, call.caller(), call.instanceId) },
  {
    method: 'delete',
    path: INSTANCE,
    answer: (context, call) => deprovision(context, call.caller(), call.instanceId, call.deletion),
  },
  {
    method: 'get',
    path: `${INSTANCE}/last_operation`,
    answer: (context, call) => lastOperation(context, call.caller(), call.instanceId, undefined, call.operation),
  },
  {
    method: 'put',
    path: BINDING,
    answer: (context, call) => {
      const request = call.body(validateBindRequest);
      return bind(context, call.caller(request.context), call.instanceId, call.bindingId, request);
    },
  },
  {
    method: 'get',
    path: BINDING,
    answer: (context, call) => fetchBinding(context, call.caller(), call.instanceId, call.bindingId),
  },
  {
    method: 'delete',
    path: BINDING,
    answer: (context, call) => unbind(context, call.caller(), call.instanceId, call.bindingId, call.deletion),
  },
  {
    method: 'get',
    path: `${BINDING}/last_operation`,
    answer: (context, call) => lastOperation(context, call.caller(), call.instanceId, call.bindingId, call.operation),
  },
];
