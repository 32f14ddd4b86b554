/**
 * The schema: what is kept where, and how it comes about. One PostgreSQL schema holds one plan; a lock lets one process
 * at a time make or change it, and a program older than the schema is refused.
 *
 *   groundplan_items    every item, one partition for each table of the plan, which has the table's own name
 *   groundplan_entries  where items stand in indexes
 *   groundplan_messages what waits or is leased; groundplan_dead what was buried; groundplan_sent ids of late
 *   groundplan_changes  what was changed of late in tables that somebody watches
 *   groundplan_commits  which commits were kept, for as long as somebody might ask after a lost connection
 *   groundplan_life     which life of the server this is: between two crashes
 *
 * Keys are `bytea`: compared byte by byte, as texts COLLATE "C" are, and able to hold U+0000, which texts are not.
 */
import { fault, limits } from 'groundplan/driver'

/** Counts up with each change of the schema. */
export const schemaVersion = 5

/** A name in SQL, whatever it is. Faults: `plan-invalid` where PostgreSQL would cut it. */
export function quoted(name: string): string {
  if (Buffer.byteLength(name) > 63) throw fault('plan-invalid', `PostgreSQL takes names of 63 bytes, not "${name}"`)
  if (name === '' || name.includes('\0'))
    throw fault('plan-invalid', 'a name in PostgreSQL is neither empty nor with U+0000')
  return `"${name.replaceAll('"', '""')}"`
}

/**
 * The quoted name of the schema that holds a plan. It stands in texts within functions too, so it is a plain word.
 * Faults: `plan-invalid`.
 */
export function quotedSchema(name: string): string {
  if (/^[a-z0-9_-]+$/i.test(name)) return quoted(name)
  throw fault('plan-invalid', `the name of a schema has letters, digits, "-" and "_", not "${name}"`)
}

/** The steps from each version to the next: statements of one transaction. `s`: the quoted schema. */
export const steps: readonly ((s: string) => string)[] = [
  s => tables(s) + queues(s) + time(s),
  s => editions(s) + changes(s) + apply(s),
  s => lives(s) + claims(s) + apply(s),
  s => leases(s) + apply(s),
  s => crashes(s) + apply(s),
]

function tables(s: string): string {
  return `
create table ${s}.groundplan_tables (
  id smallint generated always as identity primary key,
  name text collate "C" not null unique,
  key jsonb not null
);
create table ${s}.groundplan_indexes (
  id smallint generated always as identity primary key,
  tbl smallint not null references ${s}.groundplan_tables,
  name text collate "C" not null,
  key jsonb not null,
  unique (tbl, name)
);
create sequence ${s}.groundplan_revisions cache 64;
create table ${s}.groundplan_items (
  tbl smallint not null,
  p bytea not null,
  s bytea not null,
  rev bigint not null,
  expires_at_ms bigint,
  item json not null,
  primary key (p, s, tbl)
) partition by list (tbl);
create index groundplan_expiring on ${s}.groundplan_items (tbl, expires_at_ms) where expires_at_ms is not null;
create table ${s}.groundplan_entries (
  idx smallint not null,
  ip bytea not null,
  isort bytea not null,
  p bytea not null,
  s bytea not null,
  primary key (idx, ip, isort, p, s)
);
create table ${s}.groundplan_commits (id uuid primary key, at_ms bigint not null) with (${churning});
create index groundplan_commits_at on ${s}.groundplan_commits (at_ms);
create table ${s}.groundplan_vault (
  name text collate "C" primary key,
  version integer not null,
  changed_at_ms bigint not null,
  sealed text not null
);
`
}

function queues(s: string): string {
  return `
create table ${s}.groundplan_queues (
  id smallint generated always as identity primary key,
  name text collate "C" not null unique,
  ordered boolean not null
);
create table ${s}.groundplan_messages (
  seq bigint generated always as identity primary key,
  queue smallint not null,
  id text not null,
  body text not null,
  order_key text,
  order_hash bigint,
  headers text not null,
  sent_at_ms bigint not null,
  at_ms bigint not null,
  attempt integer not null default 0,
  lease bigint
) with (${churning});
create index groundplan_messages_due on ${s}.groundplan_messages (queue, at_ms, seq);
create index groundplan_messages_order on ${s}.groundplan_messages (queue, order_hash, seq) where order_hash is not null;
create sequence ${s}.groundplan_leases cache 256;
create table ${s}.groundplan_sent (
  queue smallint not null,
  id uuid not null,
  until_ms bigint not null,
  primary key (queue, id)
) with (${churning});
create index groundplan_sent_until on ${s}.groundplan_sent (until_ms);
create table ${s}.groundplan_dead (
  position bigint generated always as identity primary key,
  queue smallint not null,
  id text not null,
  body text not null,
  order_key text,
  order_hash bigint,
  headers text not null,
  sent_at_ms bigint not null,
  attempt integer not null,
  buried_at_ms bigint not null,
  why text not null
);
create index groundplan_dead_order on ${s}.groundplan_dead (queue, position);
`
}

