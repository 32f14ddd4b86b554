/**
 * A process that writes into a database until it is killed: in each transaction a row, and the sum of all rows. Says
 * each number once it is committed.
 */
import { writeSync } from 'node:fs'
import { systemClock } from '../clock.ts'
import { embeddedDatabases } from '../database.ts'

process.stdin.resume().once('end', () => process.exit(1))
const [folder = ''] = process.argv.slice(2)
writeSync(1, 'begun\n')
const database = await embeddedDatabases({ folder, clock: systemClock() }).open('main')
await database.script(`create table if not exists kept (n integer primary key, text text);
  create table if not exists sums (id integer primary key, sum bigint not null);
  insert into sums values (1, 0) on conflict do nothing`)
writeSync(1, 'ready\n')
for (;;) {
  const n = await database.transaction(async sql => {
    const { rows } = await sql.query('select coalesce(max(n), 0) + 1 as n from kept')
    await sql.query('insert into kept values ($1, $2)', [rows[0]?.n, 'x'.repeat((Number(rows[0]?.n) * 37) % 4_000)])
    await sql.query('update sums set sum = sum + $1', [rows[0]?.n])
    return rows[0]?.n
  })
  writeSync(1, `${n}\n`)
}
