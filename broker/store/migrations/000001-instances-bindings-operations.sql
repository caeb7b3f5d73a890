-- One row an instance, from the intent to create it until its database is gone.
CREATE TABLE broker.instances (
  id text PRIMARY KEY,
  -- The scope the id belongs to (broker/scope.ts).
  platform text NOT NULL,
  cluster_id text NOT NULL,
  namespace text NOT NULL,
  service_id text NOT NULL,
  plan_id text NOT NULL,
  -- What the user gave, over all requests; and what holds, defaults included.
  given_parameters jsonb NOT NULL,
  version text NOT NULL,
  storage_gb integer NOT NULL,
  -- Of the plan, kept here because a plan may leave the configuration while its instances stay.
  connection_limit integer NOT NULL,
  -- Where the database is: a server of the configuration, and the name on it.
  server text NOT NULL,
  database_name text NOT NULL,
  -- What the server said it is when the database was made.
  product text,
  product_version text,
  state text NOT NULL CHECK (state IN ('creating', 'create-failed', 'ready', 'deleting', 'delete-failed')),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (server, database_name)
);

-- One row a binding, from the intent to create it until its login is gone.
CREATE TABLE broker.bindings (
  id text PRIMARY KEY,
  instance_id text NOT NULL REFERENCES broker.instances ON DELETE CASCADE,
  access text NOT NULL CHECK (access IN ('readwrite', 'readonly')),
  app_guid text,
  username text NOT NULL,
  -- label:nonce:ciphertext:tag (broker/store/cipher.ts).
  password text NOT NULL,
  state text NOT NULL CHECK (state IN ('creating', 'create-failed', 'ready', 'deleting', 'delete-failed')),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX bindings_of_instance ON broker.bindings (instance_id);

-- What has to be done, is being done and was done. Rows in progress are the queue.
CREATE TABLE broker.operations (
  id uuid PRIMARY KEY,
  sequence bigint GENERATED ALWAYS AS IDENTITY,
  kind text NOT NULL CHECK (kind IN ('provision', 'update', 'deprovision', 'bind', 'unbind')),
  -- No references: an operation is asked for after its instance or binding is gone.
  instance_id text NOT NULL,
  binding_id text,
  platform text NOT NULL,
  cluster_id text NOT NULL,
  namespace text NOT NULL,
  server text NOT NULL,
  -- What an update changes the instance to.
  target jsonb,
  state text NOT NULL DEFAULT 'in progress' CHECK (state IN ('in progress', 'succeeded', 'failed')),
  -- For the user.
  description text NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  run_after timestamptz NOT NULL DEFAULT now(),
  give_up_at timestamptz NOT NULL,
  -- Who works on it; the token grows with every lease, so that a worker that lost its lease cannot write.
  lease_holder text,
  lease_token integer NOT NULL DEFAULT 0,
  lease_until timestamptz,
  -- json and not jsonb: a platform's JSON may hold what jsonb refuses, such as \u0000.
  originating_identity json,
  request_identity text,
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  CHECK ((state = 'in progress') = (finished_at IS NULL))
);
CREATE INDEX operations_queue ON broker.operations (run_after) WHERE state = 'in progress';
CREATE INDEX operations_leased ON broker.operations (instance_id) WHERE lease_until IS NOT NULL;
CREATE INDEX operations_of_resource ON broker.operations (instance_id, binding_id, sequence DESC);
CREATE INDEX operations_finished ON broker.operations (finished_at) WHERE finished_at IS NOT NULL;
-- An instance has one operation at a time, and so has a binding.
CREATE UNIQUE INDEX operations_one_at_a_time ON broker.operations (instance_id, COALESCE(binding_id, ''))
  WHERE state = 'in progress';

-- A known text encrypted with each key, so that a key file with another key is noticed before it does harm.
CREATE TABLE broker.encryption_keys (
  label text PRIMARY KEY,
  canary text NOT NULL
);