/**
 * Indexes come while processes run: a commit says by which edition of the catalogue it was decided, and is refused (GP002)
 * where another one holds. `filled_p`, `filled_s`: up to where an index that is not filled yet has been.
 */
function editions(s: string): string {
  return `
alter table ${s}.groundplan_schema add column edition integer not null default 1;
alter table ${s}.groundplan_indexes
  add column filled boolean not null default true, add column filled_p bytea, add column filled_s bytea;
`
}

function changes(s: string): string {
  return `
create table ${s}.groundplan_changes (
  seq bigint generated always as identity,
  xid xid8 not null default pg_current_xact_id(),
  at_ms bigint not null,
  tbl smallint not null,
  change text not null,
  primary key (xid, seq)
) with (${churning});
create index groundplan_changes_at on ${s}.groundplan_changes (at_ms);
`
}

/**
 * After a crash the server gives numbers of transactions anew that nobody had flushed, though others had seen them: of two
 * snapshots on either side of a crash the earlier one says nothing of the later one's transactions. So each change notes the
 * life it was made in. What is not logged is emptied by a crash, and by a failover; whoever finds it empty begins a new life.
 */
function lives(s: string): string {
  return `
create sequence ${s}.groundplan_lives;
create unlogged table ${s}.groundplan_life (
  only_one boolean primary key default true check (only_one),
  life bigint not null default nextval('${s}.groundplan_lives')
);
alter table ${s}.groundplan_changes add column life bigint;
`
}

/** Who claims the id of a commit whose answer was lost may have to ask again, and must know its own claim. */
function claims(s: string): string {
  return `
alter table ${s}.groundplan_commits add column claim uuid;
drop sequence ${s}.groundplan_leases;
`
}

/**
 * The end of a lease has a column that no index has, and pages keep room for the leased version of each of their rows: so a
 * lease touches the row's page alone. Before, it was the time in the index of what is due that changed. That column has another name
 * now, since a program of the version before would take what is leased for due: it fails instead, and sends on.
 */
function leases(s: string): string {
  return `
alter table ${s}.groundplan_messages rename column at_ms to due_at_ms;
alter table ${s}.groundplan_messages add column until_ms bigint;
alter table ${s}.groundplan_messages set (fillfactor = 45);
update ${s}.groundplan_messages set until_ms = due_at_ms where lease is not null;
`
}

/**
 * A sequence, too, may begin anew after a crash: a revision that somebody has read of what was lost then would be another item's
 * state. So revisions are drawn by chance (see `anyRevision`). And a life tells when it began, for processes that come after a crash.
 */
function crashes(s: string): string {
  return `
drop sequence ${s}.groundplan_revisions;
alter table ${s}.groundplan_life add column begun_at_ms bigint not null default 0;
alter table ${s}.groundplan_life alter column begun_at_ms set default ${s}.groundplan_now();
insert into ${s}.groundplan_life (begun_at_ms) values (0) on conflict do nothing;
`
}

/** 52 bits, never 0, which stands for an absent item. */
const anyRevision = '1 + floor(random() * 4503599627370496)::bigint'

/** Rows come and go: what is dead is taken away early, long before a fifth of the table is. */
const churning = `fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000,
  autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0.1`

/** The engine's clock, for everything that leases, expires or becomes due. Tests put another in its place. */
function time(s: string): string {
  return `
create function ${s}.groundplan_now() returns bigint language sql stable parallel safe
  return floor(extract(epoch from statement_timestamp()) * 1000)::bigint;
`
}

/**
 * One commit of any number of writes and messages, all or nothing. Every row that the decision was made by is locked, in
 * the order of the keys, and must be of the revision that was read (0: absent); otherwise GP001, and nothing is kept.
 * Absence is held on to by the primary key: a row that must not be there is inserted, and removed again at the end.
 * Acts: k keep, r remove, c check. Messages of one order key take their place in the order of their commits, by a lock.
 */
function apply(s: string): string {
  return `
drop function if exists ${s}.groundplan_apply;
create function ${s}.groundplan_apply(
  commit_id uuid, durable boolean,
  tbls smallint[], ps bytea[], ss bytea[], revs bigint[], acts text[], expiries bigint[], items text[],
  entry_acts text[], idxs smallint[], ips bytea[], isorts bytea[], eps bytea[], ess bytea[],
  queues smallint[], ids text[], id_hashes uuid[], bodies text[], order_keys text[], order_hashes bigint[],
  headerss text[], dues bigint[], decided_by integer, told_tables smallint[], tolds text[]
) returns void language plpgsql as $$
declare
  wanted bigint;
  found bigint;
  fresh_queues smallint[];
  fresh_ids uuid[];
begin
  select edition into found from ${s}.groundplan_schema;
  if found <> decided_by then
    raise exception 'the catalogue has changed' using errcode = 'GP002';
  end if;
  if not durable then perform set_config('synchronous_commit', 'off', true); end if;
  insert into ${s}.groundplan_commits values (commit_id, ${s}.groundplan_now());
  ${applyItems(s)}
  ${applyEntries(s)}
  ${applyMessages(s)}
  if cardinality(told_tables) > 0 then
    ${begunLife(s)}
    insert into ${s}.groundplan_changes (at_ms, life, tbl, change)
      select ${s}.groundplan_now(), (select life from ${s}.groundplan_life), u.tbl, u.change from unnest(told_tables, tolds) with ordinality as u (tbl, change, place)
      order by u.place;
  end if;
end
$$;
`
}

