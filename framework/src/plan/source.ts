/**
 * Sources: what a consumer or subscriber listens to — a queue, a topic, the changes of a table, the new objects of
 * a bucket. The type carries what arrives.
 */
import type { Resource } from './grant.ts'

/** In types only: what the source carries. */
export declare const carried: unique symbol

export type SourceKind = 'queue' | 'topic' | 'changes' | 'created'

export interface Source<out Message, out Kind extends SourceKind = SourceKind> {
  readonly [carried]: Message
  readonly source: Kind
  readonly of: Resource
}

export function source<Message, const Kind extends SourceKind = SourceKind>(
  kind: Kind,
  of: Resource,
): Source<Message, Kind> {
  return { source: kind, of } as Source<Message, Kind>
}
