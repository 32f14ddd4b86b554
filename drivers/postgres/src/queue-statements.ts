/**
 * The statements of queues. Each changes what it changes in one go, by the engine's clock, which it asks once.
 *
 * `until_ms` is the end of a message's last lease; where it is behind us, that is since when the message is due again.
 */

export type QueueStatements = ReturnType<typeof queueStatements>

/** `s`: the quoted schema. */
export function queueStatements(s: string) {
  const messages = `${s}.groundplan_messages`
  const now = `(select ${s}.groundplan_now())`
  const shown = (from: string): string =>
    `${from}.id, ${from}.body, ${from}.order_key, ${from}.headers, ${from}.sent_at_ms, ${from}.attempt`
  /**
   * Rows whose lease is one of those given, and still holds. By their numbers: an expression keeps the server from going through
   * all of the queue, which it would go on doing when it had planned this while the queue was empty.
   */
  const held = `unnest($2::bigint[], $3::bigint[]) as u (seq, lease)
    where m.queue + 0 = $1 and m.seq = u.seq and m.lease = u.lease and m.until_ms > ${now}`
  const waits = `(until_ms is null or until_ms <= ${now})`
  const at = 'coalesce(until_ms, due_at_ms)'
  return {
    ...receiving(messages, now, shown),
    extend: `update ${messages} m set until_ms = ${now} + $4::bigint from ${held}
      returning m.seq || '.' || m.lease`,
    done: `delete from ${messages} m using ${held}`,
    again: `update ${messages} m set due_at_ms = ${now} + $4::bigint, until_ms = null, lease = null from ${held}`,
    /** An aborted receive: as though it had never been. */
    giveBack: `update ${messages} m set until_ms = u.at_ms, attempt = m.attempt - 1, lease = null
      from unnest($2::bigint[], $3::bigint[], $4::bigint[]) as u (seq, lease, at_ms)
      where m.queue + 0 = $1 and m.seq = u.seq and m.lease = u.lease`,
    bury: `with gone as (delete from ${messages} m using ${held} returning m.*)
      insert into ${s}.groundplan_dead (queue, id, body, order_key, order_hash, headers, sent_at_ms, attempt, buried_at_ms, why)
      select queue, id, body, order_key, order_hash, headers, sent_at_ms, attempt, ${now}, $4 from gone`,
    peek: `select ${shown('m')} from ${messages} m where queue = $1 and ${waits} order by ${at}, seq limit $2`,
    deadLetters: `select ${shown('d')}, d.buried_at_ms, d.why from ${s}.groundplan_dead d
      where queue = $1 order by position limit $2`,
    redrive: `with locked as materialized (
        select pg_advisory_xact_lock(order_hash) from (
          select distinct order_hash from ${s}.groundplan_dead
          where queue = $1 and order_hash is not null and ($2::text[] is null or id = any ($2)) order by order_hash
        ) as keys
      ), gone as (
        delete from ${s}.groundplan_dead
        where (select count(*) from locked) >= 0 and queue = $1 and ($2::text[] is null or id = any ($2)) returning *
      ), back as (
        insert into ${messages} (queue, id, body, order_key, order_hash, headers, sent_at_ms, due_at_ms)
        select queue, id, body, order_key, order_hash, headers, sent_at_ms, ${now} from gone order by position
        returning 1
      ) select count(*) from back`,
    purgeWaiting: `with gone as (delete from ${messages} where queue = $1 and ${waits} returning 1) select count(*) from gone`,
    purgeDead: `with gone as (delete from ${s}.groundplan_dead where queue = $1 returning 1) select count(*) from gone`,
    counts: `select count(*) filter (where ${at} <= ${now}), count(*) filter (where ${at} > ${now} and until_ms is null),
      count(*) filter (where ${at} > ${now} and until_ms is not null),
      (select count(*) from ${s}.groundplan_dead where queue = $1),
      min(${at}) filter (where ${at} > ${now}), min(${at}) filter (where ${at} <= ${now})
      from ${messages} where queue = $1`,
  }
}

/**
 * Up to $2 messages, leased for $3 ms under the number $4, with when they had been due; and a last row: when the next of
 * those that were not taken is due, where fewer were there, and the time. $5: not waiting for the flush (see queue.ts).
 */
function receiving(messages: string, now: string, shown: (from: string) => string) {
  const take = (only: string): string => `with next as materialized (
      select m.seq, coalesce(m.until_ms, m.due_at_ms) as at_ms from ${messages} m
      where m.queue = $1 and m.due_at_ms <= ${now} and (m.until_ms is null or m.until_ms <= ${now}) ${only}
      order by m.due_at_ms, m.seq limit $2 for update of m skip locked
    ), taken as (
      update ${messages} m set lease = $4, attempt = m.attempt + 1, until_ms = ${now} + $3::bigint
      from next where m.seq = next.seq
      returning ${shown('m')}, next.seq, next.at_ms
    )
    select * from taken union all select
      case when $5 then set_config('synchronous_commit', 'off', true) end, null, null, null, null, null,
      case when (select count(*) from next) < $2 then ${laterIn(messages, now)} end, ${now}`
  const first = `and not exists (select from ${messages} e where e.queue = $1 and e.order_hash = m.order_hash
    and (e.seq < m.seq or e.until_ms > ${now}))`
  return {
    receive: take(''),
    receiveOrdered: take(first),
    /** What was leased under the number $2 by a statement whose answer was lost. */
    leased: `select ${shown('m')}, m.seq, m.due_at_ms from ${messages} m
      where m.queue = $1 and m.due_at_ms <= ${now} and m.until_ms > ${now} and m.lease = $2
      union all select null, null, null, null, null, null, null, ${now}`,
  }
}

/** When the next delayed message is due, or the next lease ends. Those leased stand among those that have been due. */
function laterIn(messages: string, now: string): string {
  return `least((select min(due_at_ms) from ${messages} where queue = $1 and due_at_ms > ${now}),
    (select min(until_ms) from ${messages} where queue = $1 and due_at_ms <= ${now} and until_ms > ${now}))`
}