/** The number of a new life is on the disk before anybody sees it, or the next one might get it again. */
function begunLife(s: string): string {
  return `if not exists (select from ${s}.groundplan_life) then
      insert into ${s}.groundplan_life default values on conflict do nothing;
      perform set_config('synchronous_commit', 'on', true);
    end if;`
}

function applyItems(s: string): string {
  return `if cardinality(tbls) > 0 then
    select count(*) filter (where rev <> 0) into wanted from unnest(revs) as r (rev);
    if wanted > 0 then
      perform 1 from ${s}.groundplan_items i
        join unnest(tbls, ps, ss, revs) as u (tbl, p, s, rev) on i.tbl = u.tbl and i.p = u.p and i.s = u.s
        where u.rev <> 0 and i.rev = u.rev order by i.tbl, i.p, i.s for update of i;
      get diagnostics found = row_count;
      if found <> wanted then raise exception 'conflict' using errcode = 'GP001'; end if;
    end if;
    if wanted < cardinality(tbls) then
      wanted := cardinality(tbls) - wanted;
      insert into ${s}.groundplan_items (tbl, p, s, rev, expires_at_ms, item)
        select u.tbl, u.p, u.s, ${anyRevision}, u.expires_at_ms, coalesce(u.item, 'null')::json
        from unnest(tbls, ps, ss, revs, expiries, items) as u (tbl, p, s, rev, expires_at_ms, item)
        where u.rev = 0 order by u.tbl, u.p, u.s on conflict do nothing;
      get diagnostics found = row_count;
      if found <> wanted then raise exception 'conflict' using errcode = 'GP001'; end if;
    end if;
    update ${s}.groundplan_items i
      set rev = ${anyRevision}, expires_at_ms = u.expires_at_ms, item = u.item::json
      from unnest(tbls, ps, ss, revs, acts, expiries, items) as u (tbl, p, s, rev, act, expires_at_ms, item)
      where i.tbl = u.tbl and i.p = u.p and i.s = u.s and u.rev <> 0 and u.act = 'k';
    if 'r' = any (acts) or 'c' = any (acts) then
      delete from ${s}.groundplan_items i using unnest(tbls, ps, ss, revs, acts) as u (tbl, p, s, rev, act)
        where i.tbl = u.tbl and i.p = u.p and i.s = u.s and (u.act = 'r' or (u.act = 'c' and u.rev = 0));
    end if;
  end if;`
}

function applyEntries(s: string): string {
  return `if cardinality(idxs) > 0 then
    delete from ${s}.groundplan_entries e
      using unnest(entry_acts, idxs, ips, isorts, eps, ess) as u (act, idx, ip, isort, p, s)
      where e.idx = u.idx and e.ip = u.ip and e.isort = u.isort and e.p = u.p and e.s = u.s and u.act = 'r';
    insert into ${s}.groundplan_entries (idx, ip, isort, p, s)
      select u.idx, u.ip, u.isort, u.p, u.s
      from unnest(entry_acts, idxs, ips, isorts, eps, ess) as u (act, idx, ip, isort, p, s)
      where u.act = 'k' on conflict do nothing;
  end if;`
}

function applyMessages(s: string): string {
  return `if cardinality(queues) > 0 then
    perform pg_advisory_xact_lock(hash) from
      (select distinct hash from unnest(order_hashes) as h (hash) where hash is not null order by hash) as sorted;
    with fresh as (
      insert into ${s}.groundplan_sent as known (queue, id, until_ms)
        select u.queue, u.id_hash, ${s}.groundplan_now() + ${limits.deduplicationMs}
        from unnest(queues, id_hashes) as u (queue, id_hash) order by u.queue, u.id_hash
        on conflict (queue, id) do update set until_ms = excluded.until_ms
          where known.until_ms <= ${s}.groundplan_now()
        returning queue, id
    ) select array_agg(queue), array_agg(id) into fresh_queues, fresh_ids from fresh;
    insert into ${s}.groundplan_messages (queue, id, body, order_key, order_hash, headers, sent_at_ms, due_at_ms)
      select u.queue, u.id, u.body, u.order_key, u.order_hash, u.headers, ${s}.groundplan_now(),
        greatest(${s}.groundplan_now(), u.due_at_ms)
      from unnest(queues, ids, id_hashes, bodies, order_keys, order_hashes, headerss, dues)
        with ordinality as u (queue, id, id_hash, body, order_key, order_hash, headers, due_at_ms, place)
      where coalesce(cardinality(fresh_ids), 0) = cardinality(ids) or exists (
        select from unnest(fresh_queues, fresh_ids) as f (queue, id) where f.queue = u.queue and f.id = u.id_hash)
      order by u.place;
  end if;`
}
