/** What the statements depend on. Read for each piece of work: servers are upgraded and rights change meanwhile. */
export interface Server {
  /** Such as 180004. */
  readonly versionNumber: number;
  readonly version: string;
  /** The administrator's role. */
  readonly admin: string;
  readonly superuser: boolean;
  readonly createdb: boolean;
  readonly createrole: boolean;
  /** False where template0 is not UTF-8; databases are then made with the C locale. */
  readonly templateIsUtf8: boolean;
}
