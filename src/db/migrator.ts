import { readdir, readFile } from 'node:fs/promises'
import pg from 'pg'

/** What the migrator needs of a connection; it holds one for the whole run. */
export interface SqlRunner {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>
}

interface Migration {
  readonly number: number
  readonly name: string
  readonly sql: string
}

const MIGRATIONS_FOLDER = new URL('./migrations/', import.meta.url)
const FILE_PATTERN = /^(\d{4})_[a-z0-9_]+\.sql$/

export async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(MIGRATIONS_FOLDER)).filter((name) => FILE_PATTERN.test(name)).sort()
  return Promise.all(
    names.map(async (name) => ({ number: Number(name.slice(0, 4)), name, sql: await readFile(new URL(name, MIGRATIONS_FOLDER), 'utf8') })),
  )
}

/**
 * Brings `schema` to the newest version: all in one transaction, so that a kill leaves the old version; under an advisory lock, so
 * that two processes do not migrate at once. Returns the names that were applied. Throws what the driver throws.
 */
export async function migrate(client: SqlRunner, schema: string): Promise<string[]> {
  const migrations = await readMigrations()
  const newest = migrations.at(-1)?.number ?? 0
  await client.query('BEGIN')
  try {
    await client.query('SELECT pg_advisory_xact_lock(hashtext($1), hashtext($2))', ['homesec', schema])
    const found = await appliedVersion(client, schema)
    if (found > newest) throw new NewerDatabaseError(found, newest)
    const pending = migrations.filter((migration) => migration.number > found)
    if (pending.length > 0) await apply(client, pending)
    await client.query('COMMIT')
    return pending.map((migration) => migration.name)
  } catch (cause) {
    await client.query('ROLLBACK').catch(() => undefined) // the first failure is the one to report
    throw cause
  }
}

/** The database belongs to a newer HomeSec; writing into it could damage what that one knows. */
export class NewerDatabaseError extends Error {
  constructor(found: number, known: number) {
    super(`the database is at version ${found}, this HomeSec knows ${known}`)
  }
}

async function appliedVersion(client: SqlRunner, schema: string): Promise<number> {
  // CREATE SCHEMA IF NOT EXISTS asks for a privilege that an owner may have withdrawn after creating it.
  const schemas = await client.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema])
  if (schemas.rows.length === 0) await client.query(`CREATE SCHEMA ${pg.escapeIdentifier(schema)}`)
  await client.query(`SET LOCAL search_path = ${pg.escapeIdentifier(schema)}`)
  await client.query(
    `CREATE TABLE IF NOT EXISTS schema_migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TIMESTAMPTZ NOT NULL)`,
  )
  const { rows } = await client.query('SELECT coalesce(max(number), 0)::int AS number FROM schema_migrations')
  const row = rows[0]
  return typeof row === 'object' && row !== null && 'number' in row ? Number(row.number) : 0
}

async function apply(client: SqlRunner, pending: readonly Migration[]): Promise<void> {
  // Building an index over a large table outlasts the timeouts that protect ordinary calls.
  await client.query('SET LOCAL statement_timeout = 0')
  for (const migration of pending) {
    await client.query(migration.sql)
    await client.query('INSERT INTO schema_migrations (number, name, applied_at) VALUES ($1, $2, now())', [
      migration.number,
      migration.name,
    ])
  }
  await client.query(`COMMENT ON TABLE schema_migrations IS 'Which numbered migrations this schema has had.'`)
  await client.query(`COMMENT ON COLUMN schema_migrations.number IS 'Number of the migration file.'`)
  await client.query(`COMMENT ON COLUMN schema_migrations.name IS 'Name of the migration file.'`)
  await client.query(`COMMENT ON COLUMN schema_migrations.applied_at IS 'When it was applied.'`)
}
