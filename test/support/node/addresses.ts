/** The node is alone in a network of its own, so none of these can be anybody else's. */
export const NODE_NAME = 'node-1';
export const NODE_ADDRESS = '192.168.111.1';
export const POD_RANGE = '10.244.0.0/24';
/** Of the Service of the cluster's DNS. */
export const DNS_ADDRESS = '10.96.0.10';
